import { canonicalText, type Head, hashText } from './chain.ts';
import type { Entry } from './entry.ts';
import { indexOf } from './items.ts';
import { seqKey, subjectKey } from './keys.ts';
import type { StoredEntry } from './read.ts';

/** What became of one entry. */
export interface CheckedEntry {
  /** The end of the chain with this entry: what the next one must follow. */
  readonly head: Head;
  /** The place in the chain that a problem is about: of an entry that is missing, that of the missing one. */
  readonly seq: number;
  /** sha256 (hex) of the text as it is; absent when there is no text. */
  readonly hash?: string;
  /** The text as JSON, whatever else is wrong with it; absent when it is no canonical JSON. */
  readonly entry?: Entry;
  readonly problem?: string;
}

/**
 * Verifies one entry against the one before it. Every attribute of the item is either in the hashed text or derived from
 * it, so that an alteration anywhere shows.
 *
 * @param item as the table holds it
 * @param before the entry before it; `GENESIS` for the first
 * @returns the entry's own place in the chain, and what is wrong
 */
export function verifyEntry(subject: string, item: StoredEntry, before: Head): CheckedEntry {
  const checked = checkEntry(subject, item, before);
  const { problem } = checked;
  return problem === undefined || problem.length <= LONGEST
    ? checked
    : { ...checked, problem: `${problem.slice(0, LONGEST)}...` };
}

/** Whoever altered an entry chose the names in it; checkpoints and entries that tell of it have limits of their own. */
const LONGEST = 1_000;

function checkEntry(subject: string, item: StoredEntry, before: Head): CheckedEntry {
  const expected = before.seq + 1;
  const text = item.entry;
  const at = (seq: number, head: Head) => ({ head, seq });
  if (typeof text !== 'string') {
    return { ...at(expected, { seq: expected, hash: String(item.hash) }), problem: 'altered: the entry has no text' };
  }
  const hash = hashText(text);
  const head = { seq: expected, hash };
  const entry = parseEntry(text);
  if (entry === undefined) {
    return { ...at(expected, head), hash, problem: 'altered: the text is no canonical JSON' };
  }
  const read = { ...at(expected, head), hash, entry };
  if (hash !== item.hash) return { ...read, problem: 'altered: the hash does not belong to the text' };
  if (entry.subject !== subject || item.pk !== subjectKey(subject)) {
    return { ...read, problem: `moved: the entry belongs to ${entry.subject}` };
  }
  if (item.sk !== seqKeyOf(entry)) {
    return { ...read, problem: `moved: the entry is number ${entry.seq} and stands at ${String(item.sk)}` };
  }
  if (entry.seq > expected) {
    return { ...read, head: { seq: entry.seq, hash }, problem: `missing: entry ${expected} is not there` };
  }
  if (entry.seq < expected) {
    // It is out of place; what comes after it is measured by what came before it.
    const problem = `inserted or reordered: entry ${entry.seq} stands where ${expected} belongs`;
    return { ...read, head: before, seq: entry.seq, problem };
  }
  if (entry.prevHash !== before.hash) {
    return { ...read, problem: 'altered: it does not follow the entry before it' };
  }
  return { ...read, ...problemOfIndex(item, entry) };
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

const seqKeyOf = ({ seq }: Entry): string | undefined => {
  try {
    return seqKey(seq);
  } catch {
    return undefined;
  }
};

function parseEntry(text: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && canonicalText(value) === text ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}
