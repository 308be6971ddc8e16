import { nameActor } from '../facts/actor.ts';
import { isPendingDeletion, pastOf } from '../facts/deletion-order.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts, KeyHistory } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { callWhenSettled, describeState, requestOnKey, restoreWait } from './deletion-requests.ts';
import {
  type AwsRequest,
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
 * Cancels the deletion that a key waits for, and enables the key when the record shows that it was enabled before: KMS
 * leaves it disabled. When no record shows that, the key stays disabled, and the officer is told so.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
 */
const cancelKeyDeletion: Remedy = {
  id: 'cancel-key-deletion',
  title: 'Cancel the deletion, and enable the key when it was enabled before',
  reads: ['key', 'history'],
  confirms: ['key'],
  iam: ['kms:DescribeKey', 'kms:CancelKeyDeletion', 'kms:EnableKey'],
  undoIam: ['kms:ScheduleKeyDeletion'],
  undoRefused:
    'Keywarden never orders a deletion: a destroyed key is gone for good, with all that it protects. Whoever still means it schedules the deletion, approved anew as the procedure asks.',
  plan: planCancellation,
  apply: cancel,
  confirm: confirmCancellation,
};

export default cancelKeyDeletion;

function planCancellation(evidence: Evidence): Planned {
  const { key } = evidence.facts;
  if (!key.known) return refuse(`The deletion is not cancelled because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('There is no deletion to cancel because the key no longer exists');
  const { value } = key;
  if (!isPendingDeletion(value)) {
    return refuse(`There is no deletion to cancel because ${describeState(value)}`);
  }
  return { possible: true, plan: writePlan(value, evidence) };
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

function writePlan(key: KeyDescription, evidence: Evidence): Plan {
  const past = pastOf(evidence);
  const id = showText(key.keyId);
  const enables = past.known && past.value.enabled === true;
  const requests = [requestOnKey('CancelKeyDeletion', key), ...(enables ? [requestOnKey('EnableKey', key)] : [])];
  const { state, deletionAt, deletionWindowInDays } = key;
  return {
    remedy: cancelKeyDeletion.id,
    subject: key.arn,
    summary: enables
      ? `Cancel the deletion of key ${id} and enable it, as it was before.`
      : `Cancel the deletion of key ${id}, which is disabled after that.`,
    requests,
    undo: [restoreWait(key, evidence.now)],
    before: {
      key: {
        state,
        ...(deletionAt === undefined ? {} : { deletionAt }),
        ...(deletionWindowInDays === undefined ? {} : { deletionWindowInDays }),
      },
    },
    // A key that is not deleted waits for nothing and loses nothing.
    settles: ['deletion-authorized', 'deletion-waiting-period', 'deletion-key-unused'],
    notes: ['The undo schedules the deletion with the days that were left, or with 7, which are the fewest KMS takes.'],
    ...(enables ? {} : { leftToDo: describeDisabled(key, past.known ? past.value : undefined) }),
  };
}

function describeDisabled(key: KeyDescription, past: KeyHistory | undefined): NonNullable<Plan['leftToDo']> {
  const id = showText(key.keyId);
  if (past?.materialLost !== undefined) {
    return {
      sentence: `Key ${id} cannot be used after that either: its imported material is gone (${past.materialLost.api}). Import the same material again with ImportKeyMaterial.`,
      requests: [],
    };
  }
  const by = past?.disabledBy === undefined ? '' : ` by ${nameActor(past.disabledBy.actor)}`;
  const why =
    past?.enabled === false
      ? `it was disabled${by} before its deletion was ordered, and stays so`
      : 'no record shows whether it was enabled before its deletion was ordered';
  return {
    sentence: `A cancelled deletion leaves key ${id} disabled, so that nothing can use it: ${why}. To enable it, run:`,
    requests: [requestOnKey('EnableKey', key)],
  };
}

/**
 * Looks before each call, so that it may be repeated after a crash at any place. What somebody else did in between counts:
 * a key that a person disabled is not enabled.
 *
 * @throws {PlanOutdatedError} when there is nothing left to put right
 * @throws {KeyNotSettledError} while KMS refuses a call by a state that has ended
 * @throws what AWS throws
 */
async function cancel(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const [cancels, enables] = plan.requests;
  const receipts: Receipt[] = [];
  const key = await look(read);
  if (cancels !== undefined && isPendingDeletion(key)) {
    requireSameDeletion(plan, key);
    receipts.push(await callWhenSettled(call, cancels));
  }
  if (enables === undefined) return receipts;
  const enabled = await enable(enables, call, read);
  return enabled === undefined ? receipts : [...receipts, enabled];
}

/**
 * An order that came after the plan is judged by itself. The day of a primary key is set when its last replica is gone, and
 * is then no other order.
 */
function requireSameDeletion({ before }: Plan, { deletionAt }: KeyDescription): void {
  const planned = (before.key as Partial<KeyDescription> | undefined)?.deletionAt;
  if (planned === undefined || deletionAt === undefined || planned === deletionAt) return;
  throw new PlanOutdatedError(
    `The deletion was ordered anew since: KMS deletes the key on ${showText(deletionAt)}, and that order is judged by itself.`,
  );
}

/** @returns nothing when there is nothing to enable */
async function enable(request: AwsRequest, call: Call, read: Read): Promise<Receipt | undefined> {
  const { state } = await look(read);
  if (state === 'Enabled' || state === 'PendingImport') return undefined;
  const { history } = await read(['history']);
  const by = history.known ? history.value.disabledBy : undefined;
  if (by?.api === 'DisableKey') {
    throw new PlanOutdatedError(`The key stays disabled: ${nameActor(by.actor)} disabled it on ${showText(by.time)}.`);
  }
  return callWhenSettled(call, request);
}

async function look(read: Read): Promise<KeyDescription> {
  const { key } = await read(['key']);
  if (!key.known) throw new PlanOutdatedError(`The key could not be looked at before the change: ${key.reason}.`);
  if (key.value === 'missing') throw new PlanOutdatedError('The key no longer exists.');
  return key.value;
}

/** Measured by the plan: it says whether the key was to be enabled. */
function confirmCancellation(plan: Plan, { key }: KeyFacts): Confirmation {
  if (!key.known) return { confirmed: false, reason: `The key could not be read back: ${key.reason}.` };
  if (key.value === 'missing') return { confirmed: false, reason: 'The key no longer exists.' };
  const { state } = key.value;
  if (isPendingDeletion(key.value)) return { confirmed: false, reason: 'The key is still pending deletion.' };
  const enables = plan.requests.some(({ operation }) => operation === 'EnableKey');
  if (!enables || state === 'Enabled') return { confirmed: true, after: { key: { state } } };
  return {
    confirmed: false,
    reason: `The deletion is cancelled, but the key was to be enabled and ${describeState(key.value)}.`,
  };
}
