import { randomUUID } from 'node:crypto';
import type { Refusal } from './answer.ts';
import type { AwsCall, Json } from './call.ts';
import type { Principal } from './principal.ts';

/** A resource of a record. */
export type RecordResource = { accountId: string; type: string; ARN: string };

/**
 * A CloudTrail record of a management event.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export type CloudTrailRecord = {
  eventVersion: string;
  userIdentity: Json;
  /** ISO 8601, whole seconds, UTC. */
  eventTime: string;
  eventSource: string;
  eventName: string;
  awsRegion: string;
  sourceIPAddress: string;
  userAgent: string;
  errorCode?: string;
  errorMessage?: string;
  requestParameters: Json | null;
  responseElements: Json | null;
  additionalEventData?: Json;
  /** Absent from service events. */
  requestID?: string;
  eventID: string;
  readOnly: boolean;
  resources?: readonly RecordResource[];
  eventType: 'AwsApiCall' | 'AwsServiceEvent';
  managementEvent: true;
  recipientAccountId: string;
  serviceEventDetails?: Json;
  eventCategory: 'Management';
};

/** What a service puts into the record of a call of its own. */
export type RecordedParts = Pick<
  CloudTrailRecord,
  'requestParameters' | 'responseElements' | 'resources' | 'additionalEventData'
> & {
  /** CloudTrail's name of the operation, if it is not the API's. */
  eventName?: string;
  /** Whether CloudTrail takes the call for a read. Default: false. */
  readOnly?: boolean;
};

/** What is known about a call once it is answered. */
export type AnsweredCall = {
  call: AwsCall;
  principal: Principal;
  account: string;
  requestId: string;
  refusal?: Refusal;
  now: Date;
};

/** From the range that is reserved for documentation (RFC 5737). */
export const CALLER_ADDRESS = '192.0.2.10';

/**
 * With this request header a caller says that an AWS service made the call on its behalf, such as
 * `dynamodb.amazonaws.com`; no real service can sign for somebody here.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
const INVOKED_BY_HEADER = 'x-keywarden-invoked-by';

/**
 * Builds the record of a call. An access denial has neither parameters nor resources, and CloudTrail calls it
 * `AccessDenied` where the caller gets `AccessDeniedException`.
 *
 * @param parts what the service records about this call
 */
export function buildRecord(answered: AnsweredCall, recorded: RecordedParts): CloudTrailRecord {
  const { eventName = answered.call.operation, readOnly = false, ...parts } = recorded;
  const { call, principal, account, requestId, refusal, now } = answered;
  const service = call.headers[INVOKED_BY_HEADER];
  const invokedBy = typeof service === 'string' ? service : undefined;
  return {
    eventVersion: '1.11',
    userIdentity: { ...principal.userIdentity, ...(invokedBy === undefined ? {} : { invokedBy }) },
    eventTime: toEventTime(now),
    eventSource: `${call.service}.amazonaws.com`,
    eventName,
    awsRegion: regionOf(call),
    sourceIPAddress: invokedBy ?? CALLER_ADDRESS,
    userAgent: invokedBy ?? call.headers['user-agent'] ?? 'unknown',
    ...(refusal === undefined ? {} : describeRefusal(refusal)),
    ...(isDenied(refusal) ? { requestParameters: null, responseElements: null } : parts),
    requestID: requestId,
    eventID: randomUUID(),
    readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
}

/** IAM is global, and its records appear in us-east-1 wherever the call was signed for. */
function regionOf(call: AwsCall): string {
  return call.service === 'iam' ? 'us-east-1' : call.region;
}

function describeRefusal(refusal: Refusal): { errorCode: string; errorMessage: string } {
  return { errorCode: isDenied(refusal) ? 'AccessDenied' : refusal.code, errorMessage: refusal.message };
}

function isDenied(refusal: Refusal | undefined): boolean {
  return refusal?.code === 'AccessDeniedException' || refusal?.code === 'AccessDenied';
}

/** `2026-08-03T09:01:02Z`. */
export function toEventTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

const RECORD_DATE = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
});

/** A date inside parameters and elements, as KMS writes it: `Aug 3, 2026, 9:01:02 AM`, UTC without saying so. */
export function toRecordDate(seconds: number): string {
  // Newer ICU data puts a narrow no-break space before AM and PM, which CloudTrail does not.
  return RECORD_DATE.format(new Date(seconds * 1000)).replaceAll('\u202f', ' ');
}

/**
 * CloudTrail's spelling of parameters: the first letter of each name in lower case, at every depth.
 *
 * @param verbatim names below which nothing is renamed, because the names there are data (encryption contexts)
 */
export function toRecordNames(value: unknown, verbatim: ReadonlySet<string> = new Set()): unknown {
  if (Array.isArray(value)) return value.map((item) => toRecordNames(item, verbatim));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    verbatim.has(name) ? inner : toRecordNames(inner, verbatim),
  ]);
  return Object.fromEntries(entries);
}
