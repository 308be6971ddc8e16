import { GENESIS, type Head } from './chain.ts';
import type { CoveredChain } from './covered-hashes.ts';
import type { Entry } from './entry.ts';
import type { StoredEntry } from './read.ts';
import type { ChainEnd } from './source.ts';
import type { Problem } from './verification.ts';
import { type CheckedEntry, verifyEntry } from './verify-entry.ts';

/** What a verification says of one entry. */
export interface EntryCheck {
  readonly entry?: Entry;
  /** What is wrong with it. */
  readonly problem?: string;
  /** It is one that this version does not know; nothing is said of what it means. */
  readonly unchecked?: string;
  /** The checkpoint that says that it is what was written. */
  readonly checkpoint?: number;
}

/** A chain that is being verified, entry by entry. */
export interface ChainCheck {
  readonly subject: string;
  next(item: StoredEntry): EntryCheck;
  /** What its end shows, once all entries were given. */
  end(end: ChainEnd | undefined): void;
}

/**
 * @param covered what the checkpoints say of this chain
 * @param complain gets every problem, the first bad entry first
 */
export function startChain(
  subject: string,
  covered: CoveredChain | undefined,
  complain: (problem: Problem) => void,
): ChainCheck {
  let last: Head = GENESIS;
  /** Whoever altered an entry may have left its hash as it was: then the next one follows that. */
  let otherwise: Head | undefined;
  let previous: CheckedEntry | undefined;
  /** Entries that were not there when the next one came; they may still come, out of order. */
  let gap: { readonly from: number; readonly to: number } | undefined;
  let toldOfCheckpoint = false;
  let toldOfEnd = false;

  function check(item: StoredEntry): CheckedEntry {
    const checked = verifyEntry(subject, item, last);
    if (checked.problem === undefined || otherwise === undefined) return checked;
    const again = verifyEntry(subject, item, otherwise);
    return again.problem === undefined ? again : checked;
  }

  /** An entry that stands behind its place: a copy, another one for the same place, or one that was put behind others. */
  function describeStray({ seq, hash }: CheckedEntry): string | undefined {
    if (seq === last.seq && hash !== undefined) {
      return hash === last.hash
        ? `inserted: entry ${seq} is there twice`
        : `forked: two different entries are number ${seq}`;
    }
    if (gap !== undefined && seq >= gap.from && seq <= gap.to) {
      return `reordered: entry ${seq} stands behind entry ${last.seq}`;
    }
    return undefined;
  }

  function explain(checked: CheckedEntry): string | undefined {
    const { problem } = checked;
    if (problem?.startsWith('inserted or reordered') !== true) return problem;
    return describeStray(checked) ?? problem;
  }

  /** Only entries that are in their place: what an entry that was moved says of its number proves nothing. */
  function compare({ head, hash }: CheckedEntry): { readonly problem?: string; readonly checkpoint?: number } {
    const known = covered?.at(head.seq);
    if (known === undefined || hash === undefined) return {};
    if (known.isHash(hash)) return { checkpoint: known.number };
    return { problem: `altered: checkpoint ${known.number} was signed over another entry ${head.seq}` };
  }

  return {
    subject,

    next(item) {
      const checked = check(item);
      const problem = explain(checked);
      const compared = problem === undefined ? compare(checked) : {};
      if (problem !== undefined) complain({ subject, seq: checked.seq, what: problem });
      // Whoever re-chains alters all that follows: the first one is what counts.
      else if (compared.problem !== undefined && !toldOfCheckpoint) {
        toldOfCheckpoint = true;
        complain({ subject, seq: checked.seq, what: compared.problem });
      }
      if (checked.head.seq > last.seq + 1) gap = { from: last.seq + 1, to: checked.head.seq - 1 };
      const bad = problem !== undefined && checked.head !== last;
      otherwise = bad ? { seq: checked.head.seq, hash: String(item.hash) } : undefined;
      last = checked.head;
      previous = checked;
      return tell(checked.entry, problem ?? compared.problem, compared.checkpoint);
    },

    end(end) {
      const tellOnce = (seq: number, what: string) => {
        if (!toldOfEnd) complain({ subject, seq, what });
        toldOfEnd = true;
      };
      if (covered !== undefined && covered.last > last.seq) {
        const what = `truncated: checkpoint ${covered.lastNumber} covers entry ${covered.last}, the last one is ${last.seq}`;
        tellOnce(last.seq + 1, what);
      }
      const wrong = verifyEnd(last, end, previous?.problem === undefined ? undefined : otherwise);
      if (wrong !== undefined) tellOnce(wrong.seq, wrong.what);
    },
  };
}

/** The version of the layout that this Keywarden reads. */
const VERSION = 1;

function tell(entry: Entry | undefined, problem: string | undefined, checkpoint: number | undefined): EntryCheck {
  const isKnown = entry === undefined || (entry.v as number) === VERSION;
  return {
    ...(entry === undefined ? {} : { entry }),
    ...(problem === undefined ? {} : { problem }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(isKnown || problem !== undefined
      ? {}
      : { unchecked: `layout ${String(entry.v)} is of another version of Keywarden; update Keywarden` }),
  };
}

/** @param otherwise the last entry by the hash beside it, when that does not belong to its text */
function verifyEnd(
  last: Head,
  end: ChainEnd | undefined,
  otherwise: Head | undefined,
): { readonly seq: number; readonly what: string } | undefined {
  const head = end?.head;
  if (head === undefined) return { seq: 0, what: 'the head of the chain is missing' };
  if (!Number.isInteger(head.seq) || head.seq < 0) {
    return { seq: last.seq, what: 'altered: the head does not say which entry is the last one' };
  }
  if (head.seq > last.seq) {
    return { seq: last.seq + 1, what: `truncated: the head names entry ${head.seq}, the last one is ${last.seq}` };
  }
  if (head.seq < last.seq) {
    return {
      seq: head.seq + 1,
      what: `inserted: the head names entry ${head.seq} as the last one, and ${last.seq} is there`,
    };
  }
  if (head.hash !== last.hash && head.hash !== otherwise?.hash) {
    return { seq: last.seq, what: 'altered: the head does not name the last entry' };
  }
  const named = end?.named ?? 0;
  if (!Number.isInteger(named) || named < 0) {
    return { seq: 0, what: 'altered: a work item of the chain does not say which entry it is about' };
  }
  if (named > last.seq) {
    return { seq: last.seq + 1, what: `truncated: a work item names entry ${named}, the last one is ${last.seq}` };
  }
  return undefined;
}
