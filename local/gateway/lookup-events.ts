import { createHash } from 'node:crypto';
import { answerJson, answerRefusal, type Refusal } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, textAt } from './call.ts';
import type { CloudTrailRecord } from './cloudtrail-record.ts';

/** What answering LookupEvents needs. */
export type LookupOptions = {
  /** Every record so far, oldest first. */
  records: readonly CloudTrailRecord[];
  now: Date;
};

/** Event history keeps this many days. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html */
const DAYS = 90;
const DAY = 86_400_000;
const MOST_RESULTS = 50;

/**
 * Answers LookupEvents from the records of the gateway: of the Region of the call, of the last 90 days, newest first.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export function answerLookup(call: AwsCall, { records, now }: LookupOptions): Answer {
  const { input } = call;
  const refusal = refuseAttributes(input) ?? refuseTimes(input) ?? refuseResults(input) ?? refuseCategory(input);
  if (refusal !== undefined) return answerRefusal(call, refusal);
  const start = readCursor(input, records.length);
  if (start === undefined) return answerRefusal(call, describe('InvalidNextTokenException', 'Invalid token.'));
  const wants = makeFilter(call, now);
  const size = typeof input.MaxResults === 'number' ? input.MaxResults : MOST_RESULTS;
  const found: Json[] = [];
  // From the newest of the first page on: records that came since then are no part of this lookup.
  for (let at = start - 1; at >= 0; at -= 1) {
    const record = records[at];
    if (record === undefined || !wants(record)) continue;
    if (found.length === size) return answerJson({ Events: found, NextToken: writeCursor(input, at + 1) });
    found.push(toEvent(record));
  }
  return answerJson({ Events: found });
}

type Attribute = (record: CloudTrailRecord) => readonly (string | undefined)[];

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  EventId: ({ eventID }) => [eventID],
  EventName: ({ eventName }) => [eventName],
  ReadOnly: ({ readOnly }) => [String(readOnly)],
  Username: (record) => [readUser(record)],
  ResourceType: ({ resources = [] }) => resources.map(({ type }) => type),
  ResourceName: ({ resources = [] }) => resources.map(({ ARN }) => ARN),
  EventSource: ({ eventSource }) => [eventSource],
  AccessKeyId: ({ userIdentity }) => [textAt(userIdentity, 'accessKeyId')],
};

function makeFilter({ input, region }: AwsCall, now: Date): (record: CloudTrailRecord) => boolean {
  const oldest = now.getTime() - DAYS * DAY;
  const from = Math.max(oldest, readTime(input.StartTime) ?? oldest);
  const to = readTime(input.EndTime) ?? now.getTime();
  const [attribute] = listAttributes(input);
  return (record) => {
    const time = Date.parse(record.eventTime);
    if (record.awsRegion !== region || time < from || time > to) return false;
    return attribute === undefined || (ATTRIBUTES[attribute.key]?.(record).includes(attribute.value) ?? false);
  };
}

function toEvent(record: CloudTrailRecord): Json {
  const { eventID, eventName, readOnly, eventTime, eventSource, resources = [], userIdentity } = record;
  return {
    EventId: eventID,
    EventName: eventName,
    ReadOnly: String(readOnly),
    AccessKeyId: textAt(userIdentity, 'accessKeyId'),
    EventTime: Date.parse(eventTime) / 1000,
    EventSource: eventSource,
    Username: readUser(record),
    Resources: resources.map(({ type, ARN }) => ({ ResourceType: type, ResourceName: ARN })),
    CloudTrailEvent: JSON.stringify(record),
  };
}

/** The name of the user, or of the session. */
const readUser = ({ userIdentity }: CloudTrailRecord): string | undefined =>
  textAt(userIdentity, 'userName') ?? textAt(userIdentity, 'arn')?.split('/').at(-1);

function listAttributes(input: Json): { key: string; value: string }[] {
  const list = Array.isArray(input.LookupAttributes) ? input.LookupAttributes : [];
  return list
    .filter(isJson)
    .map((one) => ({ key: textAt(one, 'AttributeKey') ?? '', value: textAt(one, 'AttributeValue') ?? '' }));
}

function refuseAttributes(input: Json): Refusal | undefined {
  const attributes = listAttributes(input);
  const wrong = attributes.some(({ key, value }) => !Object.hasOwn(ATTRIBUTES, key) || value === '');
  if (attributes.length <= 1 && !wrong) return undefined;
  return describe(
    'InvalidLookupAttributesException',
    `One lookup attribute can be given, with a value: ${Object.keys(ATTRIBUTES).join(', ')}.`,
  );
}

function refuseTimes({ StartTime, EndTime }: Json): Refusal | undefined {
  const [from, to] = [readTime(StartTime), readTime(EndTime)];
  if (from === undefined || to === undefined || from <= to) return undefined;
  return describe('InvalidTimeRangeException', 'The start time must not be after the end time.');
}

function refuseResults({ MaxResults }: Json): Refusal | undefined {
  if (MaxResults === undefined) return undefined;
  const fits = typeof MaxResults === 'number' && MaxResults >= 1 && MaxResults <= MOST_RESULTS;
  return fits ? undefined : describe('InvalidMaxResultsException', `MaxResults must be 1 to ${MOST_RESULTS}.`);
}

/** Insights are another history, which has nothing here. */
function refuseCategory({ EventCategory }: Json): Refusal | undefined {
  if (EventCategory === undefined) return undefined;
  return describe('InvalidEventCategoryException', 'The local CloudTrail has no other event category.');
}

const describe = (code: string, message: string): Refusal => ({ code, message });

/** Seconds since 1970, as AWS JSON writes a time. */
const readTime = (value: unknown): number | undefined => (typeof value === 'number' ? value * 1000 : undefined);

/** A token belongs to the parameters that it was given out for. */
function fingerprint({ NextToken: _token, ...query }: Json): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 16);
}

const writeCursor = (input: Json, at: number): string =>
  Buffer.from(`${at} ${fingerprint(input)}`).toString('base64url');

function readCursor(input: Json, end: number): number | undefined {
  const token = textAt(input, 'NextToken');
  if (token === undefined) return end;
  const [at = '', query] = Buffer.from(token, 'base64url').toString().split(' ');
  return /^\d+$/.test(at) && query === fingerprint(input) ? Number(at) : undefined;
}

/** Says whether a lookup in a Region is one too many for this second. */
export type LookupLimit = (region: string) => boolean;

/**
 * Makes the limit of lookups for each Region: CloudTrail takes two in a second.
 *
 * @param perSecond undefined for no limit
 * @param milliseconds a clock that only goes forward
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export function createLookupLimit(perSecond: number | undefined, milliseconds: () => number): LookupLimit {
  const taken = new Map<string, number[]>();
  return (region) => {
    if (perSecond === undefined) return false;
    const now = milliseconds();
    const recent = (taken.get(region) ?? []).filter((at) => now - at < 1000);
    const isOver = recent.length >= perSecond;
    taken.set(region, isOver ? recent : [...recent, now]);
    return isOver;
  };
}
