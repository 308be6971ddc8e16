import type { KeyAction } from './key-action.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { fieldOf, type JsonObject, objectOf, present, readJsonObject, requireText, textOf } from './plain-json.ts';
import { DIRECT_EVENTS, readDirectEvent } from './read-direct-event.ts';
import { type ReadContext, readPlainRecord } from './read-record.ts';

const CLOUDTRAIL_EVENTS: ReadonlySet<string> = new Set([
  'AWS API Call via CloudTrail',
  'AWS Service Event via CloudTrail',
]);

/**
 * Reads one EventBridge event: a CloudTrail record in an envelope, or one of the three events that KMS sends itself.
 * Account and Region of the envelope stand in where the record has none. The EventBridge `id` is not used: it names the
 * message, and the same action may come in several.
 *
 * Only AWS can send events whose source begins with `aws.`, so the source is what makes an event believable.
 *
 * @param body the envelope, or its JSON text as it is in an SQS message
 * @throws {MalformedEventError} `not-json` or `not-an-object` for a body that is no envelope; `missing-field`,
 *   `unsupported-detail-type` or `unsupported-source` for an envelope that Keywarden has no reader for; and what
 *   `readRecord` throws
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html (reserved sources)
 */
export function readEvent(body: unknown, context: ReadContext): KeyAction {
  const envelope = readJsonObject(body, 'the event');
  const detailType = requireText(envelope, 'detail-type', /^/, EXPECTED_TYPE);
  const source = requireText(envelope, 'source', /^/, 'the sender of an EventBridge event, e.g. "aws.kms"');
  const directApi = DIRECT_EVENTS.get(detailType);
  if (directApi !== undefined) {
    requireSource(source, /^aws\.kms$/, '"aws.kms"');
    return readDirectEvent(envelope, directApi, context);
  }
  if (!CLOUDTRAIL_EVENTS.has(detailType)) {
    const malformation = { field: 'detail-type', value: detailType, expected: EXPECTED_TYPE };
    throw new MalformedEventError('unsupported-detail-type', malformation);
  }
  requireSource(source, /^aws\.[a-z0-9-]+$/, '"aws." and the name of a service');
  const place = present({ account: textOf(envelope, 'account'), region: textOf(envelope, 'region') });
  return readPlainRecord(requireDetail(envelope), { ...context, place });
}

const EXPECTED_TYPE = `one of ${[...CLOUDTRAIL_EVENTS, ...DIRECT_EVENTS.keys()].map((type) => `"${type}"`).join(', ')}`;

function requireSource(source: string, form: RegExp, expected: string): void {
  if (!form.test(source))
    throw new MalformedEventError('unsupported-source', { field: 'source', value: source, expected });
}

function requireDetail(envelope: JsonObject): JsonObject {
  const detail = objectOf(envelope, 'detail');
  if (detail !== undefined) return detail;
  const value = fieldOf(envelope, 'detail');
  const malformation = { field: 'detail', value, expected: 'a CloudTrail record' };
  throw new MalformedEventError(value === undefined ? 'missing-field' : 'invalid-field', malformation);
}
