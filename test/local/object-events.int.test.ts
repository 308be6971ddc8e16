import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const NOW = new Date('2026-11-24T09:01:02.345Z');

let aws: LocalAws;
let s3: S3Client;
let sqs: SQSClient;
let QueueUrl: string | undefined;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => NOW });
  s3 = new S3Client(aws.access());
  sqs = new SQSClient(aws.access());
  const events = new EventBridgeClient(aws.access());
  ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'objects' })));
  const pattern = { source: ['aws.s3'], 'detail-type': ['Object Created'] };
  await events.send(new PutRuleCommand({ Name: 'objects', EventPattern: JSON.stringify(pattern) }));
  const Arn = `arn:aws:sqs:${REGION}:111122223333:objects`;
  await events.send(new PutTargetsCommand({ Rule: 'objects', Targets: [{ Id: 'queue', Arn }] }));
});
afterAll(() => aws?.stop());

async function createBucket(Bucket: string, tells: boolean): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const NotificationConfiguration = tells ? { EventBridgeConfiguration: {} } : {};
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

/** The events that reached the queue since the last call. */
async function readEvents(): Promise<unknown[]> {
  await aws.gateway.delivered();
  const events: unknown[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return events;
    events.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)));
  }
}

test('An object that is put into a bucket that tells EventBridge is told once, with its size, ETag and version', async () => {
  await createBucket('telling', true);
  const versioning = { Bucket: 'telling', VersioningConfiguration: { Status: 'Enabled' as const } };
  await s3.send(new PutBucketVersioningCommand(versioning));
  const Key = 'AWSLogs/a file+with=signs.json';
  const put = await s3.send(new PutObjectCommand({ Bucket: 'telling', Key, Body: 'four' }));
  expect(await readEvents()).toEqual([
    expect.objectContaining({
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      region: REGION,
      time: '2026-11-24T09:01:02Z',
      resources: ['arn:aws:s3:::telling'],
      detail: {
        version: '0',
        bucket: { name: 'telling' },
        object: {
          key: Key,
          size: 4,
          etag: put.ETag?.replaceAll('"', ''),
          'version-id': put.VersionId,
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
        },
        'request-id': expect.any(String),
        requester: '111122223333',
        'source-ip-address': '192.0.2.1',
        reason: 'PutObject',
      },
    }),
  ]);
  await s3
    .send(new CopyObjectCommand({ Bucket: 'telling', Key: 'copy', CopySource: 'telling/copied' }))
    .catch(() => {});
  const CopySource = `telling/${encodeURIComponent(Key)}`;
  await s3.send(new CopyObjectCommand({ Bucket: 'telling', Key: 'copy', CopySource }));
  const events = await readEvents();
  expect(events).toEqual([expect.objectContaining({ detail: expect.objectContaining({ reason: 'CopyObject' }) })]);
});

test('What creates no object, and what is put into a bucket that does not tell EventBridge, is not told', async () => {
  await createBucket('silent', false);
  await s3.send(new PutObjectCommand({ Bucket: 'silent', Key: 'one', Body: 'one' }));
  await createBucket('tagged', true);
  await s3.send(new PutObjectCommand({ Bucket: 'tagged', Key: 'one', Body: 'one' }));
  expect(await readEvents()).toHaveLength(1);
  const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] };
  await s3.send(new PutObjectTaggingCommand({ Bucket: 'tagged', Key: 'one', Tagging }));
  expect(await readEvents()).toEqual([]);
  const told = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: 'tagged' }));
  expect(told.EventBridgeConfiguration).toEqual({});
});
