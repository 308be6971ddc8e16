import { readIsoTime } from '../event/aws-date.ts';
import { KMS_SOURCE, OPERATIONS } from '../event/operations.ts';
import { isObject, type JsonObject } from '../event/plain-json.ts';

/** A successful use of keys. */
export interface Use {
  readonly account: string;
  readonly region: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly operation: string;
  /** ARNs. */
  readonly keys: readonly string[];
}

const EVENT_ID = /^[A-Za-z0-9-]{1,128}$/;
const ACCOUNT = /^\d{12}$/;
const REGION = /^[a-z0-9-]{1,32}$/;
const KEY_ARN = /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]{1,32}:\d{12}:key\/[A-Za-z0-9-]{1,256}$/;

/**
 * Reads a successful use of keys the short way, because most records of KMS are one: without the copy and the digest that
 * `readRecord` makes. Only records of the usual form are taken, for which `readRecord` says the same.
 *
 * @returns undefined for any other record, which `readRecord` must read
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export function readPlainUse(record: unknown): Use | undefined {
  if (!isObject(record) || record.eventSource !== KMS_SOURCE || Object.hasOwn(record, 'detail-type')) return undefined;
  const { eventName, eventTime, recipientAccountId: account, awsRegion: region } = record;
  if (typeof eventName !== 'string' || OPERATIONS.get(eventName)?.kind !== 'use') return undefined;
  if (typeof eventTime !== 'string' || typeof account !== 'string' || typeof region !== 'string') return undefined;
  if (!ACCOUNT.test(account) || !REGION.test(region) || !isUsual(record)) return undefined;
  const keys = listKeys(record.resources);
  if (keys === undefined || !namesNoOther(record.requestParameters, keys)) return undefined;
  if (readIsoTime(eventTime) === undefined) return undefined;
  return { account, region, time: eventTime, operation: eventName, keys };
}

/** A management event of layout 1 that succeeded and is no dry run. */
function isUsual(record: JsonObject): boolean {
  const { eventID, eventVersion, eventType, eventCategory, managementEvent, requestParameters } = record;
  return (
    typeof eventID === 'string' &&
    EVENT_ID.test(eventID) &&
    typeof eventVersion === 'string' &&
    eventVersion.startsWith('1.') &&
    eventType === 'AwsApiCall' &&
    (eventCategory === undefined || eventCategory === 'Management') &&
    (managementEvent === undefined || managementEvent === true) &&
    record.errorCode === undefined &&
    record.errorMessage === undefined &&
    (record.responseElements ?? undefined) === undefined &&
    isObject(requestParameters) &&
    requestParameters.dryRun === undefined
  );
}

/** The keys by their ARNs; undefined when an entry is of another form. */
function listKeys(resources: unknown): readonly string[] | undefined {
  if (!Array.isArray(resources) || resources.length === 0) return undefined;
  const keys = new Set<string>();
  for (const resource of resources as unknown[]) {
    const arn = isObject(resource) ? resource.ARN : undefined;
    if (typeof arn !== 'string' || !KEY_ARN.test(arn)) return undefined;
    keys.add(arn);
  }
  return [...keys];
}

/** Whether the request names no key beside these: by alias, or by an id or ARN of one of them. */
const namesNoOther = (request: unknown, keys: readonly string[]): boolean =>
  isObject(request) &&
  ['keyId', 'targetKeyId', 'sourceKeyId', 'destinationKeyId'].every((field) => {
    const name = request[field];
    if (name === undefined) return true;
    if (typeof name !== 'string') return false;
    return name.startsWith('alias/') || keys.some((key) => key === name || key.endsWith(`:key/${name}`));
  });
