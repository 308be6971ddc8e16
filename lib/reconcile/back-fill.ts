import type { CompletenessStatement } from '../ledger/entry.ts';
import { type Kept, keepMalformed, tellMalformed } from '../malformed.ts';
import { handleAction } from '../pipeline.ts';
import type { ReconcileContext } from './context.ts';
import type { Expected } from './read-window.ts';

/** What became of one record that the ledger had not, or had not carried out. */
export interface BackFilled {
  readonly one: Expected;
  /** `recorded`: somebody else recorded it meanwhile. */
  readonly result: 'backfilled' | 'recorded' | 'failed';
  /** Of a failure: what went wrong, and what happens next. */
  readonly reason?: string;
}

/** So many subjects are worked on side by side; KMS's quotas are shared with everyone in the account. */
const AT_ONCE = 5;

/**
 * Takes what is missing through the pipeline, as if it had just arrived: verdicts, remediations by what is so now, alerts, and
 * every safeguard. The oldest comes first, and actions on one subject go one after the other. One that fails never stops the
 * others; it is named, and the next run tries it again.
 *
 * @param missing of one second, in the order in which they happened
 */
export async function backFill(
  missing: readonly Expected[],
  context: ReconcileContext,
): Promise<readonly BackFilled[]> {
  const sorted = missing.toSorted((one, other) => timeOf(one) - timeOf(other));
  const queues = [...Map.groupBy(sorted, (one) => ('action' in one ? one.action.subject : MALFORMED)).entries()];
  const results: BackFilled[] = [];
  const work = async () => {
    for (let next = queues.shift(); next !== undefined; next = queues.shift()) {
      const [subject, group] = next;
      results.push(...(subject === MALFORMED ? await keepAll(group, context) : await handleAll(group, context)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** No ARN, so no subject. */
const MALFORMED = '';

const timeOf = (one: Expected): number => ('action' in one ? Date.parse(one.action.time) : 0);

async function handleAll(group: readonly Expected[], context: ReconcileContext): Promise<readonly BackFilled[]> {
  const results: BackFilled[] = [];
  for (const one of group) if ('action' in one) results.push(await handleOne(one, context));
  return results;
}

async function handleOne(
  one: Extract<Expected, { readonly action: unknown }>,
  { pipeline, delivery, outOfTime }: ReconcileContext,
): Promise<BackFilled> {
  if (outOfTime()) return { one, result: 'failed', reason: NO_TIME };
  try {
    const { alreadyDone } = await handleAction(pipeline, one.action, delivery);
    return { one, result: alreadyDone ? 'recorded' : 'backfilled' };
  } catch (error) {
    return fail(one, error, pipeline);
  }
}

const NO_TIME = 'The time of this run was used up; the next run tries again.';

function fail(one: Expected, error: unknown, { log }: ReconcileContext['pipeline']): BackFilled {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  log.warn('not back-filled', { eventId: one.eventId, error: name, reason: message });
  return { one, result: 'failed', reason: `${name}: ${message}` };
}

/** All of them are told in one message. */
async function keepAll(group: readonly Expected[], context: ReconcileContext): Promise<readonly BackFilled[]> {
  const { pipeline, delivery } = context;
  const results: BackFilled[] = [];
  const kept: Kept[] = [];
  for (const one of group) {
    if (!('body' in one)) continue;
    try {
      const found = await keepMalformed(pipeline, one, delivery.writer);
      if (found !== undefined) kept.push(found);
      results.push({ one, result: found === undefined ? 'recorded' : 'backfilled' });
    } catch (error) {
      results.push(fail(one, error, pipeline));
    }
  }
  if (kept.length === 0) return results;
  try {
    await tellMalformed(pipeline, kept, delivery.writer);
    return results;
  } catch (error) {
    return results.map((result) => (result.result === 'backfilled' ? fail(result.one, error, pipeline) : result));
  }
}

/** Longer reasons are cut: a statement has its limits. */
const LONGEST_REASON = 300;

/** How a statement names what it found missing. */
export function describeMissing({ one, result, reason }: BackFilled): CompletenessStatement['missing'][number] {
  const named =
    'action' in one
      ? { time: one.action.time, api: one.action.api, subject: one.action.subject }
      : { time: 'unknown', api: 'unreadable', subject: 'malformed' };
  return {
    eventId: one.eventId,
    ...named,
    result: result === 'failed' ? 'failed' : 'backfilled',
    ...(reason === undefined ? {} : { reason: reason.slice(0, LONGEST_REASON) }),
  };
}
