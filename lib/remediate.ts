import { carryOut } from './carry-out.ts';
import type { Delivery, Pipeline } from './context.ts';
import type { FactReader } from './facts/fact-reader.ts';
import type { ActionEntry, RecordedDecision, RecordedRemediation } from './ledger/entry.ts';
import { findingId } from './ledger/finding.ts';
import { findRemedy } from './remediations/index.ts';
import type { Plan, Remedy } from './remediations/remedy.ts';
import { takeBack } from './take-back.ts';

/**
 * Carries out every remedy that an entry decided, one after the other.
 *
 * @param resumed an earlier delivery may have made the changes already
 */
export async function remediateAll(
  { call, pause, log, stopped }: Pipeline,
  entry: ActionEntry,
  reader: FactReader,
  delivery: Delivery,
  resumed: boolean,
): Promise<RecordedRemediation[]> {
  const remediations: RecordedRemediation[] = [];
  for (const [remedyId, decisions] of groupByRequests(entry)) {
    const ids = decisions.map(findingId);
    const { last } = delivery;
    const attempt = { reader, call, pause, resumed, last, stopped: () => stopped(last ? 'unread' : 'throw') };
    const [remedy, plan, undoes] = [remedyOf(remedyId), planOf(entry, decisions), decisions[0]?.undoes];
    const done =
      undoes === undefined
        ? await carryOut(remedy, plan, ids, attempt)
        : await takeBack(remedy, plan, ids, undoes, attempt);
    log.info('remediated', { eventId: entry.eventId, subject: entry.subject, ...done });
    remediations.push(done);
  }
  return remediations;
}

/** The longest time after which one of them must be looked at again; undefined when none must. */
export function recheckDelay(remediations: readonly RecordedRemediation[]): number | undefined {
  const waits = remediations
    .filter(({ status }) => status === 'pending')
    .map(({ remedy }) => remedyOf(remedy).recheckAfterSeconds ?? 0);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Two controls may ask for the same requests; they are made once. */
export function groupByRequests({
  decisions,
}: Pick<ActionEntry, 'decisions'>): readonly (readonly [string, readonly RecordedDecision[]])[] {
  const acts = decisions.filter(({ decision }) => decision === 'act');
  const groups = Map.groupBy(acts, ({ remedy, plan }) => JSON.stringify([remedy, plan?.requests]));
  return [...groups.values()].map((decisions) => [decisions[0]?.remedy ?? 'none', decisions]);
}

/** @throws {TypeError} when this version has no such remedy */
export function remedyOf(id: string): Remedy {
  const remedy = findRemedy(id);
  if (remedy === undefined) throw new TypeError(`This version has no remedy ${id}.`);
  return remedy;
}

/** The plan that an entry recorded for a remedy. */
export function planOf({ subject, seq }: ActionEntry, [decision]: readonly RecordedDecision[]): Plan {
  if (decision?.plan === undefined || decision.remedy === undefined) {
    throw new TypeError(`Entry ${seq} of ${subject} decides to act and has no plan.`);
  }
  return { remedy: decision.remedy, subject, ...decision.plan };
}
