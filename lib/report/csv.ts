import type { Cell, Column, Row } from './pack-data.ts';

/**
 * Writes one line of a CSV file after RFC 4180: every text is quoted, quotes are doubled, lines end with CR LF.
 *
 * @returns the line with its end
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export const writeCsvLine = (cells: readonly Cell[]): string => `${cells.map(writeCell).join(',')}\r\n`;

/** The first line: ids of the columns. */
export const writeCsvHead = (columns: readonly Column[]): string => writeCsvLine(columns.map(({ id }) => id));

/** A row in the order of the columns. */
export const writeCsvRow = (columns: readonly Column[], row: Row): string =>
  writeCsvLine(columns.map(({ id }) => row[id] ?? null));

/** So that spreadsheets read the file as UTF-8; everything else passes over it. */
export const CSV_BYTE_ORDER_MARK = '\u{feff}';

function writeCell(cell: Cell): string {
  if (cell === null) return '';
  // A number is no text that could be run, and must stay a number for whoever sums the column.
  if (typeof cell !== 'string') return String(cell);
  return `"${neutralise(cell).replaceAll('"', '""')}"`;
}

/**
 * Puts an apostrophe before whatever a spreadsheet could take for a formula, so that it is shown and not run. A cell begins
 * at the beginning, and anew wherever a program that splits at other characters than commas would begin one. What stands
 * before the dangerous character may be blanks, invisible characters, quotes or apostrophes, which programs strip; the
 * character may be one of its wide or small variants, which some of them fold.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const neutralise = (text: string): string => text.replace(CELL_THAT_RUNS, "'");

/** Tab and CR are dangerous by themselves when they come first: they are stripped, and what follows is run. */
const CELL_THAT_RUNS =
  /(?<=^|[;|\t\r\n\v\f\u{85}\u{2028}\u{2029}])(?=[\s\p{Cf}\p{Cc}"'`\u{2018}-\u{201f}]*[=+\-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}\u{fe62}\u{fe63}\u{fe66}\u{fe6b}\u{207a}\u{207b}\u{207c}\u{208a}\u{208b}\u{208c}\u{2212}]|[\t\r])/gu;
