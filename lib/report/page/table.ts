import type { Cell, Column, Row, Table } from '../pack-data.ts';
import { html, type Markup, type Piece } from './html.ts';
import {
  count,
  NOTHING,
  renderCode,
  renderFile,
  renderNumber,
  renderSeverity,
  renderText,
  renderTime,
  renderVerdict,
} from './words.ts';

/** A column of a table that the page itself makes. */
export interface Heading {
  readonly title: string;
  /** Numbers stand on the right, under each other. */
  readonly number?: boolean;
}

/** One row: its first cell names it. */
export type Cells = readonly [Piece, ...Piece[]];

export interface TableParts {
  readonly id: string;
  readonly caption: Piece;
  readonly headings: readonly Heading[];
  /** Groups of rows, each with a heading of its own when it has one. */
  readonly groups: readonly { readonly title?: string; readonly rows: readonly Cells[] }[];
  /** The table may be scrolled in a window of its own on a screen. */
  readonly tall?: boolean;
}

/** A table with a caption, headings and rows that name themselves, in a frame that scrolls when it is too wide for the window. */
export function renderTable({ id, caption, headings, groups, tall }: TableParts): Markup {
  const frame = `frame${tall === true ? ' tall' : ''}`;
  const head = headings.map(({ title, number }) => html`<th scope="col" class="${numberClass(number)}">${title}</th>`);
  return html`<div class="${frame}" role="region" aria-labelledby="${id}-caption" tabindex="0">
<table id="${id}"><caption id="${id}-caption"><span>${caption}</span></caption>
<thead><tr>${head}</tr></thead>
${groups.map(({ title, rows }) => renderGroup(title, rows, headings))}
</table></div>
`;
}

const numberClass = (number: boolean | undefined): string => (number === true ? 'number' : 'text');

function renderGroup(title: string | undefined, rows: readonly Cells[], headings: readonly Heading[]): Markup {
  const heading =
    title === undefined
      ? undefined
      : html`<tr class="group"><th scope="rowgroup" colspan="${headings.length}">${title}</th></tr>`;
  return html`<tbody>${heading}${rows.map((row) => renderRow(row, headings))}</tbody>
`;
}

function renderRow([first, ...others]: Cells, headings: readonly Heading[]): Markup {
  const cells = others.map((cell, at) => html`<td class="${numberClass(headings[at + 1]?.number)}">${cell}</td>`);
  return html`<tr><th scope="row">${first}</th>${cells}</tr>
`;
}

/** More rows than this are for a program to read, or for a spreadsheet; the file has them all. */
const MOST_ROWS = 25;

/**
 * The first rows of a table, and where the others are.
 *
 * @param section where it stands on the page: the same table can stand in several
 * @param none what it means that there is no row at all, as a sentence
 */
export function renderData(table: Table, section: string, none: string): Markup {
  const { title, file, total } = table;
  const id = `${section}-${table.id}`;
  if (total === 0) {
    return html`<p class="none" data-table="${id}">${none} <span class="where">${renderFile(file)} has no rows.</span></p>
`;
  }
  const rows = table.rows.slice(0, MOST_ROWS);
  const shown = rows.length === total ? 'all' : `the first ${rows.length}`;
  const caption = html`${title}: ${shown} of ${renderNumber(total, `${id}.total`)}`;
  const columns = chooseColumns(table);
  const headings = columns.map(({ title, kind }) => ({ title: headingOf(title, kind), number: kind === 'number' }));
  const cells = rows.flatMap((row): Cells[] => {
    const [first, ...others] = columns.map((column) => renderCell(row, column));
    return first === undefined ? [] : [[first, ...others]];
  });
  const left = sayWhatIsLeft(total - rows.length, table.columns.length - columns.length);
  return html`${renderTable({ id: `table-${id}`, caption, headings, groups: [{ rows: cells }] })}<p class="where">${left} ${renderFile(file)}.</p>
`;
}

function sayWhatIsLeft(rows: number, columns: number): string {
  const parts = [
    ...(rows > 0 ? [count(rows, 'more row')] : []),
    ...(columns > 0 ? [count(columns, 'more column')] : []),
  ];
  return parts.length === 0 ? 'The same rows are in' : `${parts.join(' and ')}: in`;
}

/** More columns than this cannot be read beside each other, on paper least of all; the file has them all. */
const MOST_COLUMNS = 8;
/** Numbers are narrow: so many stand beside the others. */
const MOST_NUMBERS = 6;

/** The columns that a page has room for: what was judged and why, then from the left those that say something, then others. */
function chooseColumns({ columns, rows }: Table): readonly Column[] {
  const named = rows.every(({ id, subject }) => typeof subject === 'string' && id.startsWith(subject));
  const candidates = columns.filter(({ id }) => !(named && id === 'subject'));
  const says = ({ id }: Column) => rows.some((row) => (row[id] ?? null) !== null && row[id] !== '');
  const rank = (column: Column) => (isJudgement(column) ? 0 : says(column) ? 1 : 2);
  const ranked = candidates.toSorted((one, other) => rank(one) - rank(other));
  const chosen = new Set([
    ...ranked.filter(({ kind }) => kind !== 'number').slice(0, MOST_COLUMNS),
    ...ranked.filter(({ kind }) => kind === 'number').slice(0, MOST_NUMBERS),
  ]);
  return candidates.filter((column) => chosen.has(column));
}

const isJudgement = ({ id, kind }: Column): boolean => kind === 'verdict' || kind === 'severity' || id === 'reason';

const headingOf = (title: string, kind: Column['kind']): string =>
  kind === 'time' && !title.includes('UTC') ? `${title} (UTC)` : title;

function renderCell(row: Row, { id, kind }: Column): Markup {
  const cell: Cell = row[id] ?? null;
  if (cell === null || cell === '') return NOTHING;
  if (typeof cell === 'boolean') return html`${cell ? 'yes' : 'no'}`;
  if (typeof cell === 'number') return renderNumber(cell);
  // The id of a row is a name to copy, whatever else it is made of.
  const show = id === 'id' ? renderCode : SHOW[kind ?? 'text'];
  const characters = [...cell];
  const more = characters.length - MOST_CHARACTERS;
  if (more <= 0) return show(cell);
  return html`${show(characters.slice(0, MOST_CHARACTERS).join(''))} <span class="fine">… and ${count(more, 'character')}</span>`;
}

/** A text that somebody chose to be long must not push what matters off the page; the file has all of it. */
const MOST_CHARACTERS = 400;

const SHOW: Readonly<Record<NonNullable<Column['kind']> | 'text', (text: string) => Markup>> = {
  text: renderText,
  number: (text) => html`${text}`,
  time: renderTime,
  verdict: renderVerdict,
  severity: renderSeverity,
  arn: renderCode,
};
