import type { Gap } from '../reconcile/record-source.ts';

/** So many are named; the others are counted, because an entry of the ledger has its limits. */
export const NAMED_GAPS = 100;

/** Names the first gaps, and counts the others by the kind of their reason. */
export interface GapList {
  add(gap: Gap): void;
  /** In their order; a last one says how many more there are. */
  list(): Gap[];
}

/** @param what the gaps that are only counted are said to be of */
export function createGapList(what: string, named: number = NAMED_GAPS): GapList {
  const gaps: Gap[] = [];
  let others = 0;
  return {
    add(gap) {
      if (gaps.length < named) gaps.push(gap);
      else others += 1;
    },
    list: () =>
      others === 0 ? gaps : [...gaps, { what, reason: `${others} more problems of this kind are not named here.` }],
  };
}
