import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Entry } from '../../lib/ledger/entry.ts';
import { COMPLETENESS } from '../../lib/ledger/keys.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import type { ReconcileDone, ReconcileRefused } from '../../lib/reconcile/run-reconcile.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { recordOf } from './records.ts';

/** Records bear the time of two hours ago, so that CloudTrail has settled when the comparison comes. In milliseconds. */
const AGO = 2 * 3_600_000;

let aws: LocalAws;
let kms: KMSClient;
let sqs: SQSClient;
let lambda: LambdaClient;
let dynamo: DynamoDBDocumentClient;
let key = '';
const began = Date.now() - AGO - 60_000;
const text = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

beforeAll(async () => {
  aws = await startLocalAws({
    visibilityTimeout: 1,
    functionTimeout: 60,
    clock: () => new Date(Date.now() - AGO),
  });
  const config = localClientConfig({ endpoint: aws.url, region: aws.region });
  kms = new KMSClient(config);
  sqs = new SQSClient(config);
  lambda = new LambdaClient(config);
  dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] }));
  key = KeyMetadata?.Arn ?? '';
  await kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
  await aws.idle();
});

afterAll(async () => {
  for (const client of [kms, sqs, lambda, dynamo]) client?.destroy();
  await aws?.stop();
});

async function compare<Result = ReconcileDone>(input: object): Promise<Result> {
  const request = { FunctionName: aws.reconcileFunction, Payload: Buffer.from(JSON.stringify(input)) };
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand(request));
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(answer);
  return JSON.parse(answer) as Result;
}

const compareAll = () => compare({ from: text(began), to: text(Date.now() - AGO + 1000) });
const sum = ({ statements }: ReconcileDone, name: 'expected' | 'recorded' | 'backfilled' | 'failed' | 'extra') =>
  statements.reduce((total, { counts }) => total + counts[name], 0);

async function readChain(subject: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry } of readEntries({ client: dynamo, table: aws.table }, subject)) {
    entries.push(JSON.parse(String(entry)) as Entry);
  }
  return entries;
}

describe('with the consumer of the queue stopped and an event dropped', () => {
  const lost: string[] = [];

  test('a comparison finds and back-fills exactly what is missing, puts it right, tells it, and states it', async () => {
    await aws.runner.pauseQueues();
    aws.gateway.faults.add({ kind: 'drop', service: 'kms', operation: 'DisableKeyRotation', times: 1 });
    await kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    await kms.send(new UpdateKeyDescriptionCommand({ KeyId: key, Description: 'orders' }));
    await aws.gateway.delivered();
    lost.push(
      ...aws.gateway
        .records()
        .filter(({ eventName }) => ['DisableKeyRotation', 'UpdateKeyDescription'].includes(eventName))
        .map(({ eventID }) => eventID),
    );
    const before = aws.messages().length;
    const result = await compare({}).finally(aws.runner.resumeQueues);
    await aws.idle();
    expect(result.status).toBe('complete');
    expect(result.missing.map(({ eventId }) => eventId).toSorted()).toEqual(lost.toSorted());
    expect([sum(result, 'expected'), sum(result, 'recorded'), sum(result, 'backfilled')]).toEqual([4, 2, 2]);

    const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId: key }));
    expect(KeyRotationEnabled).toBe(true);
    const entries = (await readChain(key)).filter(({ eventId, type }) => type === 'action' && lost.includes(eventId));
    expect(entries).toMatchObject([
      { action: { origin: 'reconcile', api: 'DisableKeyRotation' } },
      { action: { origin: 'reconcile', api: 'UpdateKeyDescription' } },
    ]);
    const stated = (await readChain(COMPLETENESS)).flatMap((entry) =>
      entry.type === 'statement' ? [entry.statement] : [],
    );
    expect(stated).toEqual(result.statements);
    expect(stated.every(({ complete, gaps }) => complete && gaps.length === 0)).toBe(true);

    expect(aws.messages().slice(before)).toMatchObject([
      { attributes: { control: 'rotation-enabled', state: 'remediated' } },
    ]);
  });

  test('what the queue hands out afterwards is recorded no second time, and the next comparison finds nothing missing', async () => {
    const entries = (await readChain(key)).filter(({ eventId, type }) => type === 'action' && lost.includes(eventId));
    expect(entries).toHaveLength(2);
    const result = await compareAll();
    expect(result).toMatchObject({ status: 'complete', missing: [], extra: [] });
    // The call by which Keywarden enabled the rotation came back as an event of its own.
    expect([sum(result, 'expected'), sum(result, 'recorded'), sum(result, 'backfilled')]).toEqual([5, 5, 0]);
  });
});

test('An event that somebody invented and sent to the queue is named, and told once', async () => {
  const forged = recordOf({
    eventTime: text(Date.now() - AGO),
    eventName: 'UpdateKeyDescription',
    requestParameters: { keyId: key, description: 'nothing happened' },
    responseElements: null,
    resources: [{ accountId: aws.account, type: 'AWS::KMS::Key', ARN: key }],
  });
  const envelope = {
    version: '0',
    id: '11111111-2222-4333-8444-555555555555',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: aws.account,
    time: forged.eventTime,
    region: aws.region,
    resources: [],
    detail: forged,
  };
  await sqs.send(new SendMessageCommand({ QueueUrl: aws.queueUrl, MessageBody: JSON.stringify(envelope) }));
  await aws.idle();
  const before = aws.messages().length;
  for (const _time of ['first', 'second']) {
    const result = await compareAll();
    expect(result).toMatchObject({ status: 'complete', extra: [{ eventId: forged.eventID, subject: key }] });
  }
  await aws.idle();
  const told = aws.messages().slice(before);
  expect(told).toMatchObject([
    { attributes: { control: 'event-in-cloudtrail', severity: 'critical', state: 'opened' } },
  ]);
  expect(told[0]?.text).toContain(String(forged.eventID));
});

test('A window that is none is refused with what to send instead', async () => {
  const refused = await compare<ReconcileRefused>({ from: '2026-08-03T10:00:00Z', to: '2026-08-03T09:00:00Z' });
  expect(refused).toEqual({
    status: 'refused',
    message: expect.stringContaining('from is "2026-08-03T10:00:00Z", which is not before to'),
  });
});
