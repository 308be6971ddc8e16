import type { Column } from './pack-data.ts';

/** What one kind of records is called, and what its columns are. */
export interface PopulationText {
  readonly title: string;
  /** What is a row, and what is counted. */
  readonly what: string;
  readonly columns: readonly Column[];
}

const ID: Column = { id: 'id', title: 'Id' };
const TIME: Column = { id: 'time', title: 'When', kind: 'time' };
const RECORDED: Column = { id: 'recordedAt', title: 'Recorded', kind: 'time' };
const SUBJECT: Column = { id: 'subject', title: 'About', kind: 'arn' };
const API: Column = { id: 'api', title: 'Action' };
const WHO: Column = { id: 'who', title: 'Who' };
const OUTCOME: Column = { id: 'outcome', title: 'Outcome' };
const EVENT: Column = { id: 'eventId', title: 'CloudTrail event' };
const OF: Column = { id: 'of', title: 'Action (id)' };
const CONTROL: Column = { id: 'control', title: 'Control' };
const SEVERITY: Column = { id: 'severity', title: 'Severity', kind: 'severity' };
const VERDICT: Column = { id: 'verdict', title: 'Verdict', kind: 'verdict' };
const REASON: Column = { id: 'reason', title: 'What is so' };
const HASH: Column = { id: 'hash', title: 'Hash of the entry' };

const ACTION: readonly Column[] = [ID, TIME, API, SUBJECT, WHO, OUTCOME];

const KEY: readonly Column[] = [
  { id: 'id', title: 'Key', kind: 'arn' },
  { id: 'state', title: 'State' },
  { id: 'spec', title: 'Spec' },
  { id: 'usage', title: 'Usage' },
  { id: 'origin', title: 'Origin' },
  { id: 'multiRegion', title: 'Multi-Region' },
  { id: 'createdAt', title: 'Created', kind: 'time' },
  { id: 'deletionDate', title: 'To be deleted', kind: 'time' },
  { id: 'aliases', title: 'Aliases' },
  { id: 'primary', title: 'Primary key', kind: 'arn' },
  { id: 'unread', title: 'What could not be read' },
];

/**
 * The populations by id, in the order in which an auditor reads them. The id of a row is the place of its entry in the ledger:
 * `<subject>#<number in the chain of the subject>`, with the place within the entry behind it when there are many.
 */
export const POPULATIONS = {
  actions: {
    title: 'Actions',
    what: 'One row for each lifecycle action that happened in the window, whatever its outcome. A second record of the same action is no row here; it is in second-records.',
    columns: [
      ...ACTION,
      { id: 'step', title: 'Step' },
      { id: 'worst', title: 'Worst verdict', kind: 'verdict' },
      { id: 'violations', title: 'Controls violated' },
      { id: 'unknowns', title: 'Controls that could not tell' },
      { id: 'waived', title: 'Controls waived' },
      { id: 'service', title: 'Service' },
      { id: 'kind', title: 'Kind' },
      { id: 'account', title: 'Account' },
      { id: 'region', title: 'Region' },
      { id: 'actorType', title: 'Type of identity' },
      { id: 'actorArn', title: 'Identity', kind: 'arn' },
      { id: 'role', title: 'Role', kind: 'arn' },
      { id: 'invokedBy', title: 'Through' },
      { id: 'sourceIp', title: 'From' },
      { id: 'mfa', title: 'MFA' },
      { id: 'bySelf', title: 'By Keywarden' },
      { id: 'error', title: 'Error' },
      EVENT,
      { id: 'requestId', title: 'AWS request' },
      { id: 'origin', title: 'Seen through' },
      RECORDED,
      { id: 'omitted', title: 'Left out of the entry' },
      { id: 'policy', title: 'Policy (sha256)' },
      { id: 'digest', title: 'Digest of the record' },
      HASH,
    ],
  },
  'second-records': {
    title: 'Second records of an action',
    what: 'One row for each further record of an action that is a row of actions already: KMS told of it directly and through CloudTrail (twin), or CloudTrail delivered it anew (addendum).',
    columns: [ID, TIME, API, SUBJECT, OF, { id: 'how', title: 'How' }, EVENT, RECORDED, HASH],
  },
  verdicts: {
    title: 'Verdicts',
    what: 'One row for each time that a control judged an action or an order of the window.',
    columns: [
      ID,
      TIME,
      API,
      SUBJECT,
      CONTROL,
      { id: 'item', title: 'Item' },
      { id: 'step', title: 'Step' },
      SEVERITY,
      VERDICT,
      { id: 'decision', title: 'Decision' },
      REASON,
      { id: 'decided', title: 'Why it was decided so' },
      OF,
    ],
  },
  rotations: {
    title: 'Rotations',
    what: 'One row for each action that rotates key material or changes how it rotates: RotateKey is the record that a rotation is complete, RotateKeyOnDemand the order for one.',
    columns: [
      ...ACTION,
      { id: 'periodInDays', title: 'Period in days' },
      { id: 'automatic', title: 'Rotation' },
      EVENT,
    ],
  },
  grants: {
    title: 'Grants',
    what: 'One row for each grant that was made, revoked or retired.',
    columns: [
      ...ACTION,
      { id: 'grantId', title: 'Grant' },
      { id: 'grantee', title: 'Grantee', kind: 'arn' },
      { id: 'operations', title: 'Operations' },
      { id: 'constraints', title: 'Constraints' },
      { id: 'retiring', title: 'May retire it', kind: 'arn' },
      VERDICT,
      REASON,
      EVENT,
    ],
  },
  deletions: {
    title: 'Deletions',
    what: 'One row for each order to destroy a key or its material, each recall, and each destruction, with the approval that the tags of the key showed at that moment.',
    columns: [
      ...ACTION,
      { id: 'waitingDays', title: 'Waiting period in days', kind: 'number' },
      { id: 'deletionAt', title: 'To be deleted', kind: 'time' },
      { id: 'approval', title: 'Approval' },
      { id: 'approvedBy', title: 'Approval written by' },
      { id: 'approvedAt', title: 'Approval written', kind: 'time' },
      VERDICT,
      REASON,
      EVENT,
    ],
  },
  remediations: {
    title: 'Remediations',
    what: 'One row for each time that Keywarden tried to put something right, or looked again at whether it had.',
    columns: [
      ID,
      RECORDED,
      SUBJECT,
      { id: 'remedy', title: 'Remedy' },
      { id: 'status', title: 'Status' },
      { id: 'confirmed', title: 'How that is known' },
      { id: 'controls', title: 'Findings' },
      { id: 'proposedBy', title: 'Proposed by' },
      { id: 'approvedBy', title: 'Approved by' },
      { id: 'why', title: 'Why' },
      { id: 'requestIds', title: 'AWS requests' },
      { id: 'records', title: 'CloudTrail records of them' },
      { id: 'undo', title: 'How to undo it' },
      REASON,
      OF,
      API,
      HASH,
    ],
  },
  waived: {
    title: 'Verdicts under a waiver',
    what: 'One row for each violation or unknown of the window that a waiver excepted; waivers themselves are in the policy.',
    columns: [
      ID,
      TIME,
      API,
      SUBJECT,
      CONTROL,
      SEVERITY,
      VERDICT,
      { id: 'decided', title: 'Who answers for it' },
      REASON,
      OF,
    ],
  },
  alerts: {
    title: 'Alerts',
    what: 'One row for each finding that the security officer was told about.',
    columns: [
      ID,
      RECORDED,
      SUBJECT,
      { id: 'finding', title: 'Finding' },
      { id: 'state', title: 'State' },
      { id: 'messageId', title: 'Message' },
      OF,
      API,
    ],
  },
  orders: {
    title: 'Orders and reviews',
    what: 'One row for each order of a person to Keywarden (remediations, approvals, rejections, undos, waivers), for each review that it makes once a day, and for each look at a key that found something new. They are no lifecycle actions.',
    columns: [
      ID,
      TIME,
      API,
      SUBJECT,
      WHO,
      { id: 'finding', title: 'Finding' },
      { id: 'verified', title: 'AWS vouches for who it was' },
      { id: 'callerArn', title: 'Identity', kind: 'arn' },
      { id: 'why', title: 'Why' },
      { id: 'ticket', title: 'Ticket' },
      { id: 'until', title: 'Waived until' },
      { id: 'plan', title: 'Plan (sha256)' },
      OF,
      { id: 'worst', title: 'Worst verdict', kind: 'verdict' },
      EVENT,
      RECORDED,
      HASH,
    ],
  },
  malformed: {
    title: 'Events that could not be read',
    what: 'One row for each event that reached Keywarden and could not be read; the ledger keeps its body.',
    columns: [
      ID,
      RECORDED,
      { id: 'code', title: 'Error' },
      REASON,
      { id: 'bytes', title: 'Bytes', kind: 'number' },
      { id: 'sha256', title: 'sha256 of the body' },
      HASH,
    ],
  },
  'keywarden-records': {
    title: "Keywarden's own records",
    what: 'One row for each outcome, completeness statement, inventory, integrity report and evidence pack that was recorded in the window.',
    columns: [
      ID,
      RECORDED,
      { id: 'type', title: 'Kind' },
      { id: 'says', title: 'What it says' },
      { id: 'recordedBy', title: 'Recorded by' },
      EVENT,
      HASH,
    ],
  },
  unverified: {
    title: 'Entries that do not verify',
    what: 'One row for each entry of the ledger that is not what was written, or that this version cannot read; it is counted nowhere else, whatever it says.',
    columns: [
      ID,
      SUBJECT,
      { id: 'seq', title: 'Number', kind: 'number' },
      REASON,
      { id: 'type', title: 'Kind it claims' },
      { id: 'time', title: 'Time it claims', kind: 'time' },
      EVENT,
    ],
  },
  'keys-at-start': {
    title: 'Keys at the start',
    what: 'One row for each customer managed key of the list that was made nearest to the start of the window, and each that could not be described. Keys that AWS manages are left out.',
    columns: KEY,
  },
  'keys-at-end': {
    title: 'Keys at the end',
    what: 'One row for each customer managed key of the list that was made nearest to the end of the window, and each that could not be described. Keys that AWS manages are left out.',
    columns: KEY,
  },
  'open-findings': {
    title: 'Open findings at the end',
    what: 'One row for each finding that is open at the end of the window, by what was recorded until then.',
    columns: [
      ID,
      SEVERITY,
      CONTROL,
      SUBJECT,
      { id: 'item', title: 'Item' },
      { id: 'openedAt', title: 'Open since', kind: 'time' },
      { id: 'days', title: 'Days open', kind: 'number' },
      VERDICT,
      { id: 'decision', title: 'Decision' },
      REASON,
      OF,
    ],
  },
  statements: {
    title: 'Completeness statements',
    what: 'One row for each comparison of CloudTrail with the ledger that reaches into the window.',
    columns: [
      ID,
      { id: 'from', title: 'From', kind: 'time' },
      { id: 'to', title: 'To', kind: 'time' },
      { id: 'account', title: 'Account' },
      { id: 'region', title: 'Region' },
      { id: 'source', title: 'Source' },
      { id: 'complete', title: 'Complete' },
      { id: 'read', title: 'Records read', kind: 'number' },
      { id: 'expected', title: 'Expected', kind: 'number' },
      { id: 'recorded', title: 'In the ledger', kind: 'number' },
      { id: 'backfilled', title: 'Back-filled', kind: 'number' },
      { id: 'failed', title: 'Failed', kind: 'number' },
      { id: 'extra', title: 'Unknown to CloudTrail', kind: 'number' },
      { id: 'occasion', title: 'Occasion' },
      { id: 'queries', title: 'What was asked' },
      { id: 'notAsked', title: 'What was not asked' },
      { id: 'by', title: 'By' },
      { id: 'version', title: 'Version' },
      { id: 'digests', title: 'Digests of the files' },
      RECORDED,
    ],
  },
  gaps: {
    title: 'What the comparisons did not find or could not look at',
    what: 'One row for each record that was missing or unknown to CloudTrail, and for each thing that a comparison could not look at.',
    columns: [ID, { id: 'kind', title: 'Kind' }, { id: 'what', title: 'What' }, TIME, SUBJECT, REASON, OF],
  },
  'key-use': {
    title: 'Key use',
    what: 'One row for how often one caller used one key for one operation within one hour, as one log file of CloudTrail tells.',
    columns: [
      ID,
      { id: 'key', title: 'Key', kind: 'arn' },
      { id: 'hour', title: 'Hour' },
      { id: 'operation', title: 'Operation' },
      { id: 'principal', title: 'Caller', kind: 'arn' },
      { id: 'via', title: 'Through' },
      { id: 'account', title: 'Account' },
      { id: 'succeeded', title: 'Succeeded', kind: 'number' },
      { id: 'denied', title: 'Denied', kind: 'number' },
      { id: 'failed', title: 'Failed', kind: 'number' },
      { id: 'dryRuns', title: 'Dry runs', kind: 'number' },
      { id: 'first', title: 'First', kind: 'time' },
      { id: 'last', title: 'Last', kind: 'time' },
      { id: 'lastEventId', title: 'CloudTrail event of the last' },
    ],
  },
} as const satisfies Readonly<Record<string, PopulationText>>;

export type PopulationId = keyof typeof POPULATIONS;
