import type { SignedCheckpoint } from '../ledger/checkpoint.ts';

/** Reads what the bucket has of a checkpoint; undefined when it is something else. */
export function readKept(body: Uint8Array): SignedCheckpoint | undefined {
  try {
    const { text, signature } = JSON.parse(Buffer.from(body).toString('utf8')) as Partial<Record<string, unknown>>;
    return typeof text === 'string' && typeof signature === 'string' ? { text, signature } : undefined;
  } catch {
    return undefined;
  }
}
