import { IAM_OPERATIONS, IAM_SOURCE } from '../event/iam-operations.ts';
import { KMS_SOURCE, OPERATIONS } from '../event/operations.ts';
import { OWN_EVENTS } from '../event/own-operations.ts';
import { fieldOf, type JsonObject, objectOf, textOf } from '../event/plain-json.ts';
import { TRAIL_OPERATIONS, TRAIL_SOURCE } from '../event/trail-operations.ts';

/** Reads of KMS that matter to the procedure, whatever becomes of them: they bring key material in, or take it out. */
export const EXPECTED_READS: readonly string[] = ['GetParametersForImport', 'GenerateDataKeyPair'];

/** Says whether the ledger must have a record. */
export type IsExpected = (record: JsonObject) => boolean;

/**
 * Makes the test for the records that the ledger must have: those that the rules of the stack (serverless.yml) deliver. It
 * is written down here a second time, and not read from the rules as they are deployed, because whoever takes a rule away
 * must not take away the proof as well.
 *
 * @param ownResources ARNs of what Keywarden is made of; `*` stands for any characters
 */
export function createExpected(ownResources: readonly string[]): IsExpected {
  const own = readOwnNames(ownResources);
  return (record) => {
    const isCall = (textOf(record, 'eventType') ?? 'AwsApiCall') === 'AwsApiCall';
    const isServiceEvent = textOf(record, 'eventType') === 'AwsServiceEvent';
    const source = textOf(record, 'eventSource') ?? '';
    const isRead = fieldOf(record, 'readOnly') === true;
    if (source === KMS_SOURCE) return isRead ? isCall && isReadOfNote(record) : isCall || isServiceEvent;
    if (!isCall || isRead) return false;
    const api = textOf(record, 'eventName') ?? '';
    if (source === IAM_SOURCE) return IAM_OPERATIONS.has(api);
    if (source === TRAIL_SOURCE) return TRAIL_OPERATIONS.has(api);
    return [namesTransport, namesRecords, namesBucket].some((names) => names(record, source, api, own));
  };
}

/** Every cryptographic operation, and the one read that needs a usable key as they do. */
const USES: ReadonlySet<string> = new Set([
  ...[...OPERATIONS].filter(([, { kind }]) => kind === 'use').map(([name]) => name),
  'GetPublicKey',
]);
/** No use of a key: it has none. */
const KEYLESS = 'GenerateRandom';

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html has the messages. */
const REFUSED = [' is pending deletion.', ' is pending replica deletion.'];

function isReadOfNote(record: JsonObject): boolean {
  const api = textOf(record, 'eventName') ?? '';
  if (EXPECTED_READS.includes(api)) return true;
  const message = textOf(record, 'errorMessage') ?? '';
  return USES.has(api) && api !== KEYLESS && REFUSED.some((ending) => message.endsWith(ending));
}

/** What the names of Keywarden's own parts have in them. */
interface OwnNames {
  /** e.g. `keywarden-prod-`; undefined when nothing says so. */
  readonly names: string | undefined;
  /** Name of the SSM parameter. */
  readonly killSwitch: string | undefined;
}

function readOwnNames(ownResources: readonly string[]): OwnNames {
  const resources = ownResources.map((arn) => arn.split(':').slice(5).join(':'));
  const names = resources.find((one) => /^\*[^*]+\*$/.test(one))?.slice(1, -1);
  const killSwitch = resources.find((one) => one.startsWith('parameter/'))?.slice('parameter'.length);
  return { names, killSwitch };
}

const TRANSPORT_SOURCES = ['events.amazonaws.com', 'sqs.amazonaws.com', 'lambda.amazonaws.com'];
const RECORD_SOURCES = [
  'dynamodb.amazonaws.com',
  'sns.amazonaws.com',
  'ssm.amazonaws.com',
  'monitoring.amazonaws.com',
  'events.amazonaws.com',
];
const operationsOf = (sources: readonly string[]): ReadonlySet<string> =>
  new Set(sources.flatMap((source) => OWN_EVENTS[source] ?? []));
const TRANSPORT = operationsOf(TRANSPORT_SOURCES);
const RECORDS = operationsOf(RECORD_SOURCES);

const BUCKET_SOURCE = 's3.amazonaws.com';
const BUCKETS = operationsOf([BUCKET_SOURCE]);

/** The services of which the ledger has records. */
export const WATCHED_SOURCES: ReadonlySet<string> = new Set([
  ...[KMS_SOURCE, IAM_SOURCE, TRAIL_SOURCE],
  ...TRANSPORT_SOURCES,
  ...RECORD_SOURCES,
  BUCKET_SOURCE,
]);

type Test = (text: string) => boolean;

/** A field may hold one name or a list of them. */
function names(record: JsonObject, part: string, fields: readonly string[], test: Test): boolean {
  const parameters = objectOf(record, part);
  return fields.some((field) => {
    const value = fieldOf(parameters, field);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.some((one) => typeof one === 'string' && test(one));
  });
}

function namesTransport(record: JsonObject, source: string, api: string, own: OwnNames): boolean {
  if (!TRANSPORT_SOURCES.includes(source) || !TRANSPORT.has(api) || own.names === undefined) return false;
  const isOwn = containing(own.names);
  return (
    names(record, 'requestParameters', ['name', 'rule', 'queueUrl', 'functionName'], isOwn) ||
    names(record, 'responseElements', ['functionArn'], isOwn)
  );
}

const OWN_FIELDS = ['tableName', 'resourceArn', 'topicArn', 'subscriptionArn', 'alarmName', 'alarmNames'];

function namesRecords(record: JsonObject, source: string, api: string, own: OwnNames): boolean {
  if (!RECORD_SOURCES.includes(source) || !RECORDS.has(api)) return false;
  const { names: part, killSwitch } = own;
  const isSwitch: Test = (text) => killSwitch !== undefined && text.endsWith(killSwitch);
  const isWatcher: Test = (text) => part !== undefined && text === `${part}own-transport`;
  return (
    (part !== undefined && names(record, 'requestParameters', OWN_FIELDS, containing(part))) ||
    names(record, 'requestParameters', ['names', 'name'], isSwitch) ||
    names(record, 'requestParameters', ['name', 'rule'], isWatcher)
  );
}

function namesBucket(record: JsonObject, source: string, api: string, own: OwnNames): boolean {
  if (source !== BUCKET_SOURCE || !BUCKETS.has(api) || own.names === undefined) return false;
  const start = `${own.names}evidence-`;
  return names(record, 'requestParameters', ['bucketName'], (text) => text.startsWith(start));
}

const containing =
  (part: string): Test =>
  (text) =>
    text.includes(part);
