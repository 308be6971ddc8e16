import type { Lock } from '../aws/evidence-store.ts';
import { openCheckpoint } from '../ledger/checkpoint.ts';
import type { Writer } from '../ledger/ledger.ts';
import { readLastCheckpoint } from './checkpoint-items.ts';
import { type Evidence, NoCheckpointError, type Problem } from './evidence.ts';
import { type CheckpointRun, makeCheckpoints, noteRun } from './make-checkpoints.ts';
import { tellNoCheckpoint, tellProblems, tellUnlocked } from './tell-problems.ts';

/** What a run made, found and told. */
export interface CheckpointResult extends Omit<CheckpointRun, 'problems' | 'earlier'> {
  readonly lock: Lock;
  /** How many there are, how many of them are new and were told now, and the first of them. */
  readonly problems: { readonly found: number; readonly told: number; readonly first: readonly Problem[] };
}

const MOST_SHOWN = 20;

/**
 * Makes checkpoints, and tells the officer what is wrong with the ledger, with the bucket, or with making them.
 *
 * @throws {NoCheckpointError} when a checkpoint cannot be signed or kept; the officer was told, once a day
 * @throws what AWS throws when the next run may fare better
 */
export async function runCheckpoint(evidence: Evidence, writer: Writer): Promise<CheckpointResult> {
  const made = await makeOrTell(evidence, writer);
  const { problems, earlier, ...run } = made;
  const checkpoint = run.made.at(-1)?.number ?? (await readLastCheckpoint(evidence.table))?.number ?? 0;
  const lock = await evidence.store.isLocked();
  const reason = describeLock(lock, evidence.retentionYears);
  if (reason !== undefined) await tellUnlocked(evidence, writer, { reason, checkpoint });
  const told = await tellProblems(evidence, writer, [...problems, ...earlier], checkpoint);
  await noteRun(evidence, made);
  return { ...run, lock, problems: { found: problems.length, told, first: problems.slice(0, MOST_SHOWN) } };
}

async function makeOrTell(evidence: Evidence, writer: Writer): Promise<CheckpointRun> {
  try {
    return await makeCheckpoints(evidence, writer.recordedBy);
  } catch (error) {
    if (error instanceof NoCheckpointError) {
      const last = await readLastCheckpoint(evidence.table);
      const since = last === undefined ? undefined : timeOf(last.text);
      const checkpoint = last?.number ?? 0;
      await tellNoCheckpoint(evidence, writer, { since, reason: error.message, checkpoint }).catch(
        (untold: unknown) => {
          throw new AggregateError([error, untold], `${error.message} The officer could not be told either: ${untold}`);
        },
      );
    }
    throw error;
  }
}

/** When a checkpoint says it was made; whether it is one is for others to say. */
function timeOf(text: string): string | undefined {
  const opened = openCheckpoint({ text, signature: '' }, new Map());
  return 'unverified' in opened ? opened.unverified?.at : undefined;
}

/** Why nobody can rely on the lock; undefined when everybody can. */
function describeLock(lock: Lock, years: number): string | undefined {
  if (!lock.locked) return lock.reason;
  const days = (lock.period.years ?? 0) * 365 + (lock.period.days ?? 0);
  if (days >= years * 365) return undefined;
  return `it keeps objects for ${days} days, and the policy file says ${years} years (evidence.retentionYears)`;
}
