import type { KeyObject } from 'node:crypto';
import { readPublicKey } from './checkpoint.ts';
import type { Entry } from './entry.ts';
import { subjectKey } from './keys.ts';
import type { StoredEntry } from './read.ts';
import type { ChainEnd, LedgerSource } from './source.ts';
import {
  CHECKPOINTS,
  EXPORT,
  listProblems,
  type Problem,
  type ProblemList,
  type Verification,
} from './verification.ts';
import { type ChainCheck, type EntryCheck, startChain } from './verify-chain.ts';
import { type CheckedCheckpoints, type KeptCheckpoint, verifyCheckpoints } from './verify-checkpoints.ts';

/** What a verification may be given. */
export interface VerifyOptions {
  /**
   * Public keys in PEM that whoever verifies has from elsewhere. Without them the keys of the ledger itself are taken, and the
   * ledger is only proven to agree with itself.
   */
  readonly publicKeys?: readonly string[];
  /** The newest checkpoint that is known from elsewhere, e.g. from the evidence bucket: nothing before it may be cut off. */
  readonly lastCheckpoint?: KeptCheckpoint;
  /**
   * Called for every entry that can be read, in order: sorted by chain, then by place.
   *
   * @param check has a `problem` when the entry is not what was written; then nothing of it may be believed
   */
  onEntry?(entry: Entry, stored: StoredEntry, check: EntryCheck): void | Promise<void>;
  /** Called every thousand entries with how many were read. */
  onProgress?(entries: number): void;
}

const PROGRESS_EVERY = 1_000;

/**
 * Verifies a ledger in one pass: every entry by its hash and by the one before it, the end of every chain, every checkpoint
 * by its signature and by the one before it, and every entry that a checkpoint covers by the hash in it. Memory is 32 bytes
 * for each covered entry and some bytes for each chain.
 *
 * @throws what the source throws when it cannot be read, and an Error when one of `publicKeys` is no public key
 */
export async function verifySource(source: LedgerSource, options: VerifyOptions = {}): Promise<Verification> {
  const found = listProblems();
  const ownKeys = await readOwnKeys(source, found);
  const keys =
    options.publicKeys === undefined
      ? ownKeys
      : new Map(options.publicKeys.map(readPublicKey).map(({ fingerprint, key }) => [fingerprint, key]));
  const checkpoints = await verifyCheckpoints(source, keys, options.lastCheckpoint);
  for (const problem of checkpoints.problems) found.add(problem);
  const counted = await verifyEntries(source, checkpoints, found, options);
  const complaints = source.complaints?.() ?? { problems: [], unchecked: [] };
  const { count, last, signedBy } = checkpoints;
  const isUnproven = options.publicKeys !== undefined && last === undefined && counted.entries > 0;
  return {
    chains: counted.chains,
    entries: counted.entries,
    problems: [...complaints.problems, ...found.problems],
    omitted: found.omitted,
    unchecked: [
      ...complaints.unchecked,
      ...checkpoints.unchecked,
      ...(isUnproven ? [UNPROVEN] : []),
      ...counted.unchecked.problems,
    ],
    noted: checkpoints.noted,
    coverage: {
      checkpoints: count,
      ...(last === undefined ? {} : { last }),
      covered: counted.covered,
      uncovered: counted.entries - counted.covered,
      signedBy,
      trusted: options.publicKeys !== undefined,
    },
  };
}

/** Whoever gives a key wants to know what it proves; a ledger whose checkpoints were all taken out must not pass for whole. */
const UNPROVEN: Problem = {
  subject: CHECKPOINTS,
  seq: 0,
  what: 'no checkpoint is here that one of the given keys proves: that the chains agree is all that is known',
};

/** They are read even when others are given: what is damaged must show. */
async function readOwnKeys(source: LedgerSource, found: ProblemList): Promise<ReadonlyMap<string, KeyObject>> {
  const keys = new Map<string, KeyObject>();
  for await (const pem of source.publicKeys()) {
    try {
      const { key, fingerprint } = readPublicKey(pem);
      keys.set(fingerprint, key);
    } catch {
      found.add({ subject: EXPORT, seq: 0, what: 'altered: a public key of the ledger is no public key' });
    }
  }
  return keys;
}

interface Counted {
  readonly chains: number;
  readonly entries: number;
  readonly covered: number;
  readonly unchecked: ProblemList;
}

async function verifyEntries(
  source: LedgerSource,
  { hashes, provenTo }: CheckedCheckpoints,
  found: ProblemList,
  { onEntry, onProgress }: VerifyOptions,
): Promise<Counted> {
  const unchecked = listProblems();
  const complain = (problem: Problem) => found.add(problem);
  const open = (subject: string) => startChain(subject, hashes.take(subject), complain);
  const chains = walkChains(source, open, complain);
  let entries = 0;
  let covered = 0;
  try {
    for await (const item of source.entries()) {
      entries += 1;
      const { chain, stray } = await chains.find(item);
      const check = stray ?? chain.next(item);
      const { entry } = check;
      if (check.checkpoint !== undefined && check.checkpoint <= provenTo) covered += 1;
      if (check.unchecked !== undefined) {
        unchecked.add({ subject: chain.subject, seq: entry?.seq ?? 0, what: check.unchecked });
      }
      if (onEntry !== undefined && entry !== undefined) {
        const waiting = onEntry(entry, item, check);
        if (waiting !== undefined) await waiting;
      }
      if (entries % PROGRESS_EVERY === 0) onProgress?.(entries);
    }
    await chains.finish();
  } finally {
    await chains.close();
  }
  // What is left is covered, and there is nothing of it: no entry and no head.
  for (const subject of hashes.rest()) open(subject).end(undefined);
  onProgress?.(entries);
  return { chains: chains.count(), entries, covered, unchecked };
}

/** Entries and ends of chains, side by side: both are sorted by chain. */
interface Chains {
  /** The chain that an entry belongs to; `stray` when that chain has passed. */
  find(item: StoredEntry): Promise<{ readonly chain: ChainCheck; readonly stray?: EntryCheck }>;
  finish(): Promise<void>;
  close(): Promise<void>;
  count(): number;
}

function walkChains(
  source: LedgerSource,
  open: (subject: string) => ChainCheck,
  complain: (problem: Problem) => void,
): Chains {
  const ends = source.ends()[Symbol.asyncIterator]();
  let next: ChainEnd | undefined;
  let passed: string | undefined;
  let done = false;
  let current: ChainCheck | undefined;
  let chains = 0;

  /** The next end, without taking it. An end that comes after a later one is told, and left out. */
  async function peekEnd(): Promise<ChainEnd | undefined> {
    while (next === undefined && !done) {
      const { value, done: isDone } = await ends.next();
      done = isDone === true;
      if (value === undefined) break;
      const { subject } = value as ChainEnd;
      if (passed !== undefined && subject <= passed) {
        complain({ subject, seq: 0, what: 'inserted or reordered: the head of the chain stands behind later ones' });
      } else next = value as ChainEnd;
      if (next !== undefined) passed = subject;
    }
    return next;
  }

  /** Ends of chains without an entry, up to a chain. */
  async function skipEnds(before: string | undefined): Promise<void> {
    for (let end = await peekEnd(); end !== undefined; end = await peekEnd()) {
      if (before !== undefined && end.subject >= before) return;
      chains += 1;
      open(end.subject).end(end);
      next = undefined;
    }
  }

  async function closeChain(chain: ChainCheck): Promise<void> {
    await skipEnds(chain.subject);
    const end = await peekEnd();
    chains += 1;
    chain.end(end?.subject === chain.subject ? end : undefined);
    if (end?.subject === chain.subject) next = undefined;
  }

  return {
    async find(item) {
      const subject = subjectOf(item);
      if (current !== undefined && (subject === current.subject || subjectInText(item) === current.subject)) {
        return { chain: current };
      }
      if (current !== undefined && subject < current.subject) {
        const what = `inserted or reordered: it stands behind the chain of ${current.subject}`;
        const seq = seqOf(item);
        complain({ subject, seq, what });
        return { chain: current, stray: { problem: what } };
      }
      if (current !== undefined) await closeChain(current);
      current = open(subject);
      return { chain: current };
    },
    async finish() {
      if (current !== undefined) await closeChain(current);
      await skipEnds(undefined);
    },
    async close() {
      await ends.return?.();
    },
    count: () => chains,
  };
}

const PREFIX = subjectKey('');

/** The chain that an item stands in: by its key, and when that was taken away, by its text. */
function subjectOf(item: StoredEntry): string {
  const { pk } = item;
  if (typeof pk === 'string' && pk.startsWith(PREFIX)) return pk.slice(PREFIX.length);
  return subjectInText(item) ?? '';
}

function subjectInText({ entry }: StoredEntry): string | undefined {
  const subject = readText(entry)?.subject;
  return typeof subject === 'string' ? subject : undefined;
}

const seqOf = ({ entry }: StoredEntry): number => {
  const seq = readText(entry)?.seq;
  return typeof seq === 'number' ? seq : 0;
};

function readText(text: unknown): { readonly subject?: unknown; readonly seq?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
