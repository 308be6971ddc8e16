import { readActor } from './actor.ts';
import { readAddendum } from './addendum.ts';
import { readIsoTime } from './aws-date.ts';
import { digestOf } from './digest.ts';
import { IAM_OPERATIONS, IAM_SOURCE } from './iam-operations.ts';
import { findIamSubject } from './iam-subject.ts';
import type { KeyAction, Origin } from './key-action.ts';
import type { Place } from './key-arn.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { findOperation, KMS_SOURCE } from './operations.ts';
import { readOutcome } from './outcome.ts';
import { isOwnEventId } from './own-event-ids.ts';
import { OWN_CATALOGUES } from './own-operations.ts';
import {
  fieldOf,
  isObject,
  type JsonObject,
  objectOf,
  present,
  readJsonObject,
  requireText,
  textOf,
} from './plain-json.ts';
import { readPlace } from './read-place.ts';
import { findResourceSubject } from './resource-subject.ts';
import { findForeignSubject, findSubject, type Subject } from './subject.ts';
import { TRAIL_OPERATIONS, TRAIL_SOURCE } from './trail-operations.ts';

/** What a reader knows besides the record. */
export interface ReadContext {
  /** Where the record reached us from. */
  readonly origin: Origin;
  /** ARNs of Keywarden's own roles: `arn:aws:iam::<account>:role/<path><name>`. */
  readonly selfRoleArns: readonly string[];
  /**
   * ARNs of what Keywarden is made of; `*` stands for any characters. Of several resources that one call names, one of these
   * is the subject. Absent: none is preferred.
   */
  readonly ownResources?: readonly string[];
  /** Account and Region to use when the record has none of its own, e.g. those of its EventBridge envelope. */
  readonly place?: Partial<Place>;
}

/**
 * Reads one CloudTrail record of any service into a KeyAction.
 *
 * - `request` is `requestParameters`; for service events, which have none, `serviceEventDetails`. RetireGrant is logged
 *   without request parameters: its grant id, which is in `additionalEventData`, is put into `request` as `grantId`.
 *   A value that is no object is kept under the name of its field.
 * - `response` is `responseElements`; that of DeleteKey has `backingKeys` and `backingKeysDeletionStatus` too, the JSON texts
 *   in `additionalEventData` about the material in a CloudHSM cluster.
 * - What is not in the catalogue of its service (KMS, IAM's writing of policies, trails, and what Keywarden may be made of)
 *   has the kind and step `unrecognised`. Names do not tell services apart (Payment Cryptography has a CreateKey): judge by `kind` and
 *   `eventSource`.
 *
 * @param record the record, or its JSON text as LookupEvents returns it in `CloudTrailEvent`
 * @throws {MalformedEventError} `not-management` for data, Insights and network activity records; `missing-field` or
 *   `invalid-field` when `eventID`, `eventTime`, `eventName`, `eventSource`, the account or the Region is missing or of
 *   another form, or the major `eventVersion` is not 1; `not-json` or `not-an-object`
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export const readRecord = (record: unknown, context: ReadContext): KeyAction =>
  readPlainRecord(readJsonObject(record, 'the record'), context);

/**
 * Does what `readRecord` does, for a record that `readJsonObject` has copied already.
 *
 * @throws {MalformedEventError} as `readRecord` does
 */
export function readPlainRecord(record: JsonObject, context: ReadContext): KeyAction {
  refuseOtherLayouts(record);
  const eventId = readEventId(record);
  const api = requireText(record, 'eventName', /^[\w.:-]{1,128}$/, 'the name of an operation, e.g. "CreateKey"');
  const eventSource = requireText(record, 'eventSource', /^[\w.-]{1,128}$/, 'a service, e.g. "kms.amazonaws.com"');
  const place = readPlace(record, context.place ?? {});
  const request = readRequest(record, api);
  const response = readResponse(record, api);
  const result = readOutcome(record, request);
  const source = { api, eventSource, place, request, response, errorMessage: result.error?.message ?? '' };
  return {
    eventId,
    ...present({ sharedEventId: textOf(record, 'sharedEventID'), requestId: textOf(record, 'requestID') }),
    time: readEventTime(record),
    api,
    eventSource,
    ...findOperation(api, eventSource),
    ...readSubject(record, source, context.ownResources ?? []),
    ...place,
    actor: readActor(record, context.selfRoleArns),
    request,
    response,
    ...result,
    origin: context.origin,
    digest: digestOf(record),
    ...present({ addendum: readAddendum(record) }),
  };
}

/**
 * The major version is compared for equality, as CloudTrail asks: another one may use the same names for other things.
 * `eventCategory` and `managementEvent` are absent in records of versions before 1.07.
 */
function refuseOtherLayouts(record: JsonObject): void {
  const version = fieldOf(record, 'eventVersion') ?? '1';
  if (typeof version !== 'string' || !/^1(\.|$)/.test(version)) {
    const expected = '"1." and a minor version; a later layout needs a later version of Keywarden';
    throw new MalformedEventError('invalid-field', { field: 'eventVersion', value: version, expected });
  }
  const categories: readonly (readonly [field: string, isOther: (value: unknown) => boolean])[] = [
    ['eventCategory', (value) => value !== undefined && value !== 'Management'],
    ['managementEvent', (value) => value === false || value === 'false'],
    ['eventType', (value) => typeof value === 'string' && /^Aws(Vpce|CloudTrailInsight)/.test(value)],
  ];
  for (const [field, isOther] of categories) {
    const value = fieldOf(record, field);
    if (isOther(value)) {
      throw new MalformedEventError('not-management', { field, value, expected: 'a management event' });
    }
  }
}

function readEventId(record: JsonObject): string {
  const expected = 'the GUID that CloudTrail gave the event';
  const eventId = requireText(record, 'eventID', /^[A-Za-z0-9-]{1,128}$/, expected);
  if (isOwnEventId(eventId))
    throw new MalformedEventError('invalid-field', { field: 'eventID', value: eventId, expected });
  return eventId;
}

function readEventTime(record: JsonObject): string {
  const expected = 'a time in UTC, e.g. "2026-08-03T09:01:02Z"';
  const text = requireText(record, 'eventTime', /^/, expected);
  const time = readIsoTime(text);
  if (time === undefined) throw new MalformedEventError('invalid-field', { field: 'eventTime', value: text, expected });
  return time;
}

function readRequest(record: JsonObject, api: string): JsonObject {
  const request = { ...readFields(record, 'serviceEventDetails'), ...readFields(record, 'requestParameters') };
  const retired = api === 'RetireGrant' ? textOf(objectOf(record, 'additionalEventData'), 'grantId') : undefined;
  return retired === undefined || fieldOf(request, 'grantId') !== undefined
    ? request
    : { ...request, grantId: retired };
}

/** What became of a deleted key's material in a CloudHSM cluster stands beside the response. */
function readResponse(record: JsonObject, api: string): JsonObject {
  const response = readFields(record, 'responseElements');
  const data = api === 'DeleteKey' ? objectOf(record, 'additionalEventData') : undefined;
  const keys = present({
    backingKeys: textOf(data, 'backingKeys'),
    backingKeysDeletionStatus: textOf(data, 'backingKeysDeletionStatus'),
  });
  return { ...keys, ...response };
}

function readFields(record: JsonObject, name: string): JsonObject {
  const value = fieldOf(record, name);
  if (value === undefined) return {};
  return isObject(value) ? value : { [name]: value };
}

interface SubjectSource {
  readonly api: string;
  readonly eventSource: string;
  readonly place: Place;
  readonly request: JsonObject;
  readonly response: JsonObject;
  readonly errorMessage: string;
}

function readSubject(record: JsonObject, source: SubjectSource, ownResources: readonly string[]): Subject {
  const { api, eventSource } = source;
  const resources = fieldOf(record, 'resources');
  if (eventSource === KMS_SOURCE) return findSubject({ ...source, resources });
  if (eventSource === IAM_SOURCE && IAM_OPERATIONS.has(api)) return findIamSubject(source);
  const recordsKeys =
    (eventSource === TRAIL_SOURCE && TRAIL_OPERATIONS.has(api)) || OWN_CATALOGUES.get(eventSource)?.has(api) === true;
  return recordsKeys
    ? findResourceSubject({ ...source, resources }, ownResources)
    : findForeignSubject({ ...source, resources });
}
