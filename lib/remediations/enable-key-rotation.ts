import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts, RotationStatus } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { judgeRotationEligibility } from '../facts/rotation-eligibility.ts';
import { makeRequests } from './make-requests.ts';
import type { AwsRequest, Confirmation, Plan, Planned, Remedy } from './remedy.ts';

/**
 * Switches automatic rotation on with the policy's period. The same call sets the period of a key that rotates already.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
 */
const enableKeyRotation: Remedy = {
  id: 'enable-key-rotation',
  title: "Switch automatic key rotation on, with the policy's period",
  reads: ['key', 'rotation'],
  confirms: ['rotation'],
  iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:EnableKeyRotation'],
  undoIam: ['kms:DisableKeyRotation', 'kms:EnableKeyRotation'],
  plan: planRotation,
  apply: makeRequests,
  confirm: confirmRotation,
  untouched: findSamePeriod,
};

export default enableKeyRotation;

function planRotation({ facts: { key, rotation }, policy }: Evidence): Planned {
  if (!key.known) return refuse(`Rotation cannot be planned because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('Rotation cannot be switched on because the key no longer exists');
  const id = showText(key.value.keyId);
  const eligibility = judgeRotationEligibility(key.value);
  if (!eligibility.eligible) return refuse(`KMS cannot rotate key ${id} because ${eligibility.reason}`);
  if (!rotation.known) return refuse(`Rotation of key ${id} could not be read: ${rotation.reason}`);
  const days = policy.rotation.periodInDays;
  const { enabled, periodInDays } = rotation.value;
  if (enabled && periodInDays === undefined) {
    return refuse(`Key ${id} rotates, but KMS does not say how often, so that a change could not be undone`);
  }
  if (isSo(rotation.value, days)) {
    return refuse(
      `This is already so: key ${id} rotates every ${periodInDays} days, and the policy asks for ${days} or less`,
    );
  }
  return { possible: true, plan: writePlan(key.value, rotation.value, days) };
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

const isSo = ({ enabled, periodInDays }: RotationStatus, days: number): boolean =>
  enabled && periodInDays !== undefined && periodInDays <= days;

function writePlan(key: KeyDescription, before: RotationStatus, days: number): Plan {
  const id = showText(key.keyId);
  const from = before.enabled ? `from ${before.periodInDays} days to ${days}` : `on, every ${days} days (it was off)`;
  return {
    remedy: enableKeyRotation.id,
    subject: key.arn,
    summary: `${before.enabled ? 'Change' : 'Switch'} automatic rotation of key ${id} ${from}.`,
    requests: [requestEnable(key, days)],
    undo: [undoRotation(key, before)],
    before: { rotation: before },
  };
}

/** By ARN, because a bare key id means another key in another account. */
const requestEnable = ({ arn, region }: KeyDescription, days: number | undefined): AwsRequest => ({
  service: 'kms',
  operation: 'EnableKeyRotation',
  region,
  parameters: { KeyId: arn, ...(days === undefined ? {} : { RotationPeriodInDays: days }) },
});

function undoRotation(key: KeyDescription, before: RotationStatus): AwsRequest {
  if (before.enabled) return requestEnable(key, before.periodInDays);
  return { service: 'kms', operation: 'DisableKeyRotation', region: key.region, parameters: { KeyId: key.arn } };
}

/** Measured by the plan and not by the policy, which may have changed between the two. */
function confirmRotation(plan: Plan, { rotation }: KeyFacts): Confirmation {
  const wanted = plan.requests[0]?.parameters.RotationPeriodInDays;
  if (typeof wanted !== 'number') {
    return { confirmed: false, reason: 'The plan does not say which rotation period was asked for.' };
  }
  if (!rotation.known) return { confirmed: false, reason: `The rotation could not be read back: ${rotation.reason}.` };
  if (isSo(rotation.value, wanted)) return { confirmed: true, after: { rotation: rotation.value } };
  return { confirmed: false, reason: `${describeStatus(rotation.value)}, and ${wanted} days or less were asked for.` };
}

/** A shorter period is in order, and somebody's choice. */
function findSamePeriod(plan: Plan, facts: KeyFacts): Confirmation {
  const { rotation } = facts;
  const wanted = plan.requests[0]?.parameters.RotationPeriodInDays;
  if (!rotation.known || rotation.value.periodInDays === wanted) return confirmRotation(plan, facts);
  return {
    confirmed: false,
    reason: `${describeStatus(rotation.value)}, and Keywarden had set ${String(wanted)} days.`,
  };
}

function describeStatus({ enabled, periodInDays }: RotationStatus): string {
  if (!enabled) return 'Rotation is still off';
  return periodInDays === undefined
    ? 'Rotation is on, but KMS does not say how often'
    : `Rotation is on every ${periodInDays} days`;
}
