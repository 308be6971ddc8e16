import type { KeyAction } from '../event/key-action.ts';
import type { RotationStatus } from '../facts/key-facts.ts';
import { DAY, dayOf, findMaterial, type Material, sayMaterial } from '../facts/key-material.ts';
import type { KeyView } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import rotateKeyOnDemand from '../remediations/rotate-key-on-demand.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge } from './judgement/judge-key.ts';
import { judgeRotation, ROTATION_NOT_APPLICABLE } from './judgement/judge-rotation.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
const rotationOnSchedule: Control = {
  id: 'rotation-on-schedule',
  title: 'Every key that KMS can rotate has key material that is no older than its rotation period',
  step: '4.4.2',
  alsoSteps: ['4.4.3'],
  severity: 'high',
  why:
    'Rotation that is switched on proves nothing about the past: KMS counts the period anew each time it is switched on, so ' +
    'that a key can rotate "every year" by its settings and encrypt with material of five years. What counts is when KMS ' +
    'last made new material, and that the rotation is in the log.',
  notApplicable: ROTATION_NOT_APPLICABLE,
  // RotateKey and RotateKeyOnDemand: the rotation itself. EnableKey and UpdatePrimaryRegion: KMS can rotate the key again.
  // EnableKeyRotation: the date of the next rotation was set anew. DisableKey, ScheduleKeyDeletion and DeleteKey: nothing
  // is left to judge. Left out: CreateKey, whose material is new, and DisableKeyRotation, which makes no material older.
  events: [
    'RotateKey',
    'RotateKeyOnDemand',
    'EnableKeyRotation',
    'EnableKey',
    'UpdatePrimaryRegion',
    'DisableKey',
    'ScheduleKeyDeletion',
    'DeleteKey',
  ],
  judgesState: true,
  reads: ['key', 'rotation', 'rotations'],
  iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations'],
  defaultMode: 'approve',
  remedy: rotateKeyOnDemand,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC7.2'],
    'ISO/IEC 27001:2022': ['A.8.24', 'A.8.15'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'AU-12'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.3'],
    'PCI DSS 4.0.1': ['3.7.4'],
    'CIS AWS Foundations Benchmark 7.0': ['4.6'],
    'CIS AWS Foundations Benchmark 5.0': ['3.6'],
    'AWS Security Hub': ['KMS.4'],
  },
  runbook: [
    '1. Within 1 working day, read in the alert how old the key material is and whether automatic rotation is on. If it is off, rotation-enabled has a finding of its own: put that right first.',
    '2. If the action is EnableKey and KMS was to rotate the key while it was disabled, wait 24 hours for the RotateKey event; it closes the finding.',
    '3. Within 5 working days, approve the plan, or rotate the key yourself: AWS console, Key Management Service, Customer managed keys, the key, tab Key material and rotations, Rotate now. No data has to be encrypted again. KMS allows 25 rotations on demand in the life of a key.',
    '4. If rotation was switched off and on again (DisableKeyRotation and EnableKeyRotation of the key in the ledger), ask `actor.person` or `actor.arn` of both within 5 working days why: each time puts the next rotation off by a whole period.',
    '5. If KMS did not rotate a key that was enabled and due, open a support case with AWS within 5 working days and keep its number with the finding.',
  ],
  verify: (evidence) => judgeRotation(evidence, (status, name, key) => judgeAge(evidence, status, name, key)),
};

export default rotationOnSchedule;

function judgeAge(
  { facts: { rotations }, action, policy, now }: Evidence,
  status: RotationStatus,
  name: string,
  key: KeyView<never, 'createdAt'>,
): Judgement {
  if (!rotations.known) {
    return judge('unknown', `The rotations of ${name.replace(/^Key/, 'key')} are unknown because ${rotations.reason}`);
  }
  const material = findMaterial(key, rotations.value, action);
  if (material === undefined) {
    return judge('unknown', `${name} has material of an age that KMS does not tell; look it up in the console`);
  }
  const said = `${name} ${sayMaterial(material, now)}`;
  const late = sayLate(material, status, policy.rotation, now);
  if (late === undefined && mayBeLate(material, status, policy.rotation, now)) {
    return judge('unknown', `${said}, and nobody tells how often KMS rotates it`);
  }
  if (late === undefined) {
    return judge('compliant', `${said}; the policy asks for ${policy.rotation.periodInDays} days or less`);
  }
  if (isUnderWay(status, now)) {
    return judge('compliant', `${said}, and a rotation on demand began at ${showText(status.onDemandStartedAt ?? '')}`);
  }
  return judge('violation', `${said}; ${late}${sayOwnRotation(status, action, now)}`);
}

/**
 * Why a rotation is late, as a clause; undefined when it is not. Two dates count, and whichever passes first:
 * - the policy's period since the material was made. Switching rotation off and on again sets the next rotation to a whole
 *   period from then, so that this date, and not KMS's, is what the procedure means by "annual";
 * - the date for which KMS announced the next rotation, which follows the key's own, perhaps shorter, period.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-disable.html
 */
function sayLate(
  { at }: Material,
  { enabled, periodInDays, nextAt }: RotationStatus,
  limits: { readonly periodInDays: number; readonly graceDays: number },
  now: Date,
): string | undefined {
  const grace = limits.graceDays * DAY;
  if (now.getTime() > at + limits.periodInDays * DAY + grace) {
    const next = enabled && nextAt !== undefined ? `, and KMS rotates it only at ${showText(nextAt)}` : '';
    return `the policy asks for ${limits.periodInDays} days or less and allows ${limits.graceDays} more${next}`;
  }
  const own = periodInDays === undefined ? Number.NaN : at + periodInDays * DAY;
  const announced = Date.parse(nextAt ?? '');
  const due = Number.isNaN(announced) ? own : announced;
  if (!enabled || !(now.getTime() > due + grace)) return undefined;
  return `KMS was to rotate it on ${dayOf(due)} and has not, ${limits.graceDays} days and more later`;
}

/** The shortest period in days: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
const SHORTEST_PERIOD = 90;

/** Without the key's own period, which may be shorter than the policy's, only young material is certain to be in time. */
const mayBeLate = (
  { at }: Material,
  { enabled, periodInDays, nextAt }: RotationStatus,
  { graceDays }: { readonly graceDays: number },
  now: Date,
): boolean =>
  enabled &&
  periodInDays === undefined &&
  nextAt === undefined &&
  now.getTime() > at + (SHORTEST_PERIOD + graceDays) * DAY;

/** KMS rotates in the background "with a slight delay": https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
const isUnderWay = ({ onDemandStartedAt }: RotationStatus, now: Date): boolean =>
  now.getTime() - Date.parse(onDemandStartedAt ?? '') <= DAY;

/** What became due while the key was disabled is made up for by KMS itself, and tells it by a RotateKey event. */
function sayOwnRotation({ enabled, nextAt }: RotationStatus, action: KeyAction | undefined, now: Date): string {
  const comes = action?.api === 'EnableKey' && enabled && Date.parse(nextAt ?? '') <= now.getTime();
  return comes ? '; now that it is enabled KMS makes up for it by itself' : '';
}
