import type { KeyAction } from '../event/key-action.ts';
import { KEY_USES } from '../event/operations.ts';
import { isPendingDeletion } from '../facts/deletion-order.ts';
import type { KeyView } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/**
 * Not looked at: uses that are refused because the key is only disabled. A disabled key is no key that waits to be
 * destroyed, and CloudTrail says of neither why it was disabled.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-creating-cloudwatch-alarm.html
 */
const pendingDeletionKeyNotUsed: Control = {
  id: 'pending-deletion-key-not-used',
  title: 'Nobody needs a key that is pending deletion',
  step: '4.5.2',
  severity: 'critical',
  why:
    'A refused use of a key that waits to be deleted is the last warning: something still needs the key, fails now, and can ' +
    'never be repaired once the key is gone.',
  notApplicable: 'The key is not pending deletion any more, or it no longer exists.',
  // Every operation that the state refuses and that reads or writes data with the key. Of what ends the wait,
  // CancelKeyDeletion and DeleteKey close what was found.
  events: [...KEY_USES, 'GetPublicKey', 'CancelKeyDeletion', 'DeleteKey'],
  outcomes: ['failed', 'succeeded'],
  judgesState: false,
  reads: ['key'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC7.2'],
    'ISO/IEC 27001:2022': ['A.8.24', 'A.8.16'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-12(1)', 'AU-6', 'SI-4'],
    'PCI DSS 4.0.1': ['3.7.5'],
  },
  runbook: [
    '1. Within 1 hour, find out what needs the key: `actor.arn`, `actor.invokedBy`, `actor.sourceIp` and `request.encryptionContext` of the refused call, and every later one in CloudTrail with the same `resources.ARN`.',
    '2. Within 4 hours, ask the owner of that system whether it reads data that only this key decrypts. Every call fails until the deletion is cancelled and the key is enabled.',
    '3. If it does, or if nobody can say, run the proposed commands: they cancel the deletion and enable the key. Nothing is lost by that.',
    '4. If the system needs the key no more, have it stop before the key is deleted, and say so in the ticket of the deletion.',
    '5. If the verdict is unknown, look at the state of the key in the KMS console within 4 hours.',
  ],
  verify: (evidence) => judgeKey(evidence, (key, name) => judgeAttempt(key, name, evidence), ['state'], ['deletionAt']),
};

export default pendingDeletionKeyNotUsed;

/** The sentence does not name the caller: a system that tries again every second is one finding, and told once. */
function judgeAttempt(key: KeyView<'state', 'deletionAt'>, name: string, { action }: Evidence): Judgement {
  if (!isPendingDeletion(key)) {
    return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(key.state)})`);
  }
  if (action === undefined || !isRefused(action)) {
    // It proves nothing about an attempt before it. Keywarden's own cancelling, to lengthen the wait, is such an action.
    return {
      ...judge('compliant', `${name} waits to be deleted, and this action is no attempt to use it`),
      keeps: true,
    };
  }
  const when = sayWhen(key);
  return {
    ...judge('violation', `${name} will be deleted ${when}, and somebody tried to use it and was refused`),
    proposal: [
      `aws kms cancel-key-deletion --key-id ${key.arn} --region ${key.region}`,
      `aws kms enable-key --key-id ${key.arn} --region ${key.region}`,
    ].join('\n'),
  };
}

function sayWhen({ state, deletionAt }: KeyView<'state', 'deletionAt'>): string {
  if (deletionAt !== undefined) return `on ${showText(deletionAt)}`;
  return state === 'PendingReplicaDeletion' ? 'once its last replica is gone' : 'on a day that is not told';
}

/** KMS's words: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html#key-state-table */
const isRefused = ({ outcome, error }: KeyAction): boolean =>
  outcome === 'failed' && /\bis pending (replica )?deletion\b/.test(error?.message ?? '');
