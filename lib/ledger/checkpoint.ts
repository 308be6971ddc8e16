import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalText, GENESIS, hashText } from './chain.ts';
import { merkleRoot } from './merkle.ts';

/** Entries of one chain that a checkpoint covers: `hashes[0]` is the hash of entry `from`, and so on without a gap. */
export interface CoveredRange {
  readonly subject: string;
  readonly from: number;
  readonly hashes: readonly string[];
}

/**
 * What is signed: every entry since the checkpoint before, by its hash. Whoever has the public key can tell from it, without
 * AWS, whether any of them was altered, removed, inserted or moved.
 */
export interface Checkpoint {
  readonly v: 1;
  /** From 1, without a gap. */
  readonly number: number;
  /** sha256 (hex) of the text of the checkpoint before; 64 zeros for the first. */
  readonly previous: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly table: string;
  readonly account: string;
  readonly region: string;
  readonly recordedBy: string;
  readonly entries: number;
  /** Merkle root over the hashes of all ranges, in their order. */
  readonly root: string;
  /** Sorted by subject; one range per subject. */
  readonly ranges: readonly CoveredRange[];
  /** Chains that did not verify, and are not covered from there on. */
  readonly problems: readonly { readonly subject: string; readonly seq: number; readonly what: string }[];
  /** sha256 (hex) of the public key in DER (SubjectPublicKeyInfo). */
  readonly key: string;
  readonly algorithm: 'ECDSA_SHA_384';
}

/** A checkpoint as it is stored: the text is what was signed, byte for byte. */
export interface SignedCheckpoint {
  /** RFC 8785 canonical JSON of the checkpoint. */
  readonly text: string;
  /** Base64 of the signature in DER, as KMS gives it. */
  readonly signature: string;
}

/** What a writer of checkpoints knows; the rest follows from it. */
export type CheckpointDraft = Omit<Checkpoint, 'v' | 'entries' | 'root' | 'algorithm'>;

/** @returns the text that is to be signed */
export function writeCheckpoint(draft: CheckpointDraft): string {
  const hashes = draft.ranges.flatMap((range) => range.hashes);
  const { length: entries } = hashes;
  const checkpoint: Checkpoint = { v: 1, ...draft, entries, root: merkleRoot(hashes), algorithm: 'ECDSA_SHA_384' };
  return canonicalText(checkpoint);
}

/** What `previous` of the next checkpoint must be. */
export const digestOfCheckpoint = ({ text }: Pick<SignedCheckpoint, 'text'>): string => hashText(text);

export const FIRST_PREVIOUS = GENESIS.hash;

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.object({
  v: z.literal(1),
  number: z.int().min(1),
  previous: sha256Hex,
  at: z.string(),
  table: z.string(),
  account: z.string(),
  region: z.string(),
  recordedBy: z.string(),
  entries: z.int().min(0),
  root: sha256Hex,
  ranges: z.array(z.object({ subject: z.string(), from: z.int().min(1), hashes: z.array(sha256Hex).min(1) })),
  problems: z.array(z.object({ subject: z.string(), seq: z.int().min(0), what: z.string() })),
  key: sha256Hex,
  algorithm: z.literal('ECDSA_SHA_384'),
});

/**
 * Verifies one checkpoint by itself: its form, its key, its signature, its counts and its root. Whether it follows the one
 * before is for the caller to say, who knows that one.
 *
 * @param keys public keys by fingerprint ({@link readPublicKey})
 * @returns with `unverified`, that it is well-formed and nobody can say who signed it: a checkpoint that follows it and is
 *   signed with a known key proves it too, because it has its digest
 */
export function openCheckpoint(
  signed: SignedCheckpoint,
  keys: ReadonlyMap<string, KeyObject>,
): { readonly checkpoint: Checkpoint } | { readonly problem: string; readonly unverified?: Checkpoint } {
  const checkpoint = parseCheckpoint(signed.text);
  if (checkpoint === undefined) return { problem: 'forged: the text is no checkpoint' };
  const hashes = checkpoint.ranges.flatMap((range) => range.hashes);
  if (hashes.length !== checkpoint.entries || merkleRoot(hashes) !== checkpoint.root) {
    return { problem: 'forged: the root does not belong to the entries' };
  }
  const signature = Buffer.from(signed.signature, 'base64');
  if (signature.toString('base64') !== signed.signature) return { problem: 'forged: the signature is no base64' };
  const key = keys.get(checkpoint.key);
  if (key === undefined) {
    const problem = `unverified: the public key ${checkpoint.key} that signed it is not among those given`;
    return { problem, unverified: checkpoint };
  }
  if (!verify('sha384', Buffer.from(signed.text, 'utf8'), key, signature)) {
    return { problem: 'forged: the signature does not belong to the text' };
  }
  return { checkpoint };
}

function parseCheckpoint(text: string): Checkpoint | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (canonicalText(value) !== text) return undefined;
    const result = schema.safeParse(value);
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param pem public key (SubjectPublicKeyInfo), as `aws kms get-public-key` gives it in DER and OpenSSL writes it in PEM
 * @returns the key with its fingerprint, which checkpoints name
 * @throws when it is no public key
 */
export function readPublicKey(pem: string): { readonly key: KeyObject; readonly fingerprint: string } {
  const key = createPublicKey(pem);
  const der = key.export({ type: 'spki', format: 'der' });
  return { key, fingerprint: createHash('sha256').update(der).digest('hex') };
}
