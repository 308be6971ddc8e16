import type { KeyObject } from 'node:crypto';
import { digestOfCheckpoint, FIRST_PREVIOUS, openCheckpoint, readPublicKey } from '../ledger/checkpoint.ts';
import {
  addPublicKey,
  type NumberedCheckpoint,
  type Progress,
  readProgress,
  readPublicKeys,
} from './checkpoint-items.ts';
import type { Evidence } from './evidence.ts';
import { findLast, openNumbered } from './find-last.ts';
import { readKeptKeys } from './kept.ts';
import { checkpointName, publicKeyName } from './names.ts';
import { readKept } from './read-kept.ts';
import { CANNOT_KEEP, complain, keep, need, type Run } from './run.ts';

/**
 * Reads where the last run ended, and keeps the public key.
 *
 * @throws {NoCheckpointError} when the signing key or the bucket cannot be used
 */
export async function beginRun(evidence: Evidence, recordedBy: string): Promise<{ run: Run; progress: Progress }> {
  const { table, store, signer } = evidence;
  const { pem, fingerprint, keyArn } = await need('The signing key cannot be used', signer.publicKey());
  await addPublicKey(table, fingerprint, pem);
  const kept = await keep(evidence, publicKeyName(fingerprint), pem, 'application/x-pem-file');
  const named = await readPublicKeys(table);
  const keys = new Map([...(await need(CANNOT_KEEP, readKeptKeys(store, named))), pem].flatMap(readKey));
  const progress = await readProgress(table);
  const { last, strays } = await findLast(table, keys);
  const run: Run = {
    evidence,
    recordedBy,
    signer: fingerprint,
    keys,
    number: last?.number ?? 0,
    digest: last === undefined ? FIRST_PREVIOUS : digestOfCheckpoint(last),
    finished: progress.finished,
    made: [],
    completed: [],
    restored: [],
    problems: [],
    earlier: [],
  };
  if (kept === 'different')
    complain(run, evidence.bucket, 0, `forged: the bucket has another public key for ${keyArn}`);
  doubtKeys(run, named);
  for (const { number } of strays) {
    complain(run, table.table, number, `inserted: checkpoint ${number} stands behind a gap, and nobody signed it`);
  }
  if (last !== undefined) await doubtLast(run, last, await need(CANNOT_KEEP, store.get(checkpointName(last.number))));
  return { run, progress };
}

/**
 * Whoever can write the table could put a checkpoint there and the key that signed it. A key counts when the bucket keeps it,
 * where every key is put before it signs.
 */
function doubtKeys(run: Run, pems: readonly string[]): void {
  for (const [fingerprint] of pems.flatMap(readKey)) {
    if (run.keys.has(fingerprint)) continue;
    const what = `inserted: the table has the public key ${fingerprint}, and the bucket does not; nothing that it signed counts`;
    complain(run, run.evidence.table.table, 0, what);
  }
}

/** A public key that somebody altered verifies nothing. */
function readKey(pem: string): [string, KeyObject][] {
  try {
    const { key, fingerprint } = readPublicKey(pem);
    return [[fingerprint, key]];
  } catch {
    return [];
  }
}

/** The next checkpoint must follow the one that was signed, also when the table has something else in its place. */
async function doubtLast(run: Run, last: NumberedCheckpoint, kept: Uint8Array | undefined): Promise<void> {
  const { number } = last;
  const opened = openNumbered(last, run.keys);
  if ('checkpoint' in opened) run.earlier.push(...opened.checkpoint.problems);
  else complain(run, run.evidence.table.table, number, opened.problem);
  if (kept === undefined) return;
  const signed = readKept(kept);
  if (signed === undefined || digestOfCheckpoint(signed) === run.digest) return;
  const other = openCheckpoint(signed, run.keys);
  complain(
    run,
    run.evidence.bucket,
    number,
    'forked: the bucket has another checkpoint with this number than the table',
  );
  if (!('checkpoint' in opened) && 'checkpoint' in other) run.digest = digestOfCheckpoint(signed);
}
