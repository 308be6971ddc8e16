import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDynamoClient, createS3Client, createSqsClient } from '../../lib/aws/clients.ts';
import { readAction } from '../../lib/batch.ts';
import { createLastUseReader } from '../../lib/key-use/find-last-use.ts';
import { readCoverage, readKeyUse, readUnreadFiles, type UseWindow } from '../../lib/key-use/read-table.ts';
import { createHandOn } from '../../lib/use-files/hand-on.ts';
import { takeBatch } from '../../lib/use-files/take-batch.ts';
import type { Intake } from '../../lib/use-files/take-file.ts';
import { type Moto, startMoto } from '../../local/moto.ts';
import { nextEventId, useRecord } from '../audit/records.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';
import { packRecords } from './log-files.ts';
import { type S3StandIn, startS3StandIn } from './s3-stand-in.ts';

const OTHER_ARN = KEY_ARN.replace(KEY_ID, '0987dcba-09fe-87dc-65ba-ab0987654321');
const DAY = { from: '2026-08-03T00:00:00Z', to: '2026-08-04T00:00:00Z' };
const NOW = new Date('2026-08-03T12:00:00Z');
const MAX_RECEIVES = 5;

let moto: Moto;
let standIn: S3StandIn;
let folder: string;
let s3: S3Client;
let sqs: SQSClient;
let client: DynamoDBDocumentClient;
/** Each test has a bucket, a table and a queue of its own. */
let bucket = '';
let table = '';
let queueUrl = '';
let made = 0;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  [moto, standIn] = [await startMoto(), await startS3StandIn({ status: 403, code: 'AccessDenied' })];
  folder = await mkdtemp(join(tmpdir(), 'keywarden-take-'));
  const place = { region: REGION, endpoint: moto.url };
  [s3, sqs, client] = [createS3Client(place), createSqsClient(place), createDynamoClient(place)];
});
afterAll(async () => {
  await standIn.close();
  await moto.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  made += 1;
  [bucket, table] = [`trail-${made}`, `key-use-${made}`];
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
  await createTable();
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: `lifecycle-${made}` }))).QueueUrl ?? '';
});

const createTable = () =>
  client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );

const nameOf = (minute: string, end = 'AAAABBBBCCCCDDDD') =>
  `AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/2026/08/03/${ACCOUNT}_CloudTrail_${REGION}_20260803T${minute}Z_${end}.json.gz`;

const intakeOf = (overrides: Partial<Intake> = {}): Intake => ({
  s3,
  table: { client, table },
  keepDays: 400,
  account: ACCOUNT,
  region: REGION,
  handOn: createHandOn(sqs, queueUrl),
  folder,
  clock: () => NOW,
  log: { info: () => undefined, warn: () => undefined },
  ...overrides,
});

/** Puts a file into the bucket, and gives the message about it. */
async function deliver(key: string, content: Uint8Array | string): Promise<string> {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }));
  return tell(key, ETag?.replaceAll('"', ''));
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const tell = (key: string, etag?: string): string =>
  JSON.stringify({
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: ACCOUNT,
    time: '2026-08-03T09:06:00Z',
    region: REGION,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: { version: '0', bucket: { name: bucket }, object: { key, size: 5, etag }, reason: 'PutObject' },
  });

/** Takes messages in; gives the places of those that must come back. */
async function take(bodies: readonly string[], intake = intakeOf(), receives = 1): Promise<number[]> {
  const messages = bodies.map((body, index) => ({ id: String(index), body, receives }));
  return (await takeBatch(intake, messages, MAX_RECEIVES)).map(Number);
}

async function listAll<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
const usesOf = (key?: string, window: UseWindow = DAY) =>
  listAll(readKeyUse({ client, table }, { ...window, ...(key === undefined ? {} : { key }) }));
const coverage = (window: UseWindow = DAY) => listAll(readCoverage({ client, table }, window));
const unread = () => listAll(readUnreadFiles({ client, table }, DAY));
const items = async () => {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
  return Items.toSorted((one, other) => (`${one.pk} ${one.sk}` < `${other.pk} ${other.sk}` ? -1 : 1));
};
async function handedOn(): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
}

const at = (time: string) => `2026-08-03T${time}Z`;
const other = { resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: OTHER_ARN }] };
const pending = { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY_ARN} is pending deletion.` };

describe('a log file that arrives', () => {
  test('is counted by key and hour, and it is known that it was read', async () => {
    const file = packRecords([
      useRecord(at('09:01:02')),
      useRecord(at('09:03:00')),
      useRecord(at('10:00:00')),
      useRecord(at('09:02:00'), 'Encrypt', other),
    ]);
    expect(await take([await deliver(nameOf('0905'), file)])).toEqual([]);
    expect(await usesOf(KEY_ARN)).toMatchObject([
      { key: KEY_ARN, hour: '2026-08-03T09', operation: 'Decrypt', succeeded: 2, lastUse: at('09:03:00') },
      { key: KEY_ARN, hour: '2026-08-03T10', succeeded: 1 },
    ]);
    expect((await usesOf()).map(({ key, hour }) => `${key} ${hour}`).sort()).toEqual(
      [`${OTHER_ARN} 2026-08-03T09`, `${KEY_ARN} 2026-08-03T09`, `${KEY_ARN} 2026-08-03T10`].sort(),
    );
    expect(await coverage()).toEqual([
      { account: ACCOUNT, region: REGION, hour: '2026-08-03T09', read: 1, partial: 0, unread: 0, keyless: 0 },
    ]);
    expect(await unread()).toEqual([]);
    const [kept] = (await items()).filter(({ pk }) => String(pk).startsWith('FILES#'));
    expect(kept).toMatchObject({
      outcome: 'read',
      bucket,
      key: nameOf('0905'),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: file.length,
      records: 4,
      rows: 3,
      warnings: 0,
      handedOn: 0,
      at: NOW.toISOString(),
      expires: Date.parse('2026-08-03T09:05Z') / 1000 + 400 * 24 * 3600,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('leaves the same table however often, and in whatever order, files come', async () => {
    const names = ['0905', '0910', '0915'].map((minute) => nameOf(minute));
    const messages = await Promise.all(
      names.map((name, index) =>
        deliver(name, packRecords([useRecord(at(`09:0${index}:00`)), useRecord(at('09:59:59'), 'Encrypt')])),
      ),
    );
    expect(await take(messages)).toEqual([]);
    const once = await items();
    await client.send(new DeleteTableCommand({ TableName: table }));
    await createTable();
    expect(await take([...messages.toReversed(), ...messages, ...messages])).toEqual([]);
    expect(await items()).toEqual(once);
    expect(once.filter(({ pk }) => String(pk).startsWith('FILES#'))).toHaveLength(3);
    // Two that take the same file in at the same time do not disturb each other.
    await Promise.all([take(messages), take(messages)]);
    expect(await items()).toEqual(once);
  });

  test('has refused uses of a key that is pending deletion judged like those that EventBridge delivers', async () => {
    const refused = Array.from({ length: 12 }, () => useRecord(at('09:01:02'), 'Decrypt', pending));
    expect(await take([await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02')), ...refused]))])).toEqual(
      [],
    );
    const actions = (await handedOn()).map((body) => readAction(body, { selfRoleArns: [], ownResources: [] }));
    expect(actions.map(({ eventId }) => eventId).sort()).toEqual(refused.map(({ eventID }) => eventID).sort());
    expect(actions[0]).toMatchObject({ origin: 'archive', subject: KEY_ARN, outcome: 'failed', api: 'Decrypt' });
  });

  test('has only those judged that are of the account and the Region where Keywarden runs', async () => {
    const elsewhere = [
      useRecord(at('09:01:02'), 'Decrypt', { ...pending, awsRegion: 'eu-central-1' }),
      useRecord(at('09:01:02'), 'Decrypt', { ...pending, recipientAccountId: '444455556666' }),
    ];
    const here = useRecord(at('09:01:02'), 'Decrypt', pending);
    expect(await take([await deliver(nameOf('0905'), packRecords([...elsewhere, here]))])).toEqual([]);
    expect(await handedOn()).toEqual([JSON.stringify({ archived: here })]);
    const [file] = (await items()).filter(({ pk }) => String(pk).startsWith('FILES#'));
    expect(file).toMatchObject({ outcome: 'read', warnings: 3, handedOn: 1 });
  });

  test('does not count as read before all of it was handed on and written', async () => {
    const message = await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'), 'Decrypt', pending)]));
    const broken = intakeOf({ handOn: () => Promise.reject(new Error('socket hang up')) });
    expect(await take([message], broken)).toEqual([0]);
    expect(await coverage()).toEqual([]);
    expect(await take([message])).toEqual([]);
    expect(await coverage()).toMatchObject([{ read: 1 }]);
    expect(await handedOn()).toHaveLength(1);
  });

  test('does not stop the others when it is broken', async () => {
    const good = await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'))]));
    const bad = await deliver(nameOf('0910'), 'no gzip');
    expect(await take(['not json', bad, '{"source":"aws.s3"}', good])).toEqual([0, 1, 2]);
    expect(await usesOf(KEY_ARN)).toHaveLength(1);
  });
});

describe('a file that cannot be read', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['no gzip', 'hello', 'is no gzip'],
    ['not what a log file is', packRecords([]).subarray(0, 15), 'cut off'],
  ])('because it is %s, is kept with the reason, and comes back', async (_what, content, reason) => {
    expect(await take([await deliver(nameOf('0905'), content)])).toEqual([0]);
    expect(await unread()).toMatchObject([
      { outcome: 'unread', reason: expect.stringContaining(reason), key: nameOf('0905'), sha256: expect.any(String) },
    ]);
    expect(await coverage()).toMatchObject([{ hour: '2026-08-03T09', read: 0, unread: 1 }]);
  });

  test('because it is gone, says what to do', async () => {
    expect(await take([tell(nameOf('0905'))])).toEqual([0]);
    expect(await unread()).toMatchObject([{ outcome: 'unread', reason: expect.stringContaining('put the file back') }]);
  });

  test.each([
    ['AccessDenied', 'trailKeyArn'],
    ['InvalidObjectState', 'restore the file'],
    ['NoSuchBucket', 'trailBucket'],
    ['KMS.DisabledException', 'S3 refused it (KMS.DisabledException'],
  ])('because S3 says %s, says what to do', async (code, todo) => {
    standIn.answer = { status: code === 'NoSuchBucket' ? 404 : 403, code };
    const intake = intakeOf({ s3: createS3Client({ region: REGION, endpoint: standIn.url }) });
    expect(await take([tell(nameOf('0905'))], intake)).toEqual([0]);
    expect(await unread()).toMatchObject([{ outcome: 'unread', reason: expect.stringContaining(todo) }]);
  });

  test('for a moment only, is tried again, and called unread after the last attempt', async () => {
    standIn.answer = { cutAfter: packRecords([useRecord(at('09:01:02'))]) };
    const intake = intakeOf({ s3: createS3Client({ region: REGION, endpoint: standIn.url }) });
    expect(await take([tell(nameOf('0905'))], intake)).toEqual([0]);
    expect(await unread()).toEqual([]);
    expect(await take([tell(nameOf('0905'))], intake, MAX_RECEIVES)).toEqual([0]);
    expect(await unread()).toMatchObject([{ reason: expect.stringContaining('several attempts') }]);
    expect(await usesOf(KEY_ARN)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('because it is too long for a log file, is not fetched', async () => {
    standIn.answer = { cutAfter: packRecords([]), length: 200_000_000 };
    const intake = intakeOf({ s3: createS3Client({ region: REGION, endpoint: standIn.url }) });
    expect(await take([tell(nameOf('0905'))], intake)).toEqual([0]);
    expect(await unread()).toMatchObject([{ reason: expect.stringContaining('has 200000000 bytes') }]);
  });

  test('by one of two that try, counts as read by the other, whichever is the later', async () => {
    const message = await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'))]));
    // While this one still waits for S3, the other one has read it.
    const slow = intakeOf({ s3: createS3Client({ region: REGION, endpoint: standIn.url }) });
    standIn.answer = { status: 404, code: 'NoSuchKey', first: () => take([message]) };
    expect(await take([message], slow)).toEqual([0]);
    expect(await coverage()).toMatchObject([{ read: 1, unread: 0 }]);
  });

  test('is read when it can be, and counts as read from then on', async () => {
    await take([tell(nameOf('0905'))]);
    const message = await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'))]));
    expect(await take([message])).toEqual([]);
    expect(await unread()).toEqual([]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: nameOf('0905') }));
    expect(await take([message])).toEqual([]);
    expect(await coverage()).toMatchObject([{ read: 1, unread: 0 }]);
  });

  test('wholly, is counted as far as it goes, and listed as partial', async () => {
    const file = packRecords([useRecord(at('09:01:02')), useRecord(at('09:01:03'), 'Decrypt', { eventID: '?' })]);
    expect(await take([await deliver(nameOf('0905'), file)])).toEqual([0]);
    expect(await usesOf(KEY_ARN)).toMatchObject([{ succeeded: 1 }]);
    expect(await coverage()).toMatchObject([{ read: 0, partial: 1, unread: 0 }]);
    expect(await unread()).toMatchObject([{ outcome: 'partial', reason: expect.stringContaining('eventID') }]);
  });

  test('because nobody can write the table, comes back and stops nothing', async () => {
    const message = await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'))]));
    const intake = intakeOf({ table: { client, table: 'no-such-table' } });
    expect(await take([message, message], intake, MAX_RECEIVES)).toEqual([0, 1]);
  });
});

describe('an object that is no log file', () => {
  test('but one of CloudTrail’s others, is left alone', async () => {
    const digest = nameOf('0905').replaceAll('CloudTrail/', 'CloudTrail-Digest/');
    expect(await take([tell(digest)])).toEqual([]);
    expect(await items()).toEqual([]);
  });

  test('and lies among them, is listed with what to do', async () => {
    const key = `AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/2026/08/03/notes.json.gz`;
    expect(await take([await deliver(key, 'hello')])).toEqual([0]);
    expect(await unread()).toMatchObject([{ key, reason: expect.stringContaining('only CloudTrail should write') }]);
  });

  test('and takes the place of one that was read, changes nothing of what that said', async () => {
    await take([await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'))]))]);
    const before = await usesOf();
    expect(await take([await deliver(nameOf('0905'), packRecords([useRecord(at('09:01:02'), 'Encrypt')]))])).toEqual([
      0,
    ]);
    expect(await usesOf()).toEqual(before);
    expect(await unread()).toMatchObject([{ reason: expect.stringContaining('CloudTrail never changes one') }]);
    expect(await coverage()).toMatchObject([{ read: 1, unread: 1 }]);
  });
});

describe('what was counted is read', () => {
  test('by whole hours, from the first one on, and without the last one', async () => {
    const records = ['08:59:59', '09:00:00', '10:59:59', '11:00:00'].map((time) => useRecord(at(time)));
    await take([await deliver(nameOf('1105'), packRecords(records))]);
    const window = { from: at('09:30:00'), to: at('11:00:00') };
    expect((await usesOf(KEY_ARN, window)).map(({ hour }) => hour)).toEqual(['2026-08-03T09', '2026-08-03T10']);
    expect((await usesOf(undefined, window)).map(({ hour }) => hour).sort()).toEqual([
      '2026-08-03T09',
      '2026-08-03T10',
    ]);
  });

  test('not for a window that is none', async () => {
    await expect(usesOf(KEY_ARN, { from: 'yesterday', to: 'today' })).rejects.toThrow(RangeError);
    await expect(usesOf(KEY_ARN, { from: DAY.to, to: DAY.from })).rejects.toThrow('is no window');
  });

  test('page by page, when a key has more than fits on one', async () => {
    const callers = Array.from({ length: 6_000 }, (_, index) =>
      useRecord(at('09:01:02'), 'Decrypt', {
        eventID: nextEventId(),
        userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/${'u'.repeat(200)}-${index}` },
      }),
    );
    expect(await take([await deliver(nameOf('0905'), packRecords(callers))])).toEqual([]);
    const rows = await usesOf(KEY_ARN);
    expect(new Set(rows.map(({ principal }) => principal)).size).toBe(6_000);
  });

  test('by the hours whose files were looked at, day by day', async () => {
    const names = ['0005', '0010', '0905', '2355'].map((minute) => nameOf(minute));
    await take(await Promise.all(names.map((name) => deliver(name, packRecords([])))));
    await take([tell(nameOf('0910'))]);
    const hours = (await coverage({ from: '2026-08-02T00:00:00Z', to: '2026-08-05T00:00:00Z' })).map(
      ({ hour, read, unread: not }) => `${hour} ${read} ${not}`,
    );
    expect(hours).toEqual(['2026-08-03T00 2 0', '2026-08-03T09 1 1', '2026-08-03T23 1 0']);
    expect(await coverage({ from: at('01:00:00'), to: at('09:00:00') })).toEqual([]);
  });
});

describe('the last use of a key', () => {
  test('is the newest that succeeded, of all files of the hour', async () => {
    const lastUse = createLastUseReader({ client, table });
    expect(await lastUse(KEY_ARN)).toBeUndefined();
    const denied = { errorCode: 'AccessDenied', errorMessage: `not allowed on resource: ${KEY_ARN}` };
    await take([
      await deliver(
        nameOf('0905', 'ZZZZ'),
        packRecords([useRecord(at('09:01:00')), useRecord(at('08:30:00'), 'Sign')]),
      ),
      await deliver(nameOf('0905', 'AAAA'), packRecords([useRecord(at('09:04:00'), 'Encrypt')])),
      await deliver(nameOf('1105'), packRecords([useRecord(at('11:01:00'), 'Decrypt', denied)])),
    ]);
    expect(await lastUse(KEY_ARN)).toEqual({ at: at('09:04:00'), operation: 'Encrypt' });
    expect(await lastUse(OTHER_ARN)).toBeUndefined();
  });
});
