import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Draft, Entry } from './entry.ts';

/** Newest entry of a chain. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** `prevHash` of the first entry, and the head of a chain that has none. */
export const GENESIS: Head = { seq: 0, hash: '0'.repeat(64) };

/** An entry as it is stored: the canonical text is what was hashed, byte for byte. */
export interface SealedEntry {
  readonly entry: Entry;
  /** RFC 8785 canonical JSON of the entry. */
  readonly text: string;
  /** sha256 (hex) of the text in UTF-8. */
  readonly hash: string;
}

/** Who writes, when, about what. */
export interface Seal {
  readonly subject: string;
  readonly eventId: string;
  readonly recordedAt: string;
  readonly recordedBy: string;
}

/**
 * Appends a draft to a chain.
 *
 * @param head the entry it follows; {@link GENESIS} for the first
 * @throws {TypeError} when the draft holds something that JSON cannot carry
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function sealEntry(draft: Draft, seal: Seal, head: Head): SealedEntry {
  const entry = { v: 1, ...seal, seq: head.seq + 1, prevHash: head.hash, ...draft } as Entry;
  const text = canonicalText(entry);
  return { entry: JSON.parse(text) as Entry, text, hash: hashText(text) };
}

export const hashText = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** @throws {TypeError} when the value has no canonical form */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no canonical JSON form (RFC 8785).');
  return text;
}
