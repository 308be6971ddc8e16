/**
 * Keys of the ledger table; nobody else spells them. They can never be changed: entries are immutable (docs/adr/0001).
 */

export const subjectKey = (subject: string): string => `SUBJECT#${subject}`;
export const eventKey = (eventId: string): string => `EVENT#${eventId}`;
/** @param finding id of a finding: the control's id, or `<control>#<item>` when a subject has many things to judge. */
export const findingKey = (finding: string): string => `FINDING#${finding}`;
/** @param finding id of the finding that is waived, or id of a control: the whole subject is then. */
export const waiverKey = (finding: string): string => `WAIVER#${finding}`;
/** The change of AWS that a request made. @param requestId of AWS's answer */
export const requestKey = (requestId: string): string => `REQUEST#${requestId}`;
/** Sort key of what Keywarden knows about a request that it made. */
export const CHANGE = 'CHANGE';
/** Counts the changes of one hour, e.g. `2026-08-03T09`. */
export const changesKey = (hour: string): string => `CHANGES#${hour}`;
export const COUNT = 'COUNT';
export const REPORT = 'REPORT';
/**
 * What was not told at once because too much was to be told, and the one message that stands for it.
 *
 * @param window when it began, e.g. `2026-08-03T09:15Z`
 */
export const digestKey = (window: string): string => `DIGEST#${window}`;
/** Sort key of the digest that is due; its item is in the index of open findings until it is sent. */
export const DUE = 'DUE';
/** Counts what was to be told within a window. @param kind what is counted apart */
export const countKey = (kind: string): string => `COUNT#${kind}`;
/** Sort key of one that was held. The gravest comes first. @param rank one digit, from 0 @param digest sha256 (hex) of its id */
export const heldKey = (rank: number, digest: string): string => `HELD#${rank}#${digest}`;
export const HEAD = 'HEAD';
export const WORK = 'WORK';

const DIGITS = 12;
export const LAST_SEQ = 10 ** DIGITS - 1;

/**
 * Sort key of an entry. Fixed width, so that DynamoDB's byte order is the order of the numbers.
 *
 * @throws {RangeError} when the chain is longer than the key can count
 */
export function seqKey(seq: number): string {
  if (!Number.isInteger(seq) || seq < 1 || seq > LAST_SEQ) {
    throw new RangeError(`${seq} is no sequence number; a chain counts from 1 to ${LAST_SEQ}.`);
  }
  return `SEQ#${String(seq).padStart(DIGITS, '0')}`;
}

/** Partition of the checkpoints and of the public keys that verify them. */
export const CHECKPOINT = 'CHECKPOINT';

/** Sort key of a checkpoint; checkpoints are numbered from 1 without a gap. */
export const checkpointKey = (number: number): string => `NO#${String(number).padStart(DIGITS, '0')}`;

/** @param fingerprint sha256 (hex) of the public key in DER (SubjectPublicKeyInfo) */
export const publicKeyKey = (fingerprint: string): string => `KEY#${fingerprint}`;

/** Sort key, beside the checkpoints, of how far their making has come. */
export const PROGRESS = 'PROGRESS';

/** Sort key of a problem that is on record. @param digest sha256 (hex) of the problem */
export const problemKey = (digest: string): string => `PROBLEM#${digest}`;

/** Sort key, beside the head of a chain, of how far checkpoints cover it. */
export const COVERED = 'COVERED';

/** Subject of the entries about events that could not be read. */
export const MALFORMED = 'malformed';

/** Subject of the entries about waivers that were told to the officer. */
export const WAIVERS = 'waivers';

/** Subject of the entries about the policy file itself. */
export const POLICY = 'policy';

/** Subject of the completeness statements. */
export const COMPLETENESS = 'completeness';

/** Subject of the inventories of keys. */
export const INVENTORY = 'inventory';

/** Subject of the entries about chains and checkpoints that do not verify. */
export const INTEGRITY = 'integrity';

/** Subject of the entries about evidence packs. */
export const REPORTS = 'reports';

/** Subject of the entries about looks at every key. */
export const SWEEPS = 'sweeps';

/** Subject of the entries about messages that remind of open findings, and that stand for many. */
export const REMINDERS = 'reminders';
export const DIGESTS = 'digests';

/** Subject of the entries about tests of the way from a rule to the officer. */
export const SELFTESTS = 'selftests';
