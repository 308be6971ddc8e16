import { DELETION_TRAITS, type DeletedKey, isOrderOnItsWay, isPendingDeletion } from '../facts/deletion-order.ts';
import { judgeDeletion } from '../facts/judge-deletion.ts';
import { listUntold } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import cancelKeyDeletion from '../remediations/cancel-key-deletion.ts';
import type { Control, Evidence, Judgement, Verdict } from './control.ts';
import { awaitOrder } from './judgement/await-order.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
const deletionAuthorized: Control = {
  id: 'deletion-authorized',
  title: 'A key is deleted only by an administrator, and with the approval of somebody else',
  step: '4.5.1',
  severity: 'critical',
  why:
    'Whoever can have a key deleted can destroy all data that only it decrypts, without touching the data. KMS asks nobody ' +
    'else. Two persons must want it: an administrator who orders it, and an approver who has written down before what it is ' +
    'for.',
  notApplicable: 'The key is not pending deletion, or it no longer exists.',
  // ScheduleKeyDeletion gives the order. A tag that was written before it may be recorded after it, for events come in any
  // order; tags cannot be changed while the key waits. After CancelKeyDeletion and DeleteKey nothing waits any more.
  events: ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'TagResource', 'UntagResource', 'DeleteKey'],
  judgesState: true,
  reads: ['key', 'tags', 'history'],
  iam: ['kms:DescribeKey', 'kms:ListResourceTags'],
  defaultMode: 'enforce',
  remedy: cancelKeyDeletion,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7', 'CC8.1'],
    'ISO/IEC 27001:2022': ['A.8.24', 'A.5.3', 'A.8.2'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-12(1)', 'AC-5', 'AC-6', 'CM-3'],
    'PCI DSS 4.0.1': ['3.7.5'],
    'CIS AWS Foundations 7.0': ['5.7'],
    'AWS Security Hub': ['KMS.3'],
  },
  runbook: [
    '1. Within 4 hours, ask the person who ordered the deletion (`actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the ScheduleKeyDeletion in the ledger) and the owner of the key (its tags) whether it is meant.',
    '2. If it is not meant and the key still waits, cancel it at once: `aws kms cancel-key-deletion --key-id <key>`; then enable the key, which stays disabled after it: `aws kms enable-key --key-id <key>`.',
    '3. If it is meant, let an approver of the policy file (`deletion.approvers`) write the tag of `deletion.approvalTag` with the value "<approver> <ticket>" while the key is not pending deletion, and an administrator (`trust.administrators`) order the deletion after that.',
    '4. If nobody can explain it, treat the credentials of `actor.arn` as stolen: within 1 hour revoke their sessions, and look at everything they did in CloudTrail from 24 hours before `time` until now.',
    '5. If the verdict is unknown, look up the ScheduleKeyDeletion and TagResource events of the key in CloudTrail (event history, 90 days) within 1 working day, and cancel the deletion when you cannot find both.',
  ],
  verify: (evidence) =>
    judgeTagged(evidence) ??
    judgeKey(evidence, (key, name) => judgeWaiting(key, name, evidence), DELETION_TRAITS, ['multiRegion']),
};

export default deletionAuthorized;

/** Where nobody can tell the state of the key, that KMS changed its tags tells that it was not pending deletion. */
function judgeTagged(evidence: Evidence): Judgement | undefined {
  const { action, facts } = evidence;
  if (action === undefined || !TAGGING.has(action.api) || action.outcome !== 'succeeded') return undefined;
  if (!facts.key.known || facts.key.value === 'missing') return undefined;
  if (listUntold(facts.key.value, ['state']).length === 0) return undefined;
  return judgeKey(
    evidence,
    (_key, name) => judge('not-applicable', `${name} was not pending deletion, because KMS changed its tags`),
    [],
  );
}

function judgeWaiting(key: DeletedKey, name: string, evidence: Evidence): Judgement {
  if (!isPendingDeletion(key)) {
    return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(key.state)})`);
  }
  if (isOrderOnItsWay(evidence, key)) {
    return awaitOrder(name);
  }
  const { kind, reason } = judgeDeletion(evidence, key);
  return judge(VERDICTS[kind], `${name} waits to be deleted: ${reason}`);
}

const TAGGING: ReadonlySet<string> = new Set(['TagResource', 'UntagResource']);

const VERDICTS = { authorised: 'compliant', unauthorised: 'violation', unknown: 'unknown' } as const satisfies Readonly<
  Record<string, Verdict>
>;
