import type { Delivery, Pipeline } from '../context.ts';
import { SELFTESTS } from '../ledger/keys.ts';
import { describeReview, type Telling, tellOnce } from '../tell-once.ts';
import { END_API, type Result, type Run, readRuns } from './read-runs.ts';
import { lateId, resultId } from './run-ids.ts';
import { describeSeconds, writeFailedMessage, writeLateMessage } from './write-messages.ts';

/** A run whose message takes longer has failed; CloudTrail takes five minutes on average. Milliseconds. */
export const LONGEST_RUN = 30 * 60_000;

/**
 * The test message of a run has come back: the run has passed, unless something else is wrong, or its time was over.
 *
 * @returns undefined when no such run is on record
 * @throws what DynamoDB and SNS throw; the receipt returns
 */
export async function endByReceipt(pipeline: Pipeline, id: string, delivery: Delivery): Promise<Result | undefined> {
  const run = (await readRuns(pipeline.ledger)).get(id);
  if (run === undefined) return undefined;
  const seconds = Math.max(0, (pipeline.clock().getTime() - Date.parse(run.start.startedAt)) / 1_000);
  const reasons = run.start.checks.filter(({ ok }) => ok !== true).map(describeBad);
  const state = reasons.length === 0 ? 'passed' : 'failed';
  const came = `The test message came back after ${describeSeconds(seconds)}.`;
  const result: Result = { run: id, state, reasons: state === 'passed' ? [] : [came, ...reasons], seconds };
  const recorded = await endRun(pipeline, run, result, delivery);
  if (recorded.seconds === undefined) await tellLate(pipeline, id, seconds, delivery);
  return recorded;
}

/**
 * Ends the runs whose message has not come in time; asked once an hour.
 *
 * @throws the first error, when every run was tried
 */
export async function endOverdue(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const now = pipeline.clock().getTime();
  const failures: unknown[] = [];
  for (const run of (await readRuns(pipeline.ledger)).values()) {
    if (now - Date.parse(run.start.startedAt) <= LONGEST_RUN) continue;
    try {
      await endRun(pipeline, run, toOverdue(run), delivery);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const toOverdue = ({ start }: Run): Result => ({
  run: start.run,
  state: 'failed',
  reasons: [
    start.notTried ?? `No test message came back within ${LONGEST_RUN / 60_000} minutes.`,
    ...start.checks.filter(({ ok }) => ok !== true).map(describeBad),
  ],
});

/** Ends a run at once of which no message can come. */
export const endNotTried = (pipeline: Pipeline, run: Run, delivery: Delivery): Promise<Result> =>
  endRun(pipeline, run, toOverdue(run), delivery);

const describeBad = ({ name, ok, what }: Run['start']['checks'][number]): string =>
  `${name}: ${ok === 'unknown' ? 'not known. ' : ''}${what}`;

/**
 * Records how a run ended, and tells the officer when it failed. The first end counts.
 *
 * @returns the end that is on record
 */
async function endRun(pipeline: Pipeline, run: Run, end: Result, delivery: Delivery): Promise<Result> {
  const review = describeReview(pipeline, 'keywarden (selftest)', {
    eventId: resultId(end.run),
    api: END_API,
    subject: SELFTESTS,
    request: { ...end },
  });
  let recorded = run.result ?? end;
  const told = await tellOnce(pipeline, delivery, review, ({ request }) => {
    recorded = request as unknown as Result;
    return listTellings(pipeline, run, recorded);
  });
  // Counted when it is closed: a crash before that counts it the next time.
  if (told !== undefined) pipeline.count(recorded.state === 'passed' ? 'SelftestPassed' : 'SelftestFailed');
  return recorded;
}

function listTellings(place: Pipeline, { start }: Run, result: Result): readonly Telling[] {
  if (result.state === 'passed') return [];
  const note = (messageId: string) => [{ control: 'selftest', state: 'selftest-failed', messageId }];
  return [{ message: writeFailedMessage(start, result, placeOf(place)), note }];
}

async function tellLate(pipeline: Pipeline, run: string, seconds: number, delivery: Delivery): Promise<void> {
  const review = describeReview(pipeline, 'keywarden (selftest)', {
    eventId: lateId(run),
    api: 'LateSelftest',
    subject: SELFTESTS,
    request: { run, seconds },
  });
  const note = (messageId: string) => [{ control: 'selftest', state: 'selftest-late', messageId }];
  await tellOnce(pipeline, delivery, review, () => [
    { message: writeLateMessage(run, seconds, placeOf(pipeline)), note },
  ]);
}

const placeOf = ({ account, region, stage }: Pipeline) => ({ account, region, stage });
