import { isOwnResource } from '../event/own-resource.ts';
import { nameActor } from '../facts/actor.ts';
import { findDeletionOrder, isPendingDeletion } from '../facts/deletion-order.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts, KeyHistory } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { DAY } from '../facts/waiting-period.ts';
import { callWhenSettled, describeState, requestDeletion, requestOnKey, restoreWait } from './deletion-requests.ts';
import {
  type Call,
  type Confirmation,
  type Plan,
  type Planned,
  PlanOutdatedError,
  type Read,
  type Receipt,
  type Remedy,
} from './remedy.ts';

/**
 * Gives a key that is to be deleted the waiting period of the policy: KMS cannot change the period, so that the deletion is
 * cancelled and scheduled anew. That is for every deletion that is not cancelled at once, whoever ordered it: while a person
 * is asked whether to cancel it, the key must not be lost by the short period.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
 */
const rescheduleKeyDeletion: Remedy = {
  id: 'reschedule-key-deletion',
  title: "Cancel the deletion and schedule it anew, with the policy's waiting period",
  reads: ['key', 'history'],
  confirms: ['key'],
  iam: ['kms:DescribeKey', 'kms:CancelKeyDeletion', 'kms:ScheduleKeyDeletion'],
  undoIam: ['kms:CancelKeyDeletion', 'kms:ScheduleKeyDeletion'],
  undoRefused:
    'Keywarden never shortens the waiting period of a deletion: its roles are denied fewer days than the policy file asks for. To keep the key, cancel its deletion.',
  plan: planWait,
  apply: reschedule,
  confirm: confirmWait,
};

export default rescheduleKeyDeletion;

function planWait(evidence: Evidence): Planned {
  const { facts, policy, now, ownResources } = evidence;
  const { key } = facts;
  if (!key.known) return refuse(`The deletion is not changed because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('There is no deletion to change because the key no longer exists');
  const { value } = key;
  if (!isPendingDeletion(value)) return refuse(`There is no deletion to change because ${describeState(value)}`);
  if (isOwnResource(value.arn, ownResources)) {
    return refuse(
      `Key ${showText(value.keyId)} is Keywarden's own, whose deletion its roles may not schedule: without it the ledger or the alerts end, so cancel the deletion at once (aws kms cancel-key-deletion --key-id ${value.arn}) and enable the key (aws kms enable-key --key-id ${value.arn})`,
    );
  }
  const days = policy.deletion.minimumWaitingDays;
  if (Date.parse(value.deletionAt ?? '') >= now.getTime() + days * DAY) {
    return refuse(`The key waits longer than it would anew: KMS deletes it on ${showText(value.deletionAt ?? '')}`);
  }
  return { possible: true, plan: writePlan(value, days, evidence) };
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

function writePlan(key: KeyDescription, days: number, evidence: Evidence): Plan {
  const { now } = evidence;
  const { state, deletionAt, deletionWindowInDays } = key;
  const order = findDeletionOrder(evidence, key);
  const when = deletionAt === undefined ? 'once its last replica is gone' : `instead of ${showText(deletionAt)}`;
  return {
    remedy: rescheduleKeyDeletion.id,
    subject: key.arn,
    summary: `Cancel the deletion of key ${showText(key.keyId)} and schedule it anew, in ${days} days ${when}.`,
    requests: [requestOnKey('CancelKeyDeletion', key), requestDeletion(key, days)],
    undo: [requestOnKey('CancelKeyDeletion', key), restoreWait(key, now)],
    before: {
      key: {
        state,
        ...(deletionAt === undefined ? {} : { deletionAt }),
        ...(deletionWindowInDays === undefined ? {} : { deletionWindowInDays }),
      },
      plannedAt: now.toISOString(),
      ...(order.known ? { order: order.value.eventId } : {}),
    },
    notes: ['The undo gives the key the days that were left, or 7, which are the fewest KMS takes.'],
  };
}

/**
 * Looks before each call. A key that is no longer pending deletion at the beginning was taken out of it by an earlier attempt
 * of this plan, or by somebody who wants to keep it; only the record tells, and until it does nothing is done.
 *
 * @throws {PlanOutdatedError} when somebody else cancelled the deletion, or changed the key in another way
 * @throws {CancelledByWhomError} while the record does not tell who cancelled it
 * @throws {KeyNotSettledError} while KMS refuses a call by a state that has ended
 * @throws what AWS throws
 */
async function reschedule(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const [cancels, schedules] = plan.requests;
  if (cancels === undefined || schedules === undefined) throw new PlanOutdatedError('The plan is not complete.');
  const { key } = await read(['key']);
  if (!key.known) throw new PlanOutdatedError(`The key could not be looked at before the change: ${key.reason}.`);
  if (key.value === 'missing') throw new PlanOutdatedError('The key no longer exists.');
  if (waitsAsPlanned(plan, key.value)) return [];
  if (isPendingDeletion(key.value)) {
    requireSameDeletion(plan, key.value);
    return [await callWhenSettled(call, cancels), await callWhenSettled(call, schedules)];
  }
  if (key.value.state !== 'Disabled' && key.value.state !== 'PendingImport') {
    throw new PlanOutdatedError(`The key is not pending deletion any more: ${describeState(key.value)}.`);
  }
  const { history } = await read(['history']);
  if (!history.known) throw new CancelledByWhomError(history.reason);
  requireOwnCancellation(plan, history.value);
  return [await callWhenSettled(call, schedules)];
}

/** Another deletion was judged by another action, and has a plan of its own when it needs one. */
function requireSameDeletion({ before }: Plan, { deletionAt }: KeyDescription): void {
  const planned = (before.key as KeyDescription | undefined)?.deletionAt;
  if (planned === deletionAt) return;
  throw new PlanOutdatedError(
    `The deletion was scheduled anew since: KMS deletes the key on ${showText(deletionAt ?? 'an unknown day')}.`,
  );
}

/** The order that Keywarden called off must be the one that it planned to schedule anew, and the last that happened. */
function requireOwnCancellation({ before }: Plan, { recalled, cancelled, disabledBy, enabled }: KeyHistory): void {
  if (recalled !== undefined && (before.order === undefined || recalled.deletion.eventId === before.order)) return;
  const since = cancelled !== undefined && Date.parse(cancelled.time) >= Date.parse(String(before.plannedAt)) - CLOCKS;
  if (since) {
    throw new PlanOutdatedError(
      `The deletion is not scheduled anew: ${nameActor(cancelled.actor)} cancelled it on ${showText(cancelled.time)}.`,
    );
  }
  const by = disabledBy === undefined ? '' : ` (last recorded: ${disabledBy.api})`;
  throw new CancelledByWhomError(
    `the record does not show it yet${by}${enabled === true ? ' and calls it enabled' : ''}`,
  );
}

/** How far the clock of CloudTrail may lie behind ours, in milliseconds: its times have no fractions of a second. */
const CLOCKS = 5 * 60_000;

/** The record comes within minutes. Waiting helps. */
class CancelledByWhomError extends Error {
  override name = 'CancelledByWhomError';

  /** @param why nobody can tell, as a clause */
  constructor(why: string) {
    super(
      `The key is not pending deletion any more, and whether Keywarden or a person cancelled it cannot be told: ${why}. ` +
        'Schedule the deletion again when it is still meant.',
    );
  }
}

function confirmWait(plan: Plan, { key }: KeyFacts): Confirmation {
  if (!key.known) return { confirmed: false, reason: `The key could not be read back: ${key.reason}.` };
  if (key.value === 'missing') return { confirmed: false, reason: 'The key no longer exists.' };
  const { state, deletionAt, deletionWindowInDays } = key.value;
  if (!isPendingDeletion(key.value)) {
    return { confirmed: false, reason: `The key is not pending deletion: ${describeState(key.value)}.` };
  }
  const waits = { state, ...(deletionAt === undefined ? { deletionWindowInDays } : { deletionAt }) };
  if (waitsAsPlanned(plan, key.value)) return { confirmed: true, after: { key: waits } };
  return { confirmed: false, reason: `KMS still deletes the key ${deletionAt ?? 'after the short waiting period'}.` };
}

/** Counted from the plan, which was made before the call: KMS counts from the call. An hour is for clocks. */
function waitsAsPlanned({ requests, before }: Plan, key: KeyDescription): boolean {
  const days = requests.find(({ operation }) => operation === 'ScheduleKeyDeletion')?.parameters.PendingWindowInDays;
  if (typeof days !== 'number' || !isPendingDeletion(key)) return false;
  if (key.state === 'PendingReplicaDeletion') return (key.deletionWindowInDays ?? 0) >= days;
  return Date.parse(key.deletionAt ?? '') >= Date.parse(String(before.plannedAt)) + days * DAY - DAY / 24;
}
