import { openCheckpoint, writeCheckpoint } from '../ledger/checkpoint.ts';
import { beginRun } from './begin-run.ts';
import { listSubjectsToCover } from './chain-marks.ts';
import { addCheckpoint, noteFinished, noteLooked } from './checkpoint-items.ts';
import { type Evidence, NoCheckpointError, type Problem } from './evidence.ts';
import { finish, finishLeft } from './finish.ts';
import { mapAhead } from './map-ahead.ts';
import { type Pack, pack } from './pack.ts';
import { readUncovered, type Uncovered } from './read-uncovered.ts';
import { restoreLost } from './restore-lost.ts';
import { follow, need, type Run } from './run.ts';

/** What one run did. */
export interface CheckpointRun {
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly made: readonly { readonly number: number; readonly entries: number; readonly sha256: string }[];
  /** Numbers of checkpoints that an earlier run had begun, and that this one brought to the bucket. */
  readonly completed: readonly number[];
  /** Numbers of checkpoints that the table had lost, and that were put back from the bucket. */
  readonly restored: readonly number[];
  readonly problems: readonly Problem[];
  /** Problems in the checkpoints of the run before, which may have ended before it told them. */
  readonly earlier: readonly Problem[];
  /** Every chain was looked at, and not only those that grew. */
  readonly whole: boolean;
  /**
   * `complete`: every chain that it looked at is covered or named in `problems`. `lost-race`: another run makes checkpoints at
   * the same time, and this one left the rest to it. `out-of-time`: the rest is for the next run.
   */
  readonly ended: 'complete' | 'lost-race' | 'out-of-time';
}

/** The index of heads lags behind by seconds, and clocks differ by less: what grew within this time is looked at twice. */
const LOOK_BACK = 3_600_000;
const CHAINS_AT_A_TIME = 8;

/**
 * Makes the next checkpoints: of every entry that none covers yet, or an empty one when there is none. It first brings to an
 * end what an earlier run began. However often and at whatever point runs are interrupted, and however many run at once, the
 * checkpoints have no gap, no overlap and no fork (docs/adr/0013).
 *
 * @param recordedBy version and invocation
 * @throws {NoCheckpointError} when a checkpoint cannot be signed or kept until somebody puts something right
 * @throws what AWS throws when the next run may fare better
 */
export async function makeCheckpoints(evidence: Evidence, recordedBy: string): Promise<CheckpointRun> {
  const startedAt = evidence.clock().toISOString();
  const today = startedAt.slice(0, DAY);
  const { run, progress } = await beginRun(evidence, recordedBy);
  const whole = progress.looked === undefined || progress.whole !== today;
  const since = whole ? undefined : new Date(Date.parse(progress.looked) - LOOK_BACK).toISOString();
  const ended = (await restoreLost(run)) ?? (await finishLeft(run)) ?? (await coverChains(run, since));
  const { made, completed, restored, problems, earlier } = run;
  return { startedAt, made, completed, restored, problems, earlier, whole: whole && ended === 'complete', ended };
}

/**
 * Notes that a run is over, once everything that it found is told: until then the next one looks at the same chains again.
 */
export async function noteRun({ table }: Evidence, { ended, startedAt, whole }: CheckpointRun): Promise<void> {
  if (ended === 'complete') await noteLooked(table, startedAt, whole ? startedAt.slice(0, DAY) : undefined);
}

/** Length of `2026-08-03`. */
const DAY = 10;

async function coverChains(run: Run, since: string | undefined): Promise<CheckpointRun['ended']> {
  const { table, hasTime } = run.evidence;
  const subjects = await listSubjectsToCover(table, since);
  let late = false;
  const known = run.problems.map((problem): Uncovered => ({ problem }));
  async function* readAll(): AsyncGenerator<Uncovered> {
    yield* known;
    for await (const chain of mapAhead(subjects, CHAINS_AT_A_TIME, (subject) => readUncovered(table, subject))) {
      if (chain.problem !== undefined) run.problems.push(chain.problem);
      yield chain;
      if (!hasTime()) {
        late = true;
        return;
      }
    }
  }
  for await (const next of pack(readAll())) if (!(await makeNext(run, next))) return 'lost-race';
  // An hour without entries has a checkpoint too: it proves that there were none.
  if (run.made.length === 0 && !(await makeNext(run, { ranges: [], problems: [] }))) return 'lost-race';
  return late ? 'out-of-time' : 'complete';
}

/** @returns false when another run was first */
async function makeNext(run: Run, { ranges, problems }: Pack): Promise<boolean> {
  const { table, account, region, clock, signer } = run.evidence;
  const number = run.number + 1;
  const text = writeCheckpoint({
    number,
    previous: run.digest,
    at: clock().toISOString(),
    table: table.table,
    account,
    region,
    recordedBy: run.recordedBy,
    ranges,
    problems,
    key: run.signer,
  });
  const signature = await need('The signing key cannot sign', signer.sign(text));
  const opened = openCheckpoint({ text, signature }, run.keys);
  if (!('checkpoint' in opened)) {
    throw new NoCheckpointError(`What the signing key signed does not verify with its public key: ${opened.problem}`);
  }
  if (!(await addCheckpoint(table, { number, text, signature }))) return false;
  await finish(run, { number, text, signature }, opened.checkpoint);
  await noteFinished(table, number, run.finished);
  run.finished = number;
  follow(run, number, { text });
  run.made.push({ number, entries: opened.checkpoint.entries, sha256: run.digest });
  return true;
}
