import { DELETION_TRAITS, isOrderOnItsWay, isPendingDeletion } from '../facts/deletion-order.ts';
import { judgeKeyUse } from '../facts/judge-key-use.ts';
import { showText } from '../facts/plain-text.ts';
import cancelKeyDeletion from '../remediations/cancel-key-deletion.ts';
import type { Control, Verdict } from './control.ts';
import { awaitOrder } from './judgement/await-order.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-keys-determining-usage.html */
const deletionKeyUnused: Control = {
  id: 'deletion-key-unused',
  title: 'A key that is to be deleted was not used for the quiet period of the policy',
  step: '4.5.1',
  severity: 'critical',
  why:
    'The procedure lets a key be deleted when it is no longer required. A key that was used lately is required: what it ' +
    'encrypted is lost with it, for ever. That nobody knows of a use is no proof either, when KMS has not counted for long ' +
    'enough.',
  notApplicable: 'The key is not pending deletion, or it no longer exists.',
  // ScheduleKeyDeletion begins the wait, and KMS refuses all use while it lasts; the other two end it.
  events: ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteKey'],
  judgesState: true,
  reads: ['key', 'usage', 'history'],
  iam: ['kms:DescribeKey', 'kms:GetKeyLastUsage'],
  defaultMode: 'approve',
  remedy: cancelKeyDeletion,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC8.1'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-12(1)'],
    'PCI DSS 4.0.1': ['3.7.5'],
    'AWS Security Hub': ['KMS.3'],
  },
  runbook: [
    '1. Within 4 hours, find out who uses the key: search CloudTrail for its ARN in `resources.ARN` since the day of the last use, and note `userIdentity.arn` and `sourceIPAddress`.',
    '2. Within 1 working day, ask the owner of the key (its tags) and those users whether everything that it encrypted is encrypted anew with another key, or may be lost.',
    '3. If not, or if nobody answers while half of the waiting period passes, cancel the deletion with the command above, and enable the key: `aws kms enable-key --key-id <key>`.',
    '4. If the verdict is unknown because KMS has not counted for long enough, search the log files of CloudTrail for the quiet period (`deletion.quietDays`) before `time` of the order, or disable the key instead of deleting it, and watch for DisabledException.',
  ],
  verify: (evidence) =>
    judgeKey(
      evidence,
      (key, name) => {
        if (!isPendingDeletion(key)) {
          return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(key.state)})`);
        }
        if (isOrderOnItsWay(evidence, key)) return awaitOrder(name);
        const { kind, reason } = judgeKeyUse(evidence, key);
        return judge(VERDICTS[kind], `${name} waits to be deleted: ${reason}`);
      },
      DELETION_TRAITS,
      ['multiRegion', 'createdAt'],
    ),
};

export default deletionKeyUnused;

const VERDICTS = { quiet: 'compliant', used: 'violation', unknown: 'unknown' } as const satisfies Readonly<
  Record<string, Verdict>
>;
