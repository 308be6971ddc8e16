import {
  DELETION_TRAITS,
  type DeletedKey,
  findDeletionOrder,
  isOrderOnItsWay,
  isPendingDeletion,
} from '../facts/deletion-order.ts';
import { sayUntold } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import { DAY } from '../facts/waiting-period.ts';
import rescheduleKeyDeletion from '../remediations/reschedule-key-deletion.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { awaitOrder } from './judgement/await-order.ts';
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
  reads: ['key', 'history'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'enforce',
  remedy: rescheduleKeyDeletion,
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
    '3. If the deletion is meant and Keywarden has not scheduled it again, have it cancelled and scheduled again with at least the minimum of the policy file (`deletion.minimumWaitingDays`), before half of the short period has passed.',
    '4. If it is not meant and nobody can explain it, treat the credentials of `actor.arn` as stolen: look at everything they did in CloudTrail from 24 hours before `time` until now, and revoke their sessions.',
    '5. If the verdict is unknown, look up the ScheduleKeyDeletion event of the key in CloudTrail (event history, 90 days) within 1 working day and compare its `pendingWindowInDays` with the minimum.',
  ],
  verify: (evidence) =>
    judgeKey(evidence, (key, name) => judgeWait(key, name, evidence), DELETION_TRAITS, ['multiRegion']),
};

export default deletionWaitingPeriod;

/**
 * A primary key that waits for its replicas tells its period itself. For any other the order tells it, which is in the record:
 * KMS shows only the day.
 */
function judgeWait(key: DeletedKey, name: string, evidence: Evidence): Judgement {
  if (!isPendingDeletion(key)) {
    return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(key.state)})`);
  }
  if (isOrderOnItsWay(evidence, key)) return awaitOrder(name);
  const { facts, policy, now } = evidence;
  if (!facts.history.known) {
    return judge('unknown', `${name} waits to be deleted, and how long is unknown because ${facts.history.reason}`);
  }
  const minimum = policy.deletion.minimumWaitingDays;
  const order = findDeletionOrder(evidence, key);
  const days = key.deletionWindowInDays ?? (order.known ? order.value.waitingDays : undefined);
  if (days === undefined && key.multiRegion === undefined) {
    return judge(
      'unknown',
      `${name} waits to be deleted, and how long is unknown because ${sayUntold(['multiRegion'])}`,
    );
  }
  return days === undefined ? judgeTimeLeft(key, name, minimum, now) : judgeDays(days, name, minimum);
}

function judgeDays(days: number, name: string, minimum: number): Judgement {
  const given = `${name} is given ${days} days before it is deleted`;
  return days >= minimum
    ? judge('compliant', `${given}, and the policy asks for ${minimum} or more`)
    : judge('violation', `${given}, and the policy asks for ${minimum} or more`);
}

/** From the state alone a long wait proves itself; a short one may be the rest of a long one. */
function judgeTimeLeft({ deletionAt }: DeletedKey, name: string, minimum: number, now: Date): Judgement {
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
