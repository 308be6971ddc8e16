import { BadInputError } from './bad-input-error.ts';
import type { Document } from './kind.ts';

/**
 * Lists the documents of a file that holds one document or a list of them.
 *
 * @throws {BadInputError} for an empty list: a check that looked at nothing must not pass
 */
export function listDocuments(content: unknown): readonly Document[] {
  if (!Array.isArray(content)) return [{ place: '', value: content }];
  if (content.length === 0) throw new BadInputError('The list is empty, so that nothing was checked.');
  return content.map((value: unknown, index) => ({ place: `[${index}]`, value }));
}

/** Joins the places of a document and of a part of it. */
export const placeIn = (place: string, part: string): string =>
  place === '' || part === '' || part.startsWith('[') ? `${place}${part}` : `${place}.${part}`;
