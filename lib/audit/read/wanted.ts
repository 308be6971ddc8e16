import { fieldOf, isObject, type JsonObject, objectOf } from '../../event/plain-json.ts';

/**
 * The services whose records the audit judges: KMS itself, and those that Keywarden and its trail run on.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventSource)
 */
export const AUDITED_SOURCES: ReadonlySet<string> = new Set(
  ['kms', 'iam', 'cloudtrail', 'events', 'sqs', 'lambda', 'dynamodb', 'sns', 'ssm', 'monitoring'].map(
    (service) => `${service}.amazonaws.com`,
  ),
);

/**
 * Whether a record is handed over: its `eventSource`, or that of the record that an EventBridge event carries, is
 * wanted; or it is an event that KMS sent to EventBridge itself.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export function isWanted(record: JsonObject, wanted: ReadonlySet<string>): boolean {
  if (Object.hasOwn(record, 'eventSource')) return isIn(wanted, record.eventSource);
  const detail = objectOf(record, 'detail');
  if (detail !== undefined && Object.hasOwn(detail, 'eventSource')) return isIn(wanted, detail.eventSource);
  return record.source === 'aws.kms' && fieldOf(record, 'detail-type') !== undefined;
}

/** Whether a value is a CloudTrail record or an EventBridge event at all. */
export const isRecord = (value: unknown): value is JsonObject =>
  isObject(value) && ['eventSource', 'eventVersion', 'detail-type'].some((name) => Object.hasOwn(value, name));

const isIn = (wanted: ReadonlySet<string>, source: unknown): boolean =>
  typeof source === 'string' && wanted.has(source);
