import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetResourcePolicyCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Entry } from '../../lib/ledger/entry.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { writeEvent } from '../pipeline/events.ts';

let aws: LocalAws;
let config: ReturnType<typeof localClientConfig>;
const clients: { destroy(): void }[] = [];
function use<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}

beforeAll(async () => {
  aws = await startLocalAws({ functionTimeout: 60, visibilityTimeout: 20 });
  config = localClientConfig({ endpoint: aws.url, region: aws.region });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await aws?.stop();
});

const countOf = async (QueueUrl: string): Promise<number> => {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes } = await use(new SQSClient(config)).send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
};

test('A hundred events on one key at once leave one unbroken chain, with nothing lost and no dead letter', async () => {
  const kms = use(new KMSClient(config));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const key = KeyMetadata?.Arn ?? '';
  await kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
  await aws.idle();
  const before = (await readChain(key)).length;

  const ids = Array.from({ length: 100 }, () => randomUUID());
  const sqs = use(new SQSClient(config));
  const batches = Array.from({ length: 10 }, (_none, batch) =>
    ids.slice(batch * 10, batch * 10 + 10).map((eventID) => ({
      Id: eventID,
      MessageBody: writeEvent('EnableKeyRotation', key, { eventID }),
    })),
  );
  await Promise.all(
    batches.map((Entries) => sqs.send(new SendMessageBatchCommand({ QueueUrl: aws.queueUrl, Entries }))),
  );
  await aws.idle();

  const chain = await readChain(key);
  expect(chain.map(({ seq }) => seq)).toEqual(chain.map((_entry, place) => place + 1));
  const recorded = chain.slice(before).filter(({ type }) => type === 'action');
  expect(recorded.map(({ eventId }) => eventId).toSorted()).toEqual(ids.toSorted());
  expect(await countOf(aws.deadLetterQueueUrl)).toBe(0);
  expect((await verifyLedger(tableOf())).problems).toEqual([]);
}, 240_000);

test('The table is deployed with the policy that keeps everybody else from writing', async () => {
  const ResourceArn = `arn:aws:dynamodb:${aws.region}:${aws.account}:table/${aws.table}`;
  const { Policy = '' } = await use(new DynamoDBClient(config)).send(new GetResourcePolicyCommand({ ResourceArn }));
  const { Statement } = JSON.parse(Policy) as { Statement: { Sid: string; Resource: string }[] };
  expect(Statement.map(({ Sid }) => Sid)).toEqual(['NobodyDeletes', 'OnlyKeywardenWrites']);
  expect(Statement.map(({ Resource }) => Resource)).toEqual([ResourceArn, ResourceArn]);
});

const tableOf = () => ({
  client: DynamoDBDocumentClient.from(use(new DynamoDBClient(config))),
  table: aws.table,
});

async function readChain(subject: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const item of readEntries(tableOf(), subject)) entries.push(JSON.parse(String(item.entry)) as Entry);
  return entries;
}
