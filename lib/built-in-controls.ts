import type { Control } from './controls/control.ts';

/**
 * What is told about a control. The ones below are no files of `lib/controls`, because they judge no key: they say whether
 * Keywarden saw everything, and did itself what it says.
 */
export type ControlText = Pick<Control, 'id' | 'title' | 'step' | 'severity' | 'why' | 'runbook'>;

/** Judges that an operation is one that this version knows. Without it, what nobody judged would look like what is in order. */
export const OPERATION_RECOGNISED: ControlText = {
  id: 'operation-recognised',
  title: 'Every KMS operation is known to Keywarden',
  step: 'unrecognised',
  severity: 'medium',
  why: 'KMS did something that this version of Keywarden has no rule for, so nobody verified it against the procedure.',
  runbook: [
    '1. Within 1 working day, open the CloudTrail record (its eventID stands above under When) and read eventName, requestParameters and userIdentity.',
    '2. Look the operation up in the AWS KMS API reference: does it change a key, its access or its material?',
    '3. Verify the key (keywarden verify KEY) within 1 working day, and update Keywarden to a version that knows the operation.',
  ],
};

/** Judges that what the ledger records really happened; only a comparison with CloudTrail can tell. */
export const EVENT_IN_CLOUDTRAIL: ControlText = {
  id: 'event-in-cloudtrail',
  title: 'Every event that Keywarden was told of is in CloudTrail',
  step: '4.1.3',
  severity: 'critical',
  why: "Only EventBridge may put events into Keywarden's queue. An event that CloudTrail does not know may be invented, by somebody who can send to the queue, to hide or to cause a change.",
  runbook: [
    '1. Within 1 hour, look the event up in CloudTrail by its event ID, in the Region and in the log files: CloudTrail may only have been late.',
    '2. If it is not there, find out who may send to the queue: its policy, and every IAM policy with sqs:SendMessage.',
    '3. Look at what Keywarden did because of this event (keywarden ledger show KEY), and take it back if it was wrong (keywarden undo).',
    '4. Tell security: whoever sent it knew how Keywarden works.',
  ],
};

/** Judges that Keywarden could look at a key at all; built in, because every other control says nothing of such a key. */
export const KEY_READABLE: ControlText = {
  id: 'key-readable',
  title: 'Keywarden can look at every key',
  step: '8',
  severity: 'high',
  why: 'Of a key that Keywarden may not look at nobody knows whether it is in order. A key policy that shuts out the account hides a key from everybody who watches it.',
  runbook: [
    '1. Within 1 working day, read the reason in the finding: it names the operation that failed and what KMS answered.',
    "2. If it was denied, read the key policy as an administrator of the key: it must have the statement that lets IAM policies count (Principal arn:aws:iam::<account>:root), or name the role of Keywarden's sweep function; no statement and no policy of the organisation may deny it.",
    '3. Find out in CloudTrail who wrote that policy (PutKeyPolicy, CreateKey), and why.',
    '4. Verify the key (keywarden verify KEY), or wait for the look at all keys of the next day, which closes this finding.',
  ],
};

/** Judges that the record of a key begins with its creation; built in, because only a look at all keys meets a key that nobody told of. */
export const KEY_CREATION_RECORDED: ControlText = {
  id: 'key-creation-recorded',
  title: 'The creation of every new key is on record',
  step: '4.1.3',
  severity: 'high',
  why: 'A key that nobody saw being made is either proof that events do not reach Keywarden, so that others are missing too, or was made where nobody looks.',
  runbook: [
    '1. Within 1 working day, find the record in the event history of CloudTrail: event name CreateKey (or ReplicateKey in the primary Region), resource name the key id.',
    '2. If it is there, ask why Keywarden did not get it: the newest completeness statement (docs/reconcile.md), the rule of KMS calls, and the queues of undelivered events. Have that time compared with the reconcile function; its entry closes this finding.',
    '3. If it is not there, find out whether a trail was stopped when the key was made (DescribeKey has its date), and who uses the key.',
    '4. Until somebody answers for the key, treat it as one that an intruder made: look at its policy, its grants and who calls it.',
  ],
};

/** Judges that whoever acts with a role of Keywarden is Keywarden: the ledger decided what CloudTrail says the role did. */
export const OWN_CHANGE_ACCOUNTED: ControlText = {
  id: 'own-change-accounted',
  title: "Every change made with Keywarden's roles is one that Keywarden decided",
  step: '4.1.3',
  severity: 'critical',
  why: "Keywarden puts on record what it is going to change before it changes it. A call with one of its roles that no entry decided was made by somebody else, who has the role's credentials and may change keys with them.",
  runbook: [
    '1. At once, have Keywarden change nothing more: set the kill switch to on. It stops Keywarden, and not whoever has its role.',
    '2. Lock whoever it is out: attach a policy to the role named above that denies everything, or revoke its sessions (IAM console, role, "Revoke sessions"). Keywarden cannot record or repair with this role until you take that back.',
    '3. Open the CloudTrail record (record above): sourceIPAddress, userAgent and accessKeyId tell from where it was done. Look in CloudTrail for what else that access key did, and for AssumeRole, UpdateFunctionCode and UpdateAssumeRolePolicy that name the role.',
    '4. Put the key back as it was: the ledger of the key has what was there before.',
    '5. Tell security: somebody has, or had, the rights of Keywarden.',
  ],
};

/** Judges that CloudTrail recorded what Keywarden did. */
export const OWN_CHANGE_RECORDED: ControlText = {
  id: 'own-change-recorded',
  title: 'Every change that Keywarden made is in CloudTrail',
  step: '4.1.3',
  severity: 'high',
  why: 'AWS answered that it took a change of Keywarden, and CloudTrail has not recorded it. Either records do not reach Keywarden, and then it does not see what others do either; or the change was not made.',
  runbook: [
    '1. Within 1 working day, look the request up in CloudTrail, by the time and the key above: Event history of the Region, and the log files of the trail.',
    '2. If it is there, Keywarden was not told of it: look at the alarms of its queue and its rules, and whether a trail is logging (keywarden reconcile shows what else is missing).',
    '3. If it is nowhere, verify the key (keywarden verify KEY): is the change there? If CloudTrail had a disturbance, the AWS Health Dashboard says so.',
    '4. When the record comes after all, this finding is resolved by itself.',
  ],
};

/** All of them. */
export const builtInControls: readonly ControlText[] = [
  OPERATION_RECOGNISED,
  EVENT_IN_CLOUDTRAIL,
  KEY_READABLE,
  KEY_CREATION_RECORDED,
  OWN_CHANGE_ACCOUNTED,
  OWN_CHANGE_RECORDED,
];
