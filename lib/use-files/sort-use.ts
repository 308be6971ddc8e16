import type { ShortCut } from '../audit/read/short-cut.ts';
import { listKeys, namesNoOther, readPlainUse } from '../audit/read-plain.ts';
import { isRefusedUse } from '../audit/sort-record.ts';
import { VARYING } from '../audit/take-alike.ts';
import { readActor } from '../event/actor.ts';
import { readIsoTime } from '../event/aws-date.ts';
import { MalformedEventError } from '../event/malformed-event-error.ts';
import { findOperation, KMS_SOURCE } from '../event/operations.ts';
import { isObject, type JsonObject } from '../event/plain-json.ts';
import { readRecord } from '../event/read-record.ts';
import { type Caller, nameCaller, type OneUse } from '../key-use/use.ts';

/**
 * What a record of KMS is to whoever counts uses. `isLastWarning`: it was refused because the key is pending deletion, which
 * is the last that is heard before the key is gone.
 */
export type Sorted =
  | { readonly kind: 'use'; readonly use: OneUse; readonly isLastWarning: boolean }
  /** No use, and refused like one because the key is pending deletion. */
  | { readonly kind: 'warning' }
  /** A read or a change of a key, or an operation without a key. */
  | { readonly kind: 'other' }
  /** A use of a key that the record does not name. */
  | { readonly kind: 'keyless' }
  | { readonly kind: 'malformed'; readonly reason: string };

const OTHER: Sorted = { kind: 'other' };

/**
 * Sorts a record of KMS.
 *
 * @param record as `JSON.parse` gives it
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export function sortUse(record: unknown): Sorted {
  if (repeatsRecord(record)) return OTHER;
  const plain = readPlainUse(record);
  if (plain !== undefined && isObject(record)) {
    const { keys, account, operation, time } = plain;
    const caller = readCaller(record.userIdentity);
    const use: OneUse = {
      keys,
      account,
      caller,
      operation,
      time,
      eventId: String(record.eventID),
      outcome: 'succeeded',
    };
    return { kind: 'use', use, isLastWarning: false };
  }
  if (isOther(record)) return OTHER;
  try {
    const action = readRecord(record, { origin: 'archive', selfRoleArns: [] });
    const { keys, account, api: operation, time, eventId, outcome } = action;
    const isLastWarning = isRefusedUse(action);
    if (action.eventSource !== KMS_SOURCE) return OTHER;
    if (action.kind !== 'use') return isLastWarning ? { kind: 'warning' } : OTHER;
    if (keys.length === 0) return operation === 'GenerateRandom' ? OTHER : { kind: 'keyless' };
    const use = { keys, account, caller: nameCaller(action.actor), operation, time, eventId, outcome };
    return { kind: 'use', use, isLastWarning };
  } catch (error) {
    if (!(error instanceof MalformedEventError)) throw error;
    return error.code === 'not-management' ? OTHER : { kind: 'malformed', reason: error.message };
  }
}

/**
 * Tells again, with fields that were wrong or missing, what an earlier record told. Those that come for other reasons are the
 * first of their event.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (addendum)
 */
const repeatsRecord = (record: unknown): boolean =>
  isObject(record) && isObject(record.addendum) && record.addendum.reason === 'UPDATED_DATA';

/** Known to be no use of a key by its name alone; what this version does not know is looked at. */
function isOther(record: unknown): boolean {
  if (!isObject(record) || record.eventSource !== KMS_SOURCE || typeof record.eventName !== 'string') return false;
  const { kind } = findOperation(record.eventName);
  return kind === 'lifecycle' || (kind === 'read' && record.eventName !== 'GetPublicKey');
}

/** What all records of a kind have in common. */
export type Alike = 'other' | { readonly account: string; readonly operation: string };

/**
 * Takes records by their texts where that is enough: successful uses of the usual form, and what is no use at all.
 *
 * @param put gets what such a record is
 */
export const createUseShortCut = (put: (sorted: Sorted) => void): ShortCut<Alike> => ({
  varying: VARYING,
  learn: learnAlike,
  take: (alike, textOf) => {
    const sorted = alike === 'other' ? OTHER : takeUse(alike, textOf);
    if (sorted !== undefined) put(sorted);
    return sorted !== undefined;
  },
});

function learnAlike(record: unknown): Alike | undefined {
  if (repeatsRecord(record)) return 'other';
  const use = readPlainUse(record);
  if (use !== undefined) return { account: use.account, operation: use.operation };
  return isOther(record) ? 'other' : undefined;
}

type TextOf = (name: string) => string | undefined;

function takeUse(alike: Exclude<Alike, 'other'>, textOf: TextOf): Sorted | undefined {
  const time = readIsoTime((textOf('eventTime') ?? '').slice(1, -1));
  const eventId = /^"([A-Za-z0-9-]{1,128})"$/.exec(textOf('eventID') ?? '')?.[1];
  const request = parse(textOf('requestParameters'));
  const keys = listKeys(parse(textOf('resources')));
  if (time === undefined || eventId === undefined || keys === undefined) return undefined;
  if (!isObject(request) || request.dryRun !== undefined || !namesNoOther(request, keys)) return undefined;
  const caller = findCaller(textOf('userIdentity'));
  return { kind: 'use', use: { ...alike, keys, caller, time, eventId, outcome: 'succeeded' }, isLastWarning: false };
}

/** Callers by the text of their identity: a session calls many times in a row. */
const callers = new Map<string, Caller>();
const KEPT_CALLERS = 2_000;

function findCaller(identity: string | undefined): Caller {
  if (identity === undefined) return readCaller(undefined);
  const known = callers.get(identity);
  if (known !== undefined) return known;
  const caller = readCaller(parse(identity));
  if (callers.size >= KEPT_CALLERS) callers.clear();
  callers.set(identity, caller);
  return caller;
}

function readCaller(userIdentity: unknown): Caller {
  const record: JsonObject = userIdentity === undefined ? {} : { userIdentity };
  return nameCaller(readActor(record, []));
}

/** Text that is no JSON is told by the reading of the whole record. */
function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
