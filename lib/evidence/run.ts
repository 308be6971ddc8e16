import type { KeyObject } from 'node:crypto';
import { sortFailure } from '../aws/failure.ts';
import { digestOfCheckpoint, type SignedCheckpoint } from '../ledger/checkpoint.ts';
import { type Evidence, NoCheckpointError, type Problem } from './evidence.ts';

/** One run that makes checkpoints, and how far it has come. */
export interface Run {
  readonly evidence: Evidence;
  readonly recordedBy: string;
  /** Fingerprint of the key that signs now. */
  readonly signer: string;
  /** By fingerprint, those of earlier signing keys included. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** The newest checkpoint, and what the next one must name as the one before. */
  number: number;
  digest: string;
  finished: number;
  readonly made: { readonly number: number; readonly entries: number; readonly sha256: string }[];
  readonly completed: number[];
  readonly restored: number[];
  readonly problems: Problem[];
  /** What the checkpoints say that the run before made last: it may have ended before it told that. */
  readonly earlier: Problem[];
}

/** The newest checkpoint is now this one. */
export function follow(run: Run, number: number, signed: Pick<SignedCheckpoint, 'text'>): void {
  run.number = number;
  run.digest = digestOfCheckpoint(signed);
}

/** Names a problem, once. */
export function complain({ problems }: Run, subject: string, seq: number, what: string): void {
  if (!problems.some((one) => one.subject === subject && one.seq === seq && one.what === what)) {
    problems.push({ subject, seq, what });
  }
}

/** What is said when S3 refuses. */
export const CANNOT_KEEP = 'The evidence bucket cannot be used';

/** Puts a text into the bucket, unless it is there. */
export const keep = ({ store }: Evidence, name: string, text: string, type: string) =>
  need(CANNOT_KEEP, store.put(name, Buffer.from(text), type));

/**
 * Awaits a call without which there is no checkpoint.
 *
 * @throws {NoCheckpointError} for what somebody must put right; what waiting helps is thrown as it is
 */
export async function need<Result>(what: string, call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    const { kind, reason } = sortFailure(error);
    if (kind === 'transient') throw error;
    throw new NoCheckpointError(`${what}: ${reason}`, { cause: error });
  }
}
