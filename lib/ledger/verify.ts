import { canonicalText, GENESIS, type Head, hashText } from './chain.ts';
import type { Entry } from './entry.ts';
import { indexOf } from './items.ts';
import { seqKey, subjectKey } from './keys.ts';
import { type LedgerTable, listSubjects, readEntries, readHead, type StoredEntry } from './read.ts';

/** Something that an untouched ledger cannot show. */
export interface Problem {
  readonly subject: string;
  /** The first bad entry; 0 for the chain as a whole. */
  readonly seq: number;
  readonly what: string;
}

/** What a verification saw. */
export interface Verification {
  readonly chains: number;
  readonly entries: number;
  readonly problems: readonly Problem[];
}

/**
 * Verifies one entry against the one before it. Every attribute of the item is either in the hashed text or derived from
 * it, so that an alteration anywhere shows.
 *
 * @param item as the table holds it
 * @param before the entry before it; `GENESIS` for the first
 * @returns the entry's own place in the chain, and what is wrong
 */
export function verifyEntry(subject: string, item: StoredEntry, before: Head): { head: Head; problem?: string } {
  const expected = before.seq + 1;
  const text = item.entry;
  const lost = { seq: expected, hash: String(item.hash) };
  if (typeof text !== 'string') return { head: lost, problem: 'the entry has no text' };
  const hash = hashText(text);
  const entry = parseEntry(text);
  if (entry === undefined) return { head: { seq: expected, hash }, problem: 'altered: the text is no canonical JSON' };
  const head = { seq: expected, hash };
  if (hash !== item.hash) return { head, problem: 'altered: the hash does not belong to the text' };
  if (entry.subject !== subject || item.pk !== subjectKey(subject)) {
    return { head, problem: `moved: the entry belongs to ${entry.subject}` };
  }
  if (item.sk !== seqKeyOf(entry))
    return { head, problem: `moved: the entry is number ${entry.seq} and stands at ${item.sk}` };
  if (entry.seq > expected)
    return { head: { seq: entry.seq, hash }, problem: `missing: entry ${expected} is not there` };
  if (entry.seq < expected)
    return { head, problem: `inserted or reordered: entry ${entry.seq} stands where ${expected} belongs` };
  if (entry.prevHash !== before.hash) return { head, problem: 'altered: it does not follow the entry before it' };
  return { head, ...problemOfIndex(item, entry) };
}

function problemOfIndex(item: StoredEntry, entry: Entry): { problem?: string } {
  const index = deriveIndex(entry);
  if (index === undefined) return { problem: 'altered: the text is no entry of a ledger' };
  const derived = { pk: item.pk, sk: item.sk, hash: item.hash, entry: item.entry, ...index } as StoredEntry;
  const names = new Set([...Object.keys(item), ...Object.keys(derived)]);
  const wrong = [...names].filter((name) => item[name] !== derived[name]);
  return wrong.length === 0 ? {} : { problem: `altered: ${wrong.join(', ')} does not agree with the text` };
}

/** Whoever altered an entry may have taken out what the index is made from. */
function deriveIndex(entry: Entry): Record<string, unknown> | undefined {
  try {
    return indexOf(entry);
  } catch {
    return undefined;
  }
}

const seqKeyOf = ({ seq }: Entry): string | undefined => (Number.isInteger(seq) && seq > 0 ? seqKey(seq) : undefined);

function parseEntry(text: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && canonicalText(value) === text ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Verifies one chain: every entry, the order, and that its end is the one that the head and the work items name.
 *
 * @param named the newest entry that a work item names; 0 when none does
 */
export async function verifyChain(source: LedgerTable, subject: string, named: number): Promise<Verification> {
  const problems: Problem[] = [];
  let last = GENESIS;
  let entries = 0;
  for await (const item of readEntries(source, subject)) {
    entries += 1;
    const { head, problem } = verifyEntry(subject, item, last);
    last = head;
    if (problem !== undefined) problems.push({ subject, seq: head.seq, what: problem });
  }
  const head = await readHead(source, subject);
  const end = verifyEnd(last, head, named);
  // An entry may have been appended while the chain was read; its own verification then says whether it is whole.
  if (end !== undefined && head !== undefined && head.seq > last.seq) {
    const again = await verifyAppended(source, subject, last, head);
    if (again.length === 0) return { chains: 1, entries, problems };
  }
  if (end !== undefined) problems.push({ subject, seq: end.seq, what: end.what });
  return { chains: 1, entries, problems };
}

function verifyEnd(last: Head, head: Head | undefined, named: number): Omit<Problem, 'subject'> | undefined {
  if (head === undefined) return { seq: 0, what: 'the head of the chain is missing' };
  if (head.seq > last.seq)
    return { seq: last.seq + 1, what: `truncated: the head names entry ${head.seq}, the last one is ${last.seq}` };
  if (head.seq < last.seq)
    return { seq: last.seq, what: `the head names entry ${head.seq}, the last one is ${last.seq}` };
  if (head.hash !== last.hash) return { seq: last.seq, what: 'the head does not name the last entry' };
  if (named > last.seq)
    return { seq: last.seq + 1, what: `truncated: a work item names entry ${named}, the last one is ${last.seq}` };
  return undefined;
}

async function verifyAppended(source: LedgerTable, subject: string, from: Head, to: Head): Promise<readonly string[]> {
  const problems: string[] = [];
  let last = from;
  for await (const item of readEntries(source, subject)) {
    if (String(item.sk) <= (from.seq === 0 ? '' : seqKey(from.seq))) continue;
    const { head, problem } = verifyEntry(subject, item, last);
    last = head;
    if (problem !== undefined) problems.push(problem);
  }
  if (last.seq < to.seq) problems.push('truncated');
  return problems;
}

/**
 * Verifies the whole table, chain after chain: memory is bounded by the number of subjects.
 *
 * @param onChain called after each chain, for progress
 */
export async function verifyLedger(
  source: LedgerTable,
  onChain: (done: number, of: number) => void = () => undefined,
): Promise<Verification> {
  const subjects = await listSubjects(source);
  let chains = 0;
  let entries = 0;
  const problems: Problem[] = [];
  for (const [subject, named] of subjects) {
    const chain = await verifyChain(source, subject, named);
    chains += 1;
    entries += chain.entries;
    problems.push(...chain.problems);
    onChain(chains, subjects.size);
  }
  return { chains, entries, problems };
}
