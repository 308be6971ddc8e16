import type { Cell } from '../pack-data.ts';

/** Id of a row: where its entry stands in the ledger, and which of the things in it the row is. */
export const rowId = (subject: string, seq: number, place?: number): string =>
  `${subject}#${seq}${place === undefined ? '' : `#${place}`}`;

export const orNull = (value: string | undefined): Cell => (value === undefined || value === '' ? null : value);

/** Words with blanks between them; null for none. */
export const joinWords = (words: readonly string[]): Cell => orNull(words.join(' '));

/** Anything of a record as it is, what is no text as JSON. */
export function toText(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? orNull(value) : orNull(JSON.stringify(value));
}
