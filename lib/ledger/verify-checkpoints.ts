import type { KeyObject } from 'node:crypto';
import { type Checkpoint, digestOfCheckpoint, FIRST_PREVIOUS, openCheckpoint } from './checkpoint.ts';
import { type CoveredHashes, createCoveredHashes } from './covered-hashes.ts';
import type { LedgerSource } from './source.ts';
import { CHECKPOINTS, type Coverage, type Problem } from './verification.ts';

/** A checkpoint that somebody kept elsewhere, where nobody who writes the ledger can change it. */
export interface KeptCheckpoint {
  readonly number: number;
  /** sha256 (hex) of its text. */
  readonly sha256: string;
}

/** What all checkpoints together say. */
export interface CheckedCheckpoints {
  readonly hashes: CoveredHashes;
  /** All up to this number are proven: each has the digest of the one before it. */
  readonly provenTo: number;
  readonly count: number;
  readonly last: Coverage['last'];
  readonly signedBy: readonly string[];
  readonly problems: readonly Problem[];
  readonly unchecked: readonly Problem[];
  readonly noted: readonly Problem[];
}

/** How far the reading has come. */
interface Progress {
  readonly hashes: CoveredHashes;
  readonly problems: Problem[];
  readonly noted: Problem[];
  readonly notedOnce: Set<string>;
  readonly unverified: { readonly number: number; readonly what: string }[];
  readonly signedBy: Set<string>;
  count: number;
  /** The number of the newest one, and what `previous` of the next must be. */
  number: number;
  digest: string;
  /** The one before is bad or missing, so that nobody can say what must follow it. */
  broken: boolean;
  /** One was bad or missing somewhere, so that ranges need not continue each other. */
  gaps: boolean;
  provenTo: number;
  last: Coverage['last'];
  keptSeen: boolean;
}

/**
 * Verifies all checkpoints of a ledger: each by itself, that they follow each other, and that the ranges of each chain do.
 *
 * @param keys public keys by fingerprint
 * @param kept a checkpoint of which the digest is known: it proves itself and all before it, and that it is still there
 */
export async function verifyCheckpoints(
  source: LedgerSource,
  keys: ReadonlyMap<string, KeyObject>,
  kept?: KeptCheckpoint,
): Promise<CheckedCheckpoints> {
  const progress = startProgress();
  for await (const signed of source.checkpoints()) {
    progress.count += 1;
    const opened = openCheckpoint(signed, keys);
    const digest = digestOfCheckpoint(signed);
    if ('checkpoint' in opened) follow(progress, opened.checkpoint, digest, true, kept);
    else if (opened.unverified !== undefined) {
      progress.unverified.push({ number: opened.unverified.number, what: opened.problem });
      follow(progress, opened.unverified, digest, false, kept);
    } else refuse(progress, opened.problem);
  }
  if (kept !== undefined && !progress.keptSeen) {
    const what = `truncated: checkpoint ${kept.number} is known to exist, the last one here is ${progress.number}`;
    progress.problems.push({ subject: CHECKPOINTS, seq: kept.number, what });
  }
  const { hashes, provenTo, count, last, problems, noted, signedBy } = progress;
  const unchecked = progress.unverified
    .filter(({ number }) => number > provenTo)
    .map(({ number, what }) => ({ subject: CHECKPOINTS, seq: number, what }));
  return { hashes, provenTo, count, last, signedBy: [...signedBy], problems, unchecked, noted };
}

const startProgress = (): Progress => ({
  hashes: createCoveredHashes(),
  problems: [],
  noted: [],
  notedOnce: new Set(),
  unverified: [],
  signedBy: new Set(),
  count: 0,
  number: 0,
  digest: FIRST_PREVIOUS,
  broken: false,
  gaps: false,
  provenTo: 0,
  last: undefined,
  keptSeen: false,
});

/** One that is not what somebody signed: nothing in it counts, and its place is taken for that of the next number. */
function refuse(progress: Progress, what: string): void {
  progress.number += 1;
  progress.problems.push({ subject: CHECKPOINTS, seq: progress.number, what });
  progress.broken = true;
  progress.gaps = true;
}

/** @param proven its signature was verified with a known key */
function follow(
  progress: Progress,
  checkpoint: Checkpoint,
  digest: string,
  proven: boolean,
  kept: KeptCheckpoint | undefined,
): void {
  const { number } = checkpoint;
  const complain = (seq: number, what: string) => progress.problems.push({ subject: CHECKPOINTS, seq, what });
  if (number <= progress.number) {
    complain(number, `inserted or reordered: checkpoint ${number} stands where ${progress.number + 1} belongs`);
    return;
  }
  if (number > progress.number + 1) {
    complain(progress.number + 1, `missing: checkpoint ${progress.number + 1} is not there`);
    progress.broken = true;
    progress.gaps = true;
  }
  if (!progress.broken && checkpoint.previous !== progress.digest) {
    complain(number, 'forged: it does not follow the checkpoint before it');
  }
  const isKept = kept?.number === number && kept.sha256 === digest;
  if (kept?.number === number) {
    progress.keptSeen = true;
    if (!isKept) complain(number, `forged: its sha256 is ${digest}, and ${kept.sha256} is what is known of it`);
  }
  Object.assign(progress, { number, digest, broken: false });
  progress.signedBy.add(checkpoint.key);
  if (proven || isKept) prove(progress, checkpoint, digest);
  addRanges(progress, checkpoint, complain);
  note(progress, checkpoint);
  doubtUnverified(progress, checkpoint, complain);
}

/**
 * A checkpoint of a key that was not given is proven by the next one that is: that has its digest. Not so when the next one
 * itself says that nobody knows the key: whoever could write the table put it there.
 */
function doubtUnverified(
  { unverified }: Progress,
  { number, problems }: Checkpoint,
  complain: (seq: number, what: string) => void,
): void {
  for (const one of unverified) {
    if (!problems.some(({ seq, what }) => seq === one.number && what === one.what)) continue;
    complain(one.number, `forged: checkpoint ${number} says that whoever signs does not know the key of this one`);
  }
}

/** What is wrong for months is in every checkpoint of those months: the first one that says so is enough. */
function note({ noted, notedOnce }: Progress, { number, at, problems }: Checkpoint): void {
  for (const { subject, seq, what } of problems) {
    const id = `${subject} ${seq} ${what}`;
    if (notedOnce.has(id)) continue;
    notedOnce.add(id);
    noted.push({ subject, seq, what: `${what} (so says checkpoint ${number} of ${at})` });
  }
}

function prove(progress: Progress, { number, at, table, account, region }: Checkpoint, sha256: string): void {
  progress.provenTo = number;
  progress.last = { number, at, sha256, table, account, region };
}

/**
 * A mark of how far a chain is covered can be lost, e.g. when a part of the table is restored from a backup. Entries that are
 * covered a second time are then what they were, and prove nothing against the checkpoint; others were put in their place.
 */
function addRanges(
  { hashes, gaps }: Progress,
  { number, ranges }: Checkpoint,
  complain: (seq: number, what: string) => void,
): void {
  let before = '';
  for (const range of ranges) {
    const { subject, from } = range;
    const expected = hashes.lastOf(subject) + 1;
    const again = range.hashes.slice(0, Math.max(0, expected - from));
    if (before !== '' && subject <= before) complain(number, `forged: ${subject} is covered twice or out of order`);
    else if (again.some((hash, place) => (hashes.hashOf(subject, from + place) ?? hash) !== hash)) {
      complain(number, `forged: it covers entry ${from} of ${subject} a second time, and as another one`);
    } else {
      if (from > expected && !gaps) {
        complain(number, `forged: it covers ${subject} from entry ${from}, and nothing covers entry ${expected}`);
      }
      const fresh = range.hashes.slice(again.length);
      if (fresh.length > 0) hashes.add({ subject, from: Math.max(from, expected), hashes: fresh }, number);
    }
    before = subject;
  }
}
