import { readIsoTime } from '../event/aws-date.ts';
import { findOperation, KMS_SOURCE, OPERATIONS } from '../event/operations.ts';
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

const KEY_ARN = /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]{1,32}:\d{12}:key\/[A-Za-z0-9-]{1,256}$/;

/** A record that is only counted. */
export interface Bystander {
  readonly as: 'reads' | 'otherServices';
  readonly account: string;
  readonly region: string;
  /** ISO 8601 UTC. */
  readonly time: string;
}

/**
 * Reads a successful use of keys the short way, because most records of KMS are one: without the copy and the digest that
 * `readRecord` makes. Only records of the usual form are taken, for which `readRecord` says the same.
 *
 * @returns undefined for any other record, which `readRecord` must read
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export function readPlainUse(record: unknown): Use | undefined {
  if (!isUsual(record) || record.eventSource !== KMS_SOURCE) return undefined;
  const { eventName, eventTime, recipientAccountId, awsRegion, requestParameters, responseElements } = record;
  if (OPERATIONS.get(eventName)?.kind !== 'use' || !isObject(requestParameters)) return undefined;
  if ((responseElements ?? undefined) !== undefined || requestParameters.dryRun !== undefined) return undefined;
  const keys = listKeys(record.resources);
  if (keys === undefined || !namesNoOther(requestParameters, keys)) return undefined;
  return { account: recipientAccountId, region: awsRegion, time: eventTime, operation: eventName, keys };
}

/**
 * The same for records that are only counted: successful reads of KMS, and what no catalogue of the other services holds.
 *
 * @param watched reads that are more than counted
 */
export function readBystander(record: unknown, watched: ReadonlySet<string>): Bystander | undefined {
  if (!isUsual(record)) return undefined;
  const { eventName, eventSource, eventTime, recipientAccountId, awsRegion } = record;
  const { kind } = findOperation(eventName, eventSource);
  const isKms = eventSource === KMS_SOURCE;
  if (isKms ? kind !== 'read' || watched.has(eventName) : kind !== 'unrecognised') return undefined;
  return { as: isKms ? 'reads' : 'otherServices', account: recipientAccountId, region: awsRegion, time: eventTime };
}

interface UsualRecord extends JsonObject {
  readonly eventName: string;
  readonly eventSource: string;
  readonly eventTime: string;
  readonly recipientAccountId: string;
  readonly awsRegion: string;
}

/** A management event of layout 1 that succeeded, with everything that `readRecord` asks of it. */
function isUsual(record: unknown): record is UsualRecord {
  return (
    isObject(record) &&
    !Object.hasOwn(record, 'detail-type') &&
    FORMS.every(([field, form]) => {
      const value = record[field];
      return typeof value === 'string' && form.test(value);
    }) &&
    isManagementEvent(record) &&
    record.errorCode === undefined &&
    record.errorMessage === undefined &&
    readIsoTime(record.eventTime as string) !== undefined
  );
}

/** As `readRecord` asks for them; the Region and the type of the event are less lenient. */
const FORMS: readonly (readonly [field: string, form: RegExp])[] = [
  ['eventID', /^[A-Za-z0-9-]{1,128}$/],
  ['eventName', /^[\w.:-]{1,128}$/],
  ['eventSource', /^[\w.-]{1,128}$/],
  ['eventTime', /^/],
  ['eventVersion', /^1\./],
  ['eventType', /^AwsApiCall$/],
  ['recipientAccountId', /^\d{12}$/],
  ['awsRegion', /^[a-z0-9-]{1,32}$/],
];

const isManagementEvent = ({ eventCategory, managementEvent }: JsonObject): boolean =>
  (eventCategory === undefined || eventCategory === 'Management') &&
  (managementEvent === undefined || managementEvent === true);

/** The keys by their ARNs; undefined when an entry is of another form. */
export function listKeys(resources: unknown): readonly string[] | undefined {
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
export const namesNoOther = (request: unknown, keys: readonly string[]): boolean =>
  isObject(request) &&
  ['keyId', 'targetKeyId', 'sourceKeyId', 'destinationKeyId'].every((field) => {
    const name = request[field];
    if (name === undefined) return true;
    if (typeof name !== 'string') return false;
    return name.startsWith('alias/') || keys.some((key) => key === name || key.endsWith(`:key/${name}`));
  });
