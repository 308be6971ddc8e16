import type { Json } from './call.ts';

/**
 * Cuts the page that a list operation of KMS was asked for. Its marker is the place where the next one begins; a person must not
 * rely on that, as nobody may rely on what is in KMS's.
 *
 * @param input with `Limit` and `Marker`
 * @param usual how many entries a page has when nobody says
 * @returns the entries, and `Truncated` with `NextMarker` as KMS answers them
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
 */
export function cutPage<T>(
  all: readonly T[],
  input: Json,
  usual: number,
): { readonly entries: readonly T[]; readonly rest: Json } {
  const from = Number(input.Marker ?? 0);
  const to = from + Number(input.Limit ?? usual);
  const rest = to < all.length ? { Truncated: true, NextMarker: String(to) } : { Truncated: false };
  return { entries: all.slice(from, to), rest };
}
