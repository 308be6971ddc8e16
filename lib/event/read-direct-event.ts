import { createHash } from 'node:crypto';
import { readActor } from './actor.ts';
import { readIsoTime } from './aws-date.ts';
import { digestOf } from './digest.ts';
import type { KeyAction } from './key-action.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { findOperation, KMS_SOURCE } from './operations.ts';
import { fieldOf, type JsonObject, objectOf, requireText, textOf } from './plain-json.ts';
import type { ReadContext } from './read-record.ts';
import { findSubject } from './subject.ts';

/** What KMS tells EventBridge itself: detail-type -> the service event that CloudTrail records for the same happening. */
export const DIRECT_EVENTS: ReadonlyMap<string, string> = new Map([
  ['KMS CMK Rotation', 'RotateKey'],
  ['KMS Imported Key Material Expiration', 'DeleteExpiredKeyMaterial'],
  ['KMS CMK Deletion', 'DeleteKey'],
]);

/**
 * Reads an event that KMS sends to EventBridge itself. `request` holds its detail in the spelling of the service event
 * of the same name in CloudTrail (`key-id` becomes `keyId`); the digest is that of the whole envelope.
 *
 * @param envelope the EventBridge event, copied by `readJsonObject`
 * @param api the service event that it stands for, from `DIRECT_EVENTS`
 * @throws {MalformedEventError} `missing-field` or `invalid-field` when the account, the Region, the time or the key is
 *   missing or of another form
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export function readDirectEvent(envelope: JsonObject, api: string, context: ReadContext): KeyAction {
  const place = {
    account: requireText(envelope, 'account', /^\d{12}$/, 'the 12 digits of an account'),
    region: requireText(envelope, 'region', /^[a-z0-9-]{1,32}$/, 'a Region, e.g. "us-west-2"'),
  };
  const time = readEnvelopeTime(envelope);
  const request = spellLikeCloudTrail(objectOf(envelope, 'detail') ?? {});
  const named = findSubject({ api, place, resources: listArns(envelope), request, response: {}, errorMessage: '' });
  const [key] = named.keys;
  if (key === undefined) {
    const expected = 'the id of a key here, or its ARN in resources';
    const value = fieldOf(objectOf(envelope, 'detail'), 'key-id');
    throw new MalformedEventError(value === undefined ? 'missing-field' : 'invalid-field', {
      field: 'detail.key-id',
      value,
      expected,
    });
  }
  return {
    eventId: nameHappening(api, key, time, request),
    time,
    api,
    eventSource: KMS_SOURCE,
    ...findOperation(api),
    ...named,
    ...place,
    actor: readActor({ eventType: 'AwsServiceEvent' }, context.selfRoleArns),
    request,
    response: {},
    outcome: 'succeeded',
    origin: context.origin,
    digest: digestOf(envelope),
  };
}

/**
 * The id of what happened, not of the message: KMS may send several events for one deletion within seconds, each with
 * an envelope `id` and `time` of its own.
 * - A rotation is known by its key and the material that became current; no material becomes current twice.
 * - The deletion of a key is known by the key, which is deleted once. A replica key can be made and deleted again under
 *   the same ARN, but not within the shortest waiting period (7 days): for a multi-Region key the UTC day is added.
 * - Imported material can be imported and expire again and again, and events from before 2025 name no material: the
 *   UTC minute is added.
 *
 * Limit: messages about one happening that fall on both sides of midnight or of a minute get two ids, so that it is
 * recorded twice. The other way round, two expirations of the same material within one minute would be recorded once;
 * each still has a CloudTrail record of its own.
 */
function nameHappening(api: string, key: string, time: string, request: JsonObject): string {
  const material = textOf(request, 'currentKeyMaterialId') ?? textOf(request, 'keyMaterialId') ?? '';
  const what = ['kms', api, key, material, momentOf(api, key, time, material)];
  return `direct-${createHash('sha256').update(JSON.stringify(what)).digest('hex')}`;
}

function momentOf(api: string, key: string, time: string, material: string): string {
  if (api === 'DeleteKey') return key.includes(':key/mrk-') ? time.slice(0, 'yyyy-mm-dd'.length) : '';
  return api === 'RotateKey' && material !== '' ? '' : time.slice(0, 'yyyy-mm-ddThh:mm'.length);
}

function readEnvelopeTime(envelope: JsonObject): string {
  const expected = 'a time in UTC, e.g. "2026-08-03T09:01:02Z"';
  const text = requireText(envelope, 'time', /^/, expected);
  const time = readIsoTime(text);
  if (time === undefined) throw new MalformedEventError('invalid-field', { field: 'time', value: text, expected });
  return time;
}

/** EventBridge lists bare ARNs where CloudTrail lists objects. */
function listArns(envelope: JsonObject): { ARN: unknown }[] {
  const resources = fieldOf(envelope, 'resources');
  return Array.isArray(resources) ? resources.map((ARN: unknown) => ({ ARN })) : [];
}

/** A field that exists in both spellings keeps its own, so that none replaces the other. */
function spellLikeCloudTrail(detail: JsonObject): JsonObject {
  const entries = Object.entries(detail).map(([name, value]) => {
    const camel = name.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
    return [Object.hasOwn(detail, camel) ? name : camel, value] as const;
  });
  return Object.fromEntries(entries);
}
