import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCoverage, readKeyUse, readUnreadFiles } from '../../lib/key-use/read-table.ts';
import type { Entry } from '../../lib/ledger/entry.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

const BUCKET = 'company-trail';

let aws: LocalAws;
let kms: KMSClient;
let sqs: SQSClient;
let client: DynamoDBDocumentClient;
let outputs: Record<string, string>;

beforeAll(async () => {
  aws = await startLocalAws({ visibilityTimeout: 1 });
  const config = localClientConfig({ endpoint: aws.url, region: aws.region });
  [kms, sqs] = [new KMSClient(config), new SQSClient(config)];
  client = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const { Stacks = [] } = await new CloudFormationClient(config).send(new DescribeStacksCommand({}));
  outputs = Object.fromEntries(
    Stacks.flatMap(({ Outputs = [] }) =>
      Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  );
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration }));
  await makeRule(new EventBridgeClient(config));
  const trails = new CloudTrailClient(config);
  await trails.send(new CreateTrailCommand({ Name: 'company', S3BucketName: BUCKET, IsMultiRegionTrail: true }));
  await trails.send(new StartLoggingCommand({ Name: 'company' }));
}, 300_000);
afterAll(() => aws?.stop());

/** The rule of the packaged template, which a stack has only when it is deployed with a bucket. */
async function makeRule(events: EventBridgeClient): Promise<void> {
  const packaged = await packageStack({ stage: 'dev', region: aws.region });
  const { Resources } = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  const { EventPattern, Name, Targets } = Resources.TrailFilesRule.Properties;
  EventPattern.detail.bucket.name = [BUCKET];
  const [key] = EventPattern.detail.object.key;
  key.wildcard = key.wildcard['Fn::Sub'].replace(/\$\{TrailPrefix\}/, '');
  await events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(EventPattern) }));
  const Arn = `arn:aws:sqs:${aws.region}:${aws.account}:${outputs.KeyUseQueueUrl?.split('/').at(-1)}`;
  await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: Targets[0].Id, Arn }] }));
}

const table = () => ({ client, table: outputs.KeyUseTableName ?? '' });
const window = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
const today = () => ({
  from: new Date(Date.now() - 3_600_000).toISOString(),
  to: new Date(Date.now() + 7_200_000).toISOString(),
});

async function listAll<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

const countFiles = async () => (await listAll(readCoverage(table(), today()))).reduce((sum, { read }) => sum + read, 0);

/** Looks again until there is something; the test's own limit ends it. */
async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(100);
  }
}

const actionsOn = async (subject: string) =>
  (await listAll(readEntries({ client, table: aws.table }, subject)))
    .map(({ entry }) => JSON.parse(String(entry)) as Entry)
    .flatMap((entry) => (entry.type === 'action' ? [entry] : []));

test('A key that is used, and then refused while it waits to be deleted, is known from the files of the trail alone', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const { Arn: key = '', KeyId } = KeyMetadata ?? {};
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret') }));
  await kms.send(new DecryptCommand({ CiphertextBlob }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 30 }));
  // Nothing of the refused call comes by EventBridge.
  aws.gateway.faults.add({ kind: 'drop', service: 'kms', operation: 'Decrypt' });
  const refused = () => kms.send(new DecryptCommand({ CiphertextBlob })).catch((error: Error) => error.name);
  const state = await eventually(async () =>
    (await refused()) === 'KMSInvalidStateException' ? 'refused' : undefined,
  );
  expect(state).toBe('refused');
  await aws.idle();
  expect((await actionsOn(key)).filter(({ action }) => action.api === 'Decrypt')).toEqual([]);

  await aws.deliverLogs();
  const uses = await eventually(async () => {
    const rows = await listAll(readKeyUse(table(), { ...window, key }));
    return rows.length >= 2 ? rows : undefined;
  });
  expect(uses).toMatchObject([
    { key, operation: 'Decrypt', succeeded: 1, failed: expect.any(Number) },
    { key, operation: 'Encrypt', succeeded: 1, failed: 0 },
  ]);
  const found = await eventually(async () => (await actionsOn(key)).find(({ action }) => action.api === 'Decrypt'));
  expect(found).toMatchObject({ action: { origin: 'archive', outcome: 'failed' } });
  expect(found.verdicts).toContainEqual(
    expect.objectContaining({ control: 'pending-deletion-key-not-used', verdict: 'violation' }),
  );
  expect(await listAll(readCoverage(table(), today()))).toContainEqual(
    expect.objectContaining({ account: aws.account, region: aws.region, unread: 0 }),
  );

  // The next one comes by EventBridge, and then again with a file.
  aws.gateway.faults.clear();
  await refused();
  await aws.idle();
  const last = (await actionsOn(key)).filter(({ action }) => action.api === 'Decrypt').at(-1);
  expect(last).toMatchObject({ action: { origin: 'eventbridge' } });
  const before = await countFiles();
  await aws.deliverLogs();
  // What must be judged is handed on before a file counts as read.
  await eventually(async () => ((await countFiles()) > before ? true : undefined));
  await aws.idle();
  const recorded = (await actionsOn(key)).filter(({ action }) => action.eventId === last?.action.eventId);
  expect(recorded).toHaveLength(1);
}, 300_000);

test('A file that is none ends in the dead letters, and is on the list', async () => {
  const s3 = new S3Client({ ...localClientConfig({ endpoint: aws.url, region: aws.region }), forcePathStyle: true });
  const minute = new Date().toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  const folder = `AWSLogs/${aws.account}/CloudTrail/${aws.region}/${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}`;
  const Key = `${folder}/${aws.account}_CloudTrail_${aws.region}_${minute}Z_NOGZIP.json.gz`;
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'hello' }));
  const unread = await eventually(async () =>
    (await listAll(readUnreadFiles(table(), today()))).find(({ key }) => key === Key),
  );
  expect(unread).toMatchObject({ outcome: 'unread', reason: expect.stringContaining('no gzip') });
  const QueueUrl = aws.url + new URL(outputs.KeyUseDeadLetterQueueUrl ?? '').pathname;
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const count = await eventually(async () => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Attributes?.ApproximateNumberOfMessages === '0' ? undefined : Attributes?.ApproximateNumberOfMessages;
  });
  expect(count).toBe('1');
}, 300_000);
