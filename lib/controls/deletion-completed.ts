import type { KeyAction } from '../event/key-action.ts';
import { pastOf } from '../facts/deletion-order.ts';
import type { KeyHistory } from '../facts/key-facts.ts';
import type { KeyView } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import { DAY } from '../facts/waiting-period.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html */
const deletionCompleted: Control = {
  id: 'deletion-completed',
  title: 'A key is destroyed when its waiting period has ended',
  step: '4.5.3',
  severity: 'medium',
  why:
    'A key counts as destroyed when KMS says so, not when somebody ordered it. Material that outlives its day, in KMS or in ' +
    'the cluster behind a custom key store, can still decrypt what everybody believes to be erased.',
  notApplicable: 'The key is not pending deletion, or its day has not come.',
  // ScheduleKeyDeletion sets the day, CancelKeyDeletion takes it away, DeleteKey is what KMS records when it is done.
  events: ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteKey'],
  judgesState: true,
  reads: ['key', 'history'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24', 'A.8.10'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'AU-12'],
    'PCI DSS 4.0.1': ['3.7.5'],
  },
  runbook: [
    '1. Within 1 working day, run `aws kms describe-key --key-id <key>` and compare its DeletionDate with today; KMS may take 24 hours more.',
    '2. If the backing keys in a CloudHSM cluster were not deleted (`response.backingKeysDeletionStatus` of the DeleteKey has FAILURE), find them there by the handles in `response.backingKeys` and delete them in the cluster within 5 working days.',
    '3. If the key is still there although its day has passed, open a case with AWS Support and name the key and `response.deletionDate` of its ScheduleKeyDeletion.',
    '4. If the verdict is unknown, look at the key in the KMS console within 1 working day and verify it again.',
  ],
  verify: judgeCompletion,
};

export default deletionCompleted;

/** Gone is what is wanted here, so that it is no reason to say nothing. */
function judgeCompletion(evidence: Evidence): Judgement {
  const { facts, action } = evidence;
  const past = pastOf(evidence);
  if (!facts.key.known) return judgeKey(evidence, () => judge('unknown', ''));
  const { value: key } = facts.key;
  const name = key === 'missing' ? nameGone(action) : `Key ${showText(key.keyId)}`;
  if (!past.known) return judge('unknown', `Whether ${lower(name)} was destroyed is unknown because ${past.reason}`);
  const { deleted } = past.value;
  if (deleted !== undefined) return judgeDeleted(deleted, name);
  if (key === 'missing') return judgeMissing(past.value, name, evidence.now);
  return judgeKey(evidence, (whole) => judgeWaiting(whole, name, evidence.now), ['state', 'deletionAt']);
}

const lower = (name: string): string => name.replace(/^(Key|The)/, (word) => word.toLowerCase());

function nameGone(action: KeyAction | undefined): string {
  const id = action?.subject.slice(action.subject.lastIndexOf('/') + 1) ?? '';
  return id === '' ? 'The key' : `Key ${showText(id)}`;
}

/** KMS deletes no key before 7 days, and may answer "not found" where the news has not spread. */
function judgeMissing({ deletion }: KeyHistory, name: string, now: Date): Judgement {
  const ordered = deletion?.rescheduledAt ?? deletion?.time ?? '';
  return now.getTime() - Date.parse(ordered) < SHORTEST_WAIT
    ? judge(
        'unknown',
        `${name} does not exist, says KMS, although less than 7 days have passed since ${showText(ordered)}`,
      )
    : judge('compliant', `${name} does not exist any more`);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
const SHORTEST_WAIT = 7 * DAY;

/** The record is the proof: DescribeKey may show a key for some minutes that is gone. */
function judgeDeleted(deleted: NonNullable<KeyHistory['deleted']>, name: string): Judgement {
  const { backingKeys: status, time } = deleted;
  const said = `${name} was destroyed on ${showText(time)}`;
  if (status === undefined || status === 'SUCCESS') return judge('compliant', said);
  return judge(
    status === 'FAILURE' ? 'violation' : 'unknown',
    `${said}, but KMS says ${showText(status)} of its backing keys in the CloudHSM cluster`,
  );
}

function judgeWaiting({ state, deletionAt }: KeyView<'state' | 'deletionAt'>, name: string, now: Date): Judgement {
  if (state === 'PendingReplicaDeletion') {
    return judge('not-applicable', `${name} waits for its last replica to be deleted, and has no day yet`);
  }
  if (state !== 'PendingDeletion') {
    return judge('not-applicable', `${name} is not pending deletion (its state is ${showText(state)})`);
  }
  const day = Date.parse(deletionAt ?? '');
  if (Number.isNaN(day)) return judge('unknown', `${name} waits to be deleted, and KMS does not say when`);
  const when = `${name} was to be destroyed on ${showText(deletionAt ?? '')}`;
  // KMS may take up to 24 hours: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
  return now.getTime() > day + DAY
    ? judge('violation', `${when}, and is still there`)
    : judge('not-applicable', `${when.replace('was to', 'is to')}, which has not come or has hardly passed`);
}
