import { z } from 'zod';
import type { Delivery } from '../context.ts';
import type { Check } from './check.ts';
import { LONGEST_RUN } from './end-run.ts';
import { type Run, readRuns } from './read-runs.ts';
import { isRunId, runIdOf } from './run-ids.ts';
import { type Starting, startRun } from './start-run.ts';
import { describeSeconds } from './write-messages.ts';

/** What the function answers. */
export type SelftestResult =
  | { readonly status: 'refused'; readonly message: string }
  | {
      /** `waiting`: the test message has not come back yet; ask again with the id of the run. */
      readonly status: 'waiting' | 'passed' | 'failed';
      readonly message: string;
      readonly run: string;
      /** ISO 8601 UTC. */
      readonly startedAt: string;
      readonly checks: readonly Check[];
      readonly reasons: readonly string[];
      readonly seconds?: number;
    };

const inputSchema = z.union([
  z.strictObject({ run: z.string().refine(isRunId) }),
  z.strictObject({ requestedBy: z.string().min(1).max(200).optional() }),
]);

/**
 * Begins a selftest (`{}` by the schedule, `{ requestedBy }` on demand), or tells what became of one (`{ run }`).
 *
 * @param invocation unique: the same one goes on with the same run
 * @throws what AWS throws when another attempt may fare better
 */
export async function runSelftest(
  starting: Starting,
  input: unknown,
  invocation: string,
  delivery: Delivery,
): Promise<SelftestResult> {
  const asked = inputSchema.safeParse(input ?? {});
  if (!asked.success) {
    return {
      status: 'refused',
      message: `${JSON.stringify(input)?.slice(0, 300)} is no order for a selftest. Send {} or {"requestedBy":"..."} to begin one, {"run":"selftest-..."} to ask for one.`,
    };
  }
  if ('run' in asked.data) {
    const run = (await readRuns(starting.pipeline.ledger)).get(asked.data.run);
    return run === undefined
      ? { status: 'refused', message: `There is no run ${asked.data.run} among the newest; begin one with {}.` }
      : describeRun(run, starting.pipeline.clock());
  }
  const requestedBy = asked.data.requestedBy ?? 'keywarden (schedule)';
  const run = await startRun(starting, runIdOf(invocation), requestedBy, delivery);
  return describeRun(run, starting.pipeline.clock());
}

function describeRun({ start, result }: Run, now: Date): SelftestResult {
  const { run, startedAt, checks } = start;
  const base = { run, startedAt, checks };
  if (result !== undefined) {
    const { state, reasons, seconds } = result;
    return {
      status: state,
      message:
        state === 'passed' && seconds !== undefined
          ? `The test message came back after ${describeSeconds(seconds)}.`
          : reasons.join(' '),
      ...base,
      reasons,
      ...(seconds === undefined ? {} : { seconds }),
    };
  }
  const overdue = now.getTime() - Date.parse(startedAt) > LONGEST_RUN;
  return overdue
    ? { status: 'failed', message: NOT_IN_TIME, ...base, reasons: [NOT_IN_TIME] }
    : { status: 'waiting', message: 'The test message has not come back yet; it takes minutes.', ...base, reasons: [] };
}

const NOT_IN_TIME = `No test message came back within ${LONGEST_RUN / 60_000} minutes; the officer is told within the hour.`;
