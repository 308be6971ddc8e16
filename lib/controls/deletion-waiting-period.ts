import { parseAwsDate } from '../event/aws-date.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { KeyDescription } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
const deletionWaitingPeriod: Control = {
  id: 'deletion-waiting-period',
  title: "A key waits at least the policy's minimum before it is deleted",
  step: '4.5.2',
  severity: 'high',
  why:
    'A deleted key cannot be brought back, and everything that only it can decrypt is lost with it. The waiting period ' +
    'is the only time in which a mistake or an attack can still be noticed and cancelled. KMS accepts 7 days; the policy ' +
    'file says how long this organisation needs.',
  notApplicable: 'The key is not pending deletion, or it no longer exists.',
  // ScheduleKeyDeletion sets the period. After CancelKeyDeletion and DeleteKey nothing waits any more, and what was found
  // closes. The period of a scheduled deletion cannot be changed otherwise.
  events: ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteKey'],
  judgesState: true,
  reads: ['key'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-12(1)'],
    'PCI DSS 4.0.1': ['3.7.5'],
    'AWS Security Hub': ['KMS.3'],
  },
  runbook: [
    '1. Within 4 hours, find out who scheduled the deletion: `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry. KMS deletes the key at `response.deletionDate`.',
    '2. Within 4 hours, ask that person and the owner of the key (its tags) whether the deletion is meant. If nobody can say, or it is not meant, cancel it at once: AWS console, Key Management Service, Customer managed keys, the key, Key actions, Cancel key deletion. Then enable the key: it stays disabled after a cancelled deletion.',
    '3. If the deletion is meant, have it cancelled and scheduled again with at least the minimum of the policy file (`deletion.minimumWaitingDays`), before half of the short period has passed.',
    '4. If it is not meant and nobody can explain it, treat the credentials of `actor.arn` as stolen: look at everything they did in CloudTrail from 24 hours before `time` until now, and revoke their sessions.',
    '5. If the verdict is unknown, look up the ScheduleKeyDeletion event of the key in CloudTrail (event history, 90 days) within 1 working day and compare its `pendingWindowInDays` with the minimum.',
  ],
  verify: (evidence) => judgeKey(evidence, (key, name) => judgeWait(key, name, evidence)),
};

export default deletionWaitingPeriod;

function judgeWait(key: KeyDescription, name: string, { action, policy, now }: Evidence): Judgement {
  if (key.state !== 'PendingDeletion' && key.state !== 'PendingReplicaDeletion') {
    return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(key.state)})`);
  }
  const minimum = policy.deletion.minimumWaitingDays;
  const days = readDaysGiven(key, action);
  return days === undefined ? judgeTimeLeft(key, name, minimum, now) : judgeDays(days, name, minimum);
}

function judgeDays(days: number, name: string, minimum: number): Judgement {
  const given = `${name} is given ${days} days before it is deleted`;
  return days >= minimum
    ? judge('compliant', `${given}, and the policy asks for ${minimum} or more`)
    : judge('violation', `${given}, and the policy asks for ${minimum} or more`);
}

/** From the state alone a long wait proves itself; a short one may be the rest of a long one. */
function judgeTimeLeft({ deletionAt }: KeyDescription, name: string, minimum: number, now: Date): Judgement {
  const left = deletionAt === undefined ? Number.NaN : Date.parse(deletionAt) - now.getTime();
  if (left >= minimum * DAY) {
    return judge(
      'compliant',
      `${name} has ${Math.floor(left / DAY)} days left before it is deleted, and the policy asks for ${minimum} or more`,
    );
  }
  const what = deletionAt === undefined ? 'does not say when' : `will do so on ${showText(deletionAt)}`;
  return judge(
    'unknown',
    `${name} waits to be deleted by KMS, which ${what}, and the waiting period it was given cannot be seen`,
  );
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/**
 * The waiting period in days; undefined when it cannot be seen. A primary key that waits for its replicas tells it
 * itself. Otherwise the action tells it, if the date that KMS has now is the date that the action set: the deletion may
 * have been cancelled and scheduled anew since.
 */
function readDaysGiven(key: KeyDescription, action: KeyAction | undefined): number | undefined {
  if (key.deletionWindowInDays !== undefined) return key.deletionWindowInDays;
  const days = action?.api === 'ScheduleKeyDeletion' ? readDaysOfAction(action) : undefined;
  if (action === undefined || days === undefined || key.state === 'PendingReplicaDeletion') return days;
  return isSetBy(action, days, key.deletionAt) ? days : undefined;
}

/** KMS deletes up to 24 hours after the period ends (same page); an hour more for clocks. */
function isSetBy(action: KeyAction, days: number, deletionAt: string | undefined): boolean {
  const late = Date.parse(deletionAt ?? '') - (Date.parse(action.time) + days * DAY);
  return late >= -HOUR && late <= DAY + HOUR;
}

/** What KMS takes when the request names no period: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
const DEFAULT_DAYS = 30;

/** The first of request, response and deletion date that tells it. A number that nobody can read is not "no number". */
function readDaysOfAction({ request, response, time }: KeyAction): number | undefined {
  for (const days of [request.pendingWindowInDays, response.pendingWindowInDays]) {
    if (days !== undefined && days !== null) return typeof days === 'number' ? days : undefined;
  }
  const date = parseAwsDate(response.deletionDate);
  return date === undefined ? DEFAULT_DAYS : Math.floor((Date.parse(date) - Date.parse(time) + HOUR) / DAY);
}
