import type { Statement } from './policy-document.ts';
import { quote } from './quote.ts';

/** How a sentence calls a statement: its place from 1, as a person counts, and its Sid. */
export const nameStatement = ({ index, sid }: Pick<Statement, 'index' | 'sid'>): string =>
  sid === undefined || sid === '' ? `Statement ${index + 1}` : `Statement ${index + 1} (${quote(sid)})`;

/** A list for a sentence; a long one is cut, and the sentence says how much is missing. A long word is cut, too. */
export function listWords(words: Iterable<string>, most = 4): string {
  const all = [...words].map((word) => (word.length > 120 ? `${word.slice(0, 117)}...` : word));
  const shown = all.slice(0, all.length > most + 1 ? most : all.length);
  const rest = all.length - shown.length;
  const last = rest > 0 ? `${rest} more` : shown.pop();
  return shown.length === 0 ? (last ?? 'nothing') : `${shown.join(', ')} and ${last}`;
}
