import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createDynamoClient,
  createEventBridgeClient,
  createKmsClient,
  createSnsClient,
  createSqsClient,
} from '../../../lib/aws/clients.ts';
import type { OutcomeEntry } from '../../../lib/ledger/entry.ts';
import { readEntries } from '../../../lib/ledger/read.ts';
import { type LocalAws, startLocalAws } from '../../../local/local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws({ functionTimeout: 120 });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
});
afterAll(() => aws?.stop());

test('The deployed function tells the chat and other programs of a key that breaks a rule, and the ledger says so', async () => {
  const place = { endpoint: aws.url, region: aws.region };
  const [sns, sqs, events] = [createSnsClient(place), createSqsClient(place), createEventBridgeClient(place)];
  const createInbox = async (name: string) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const read = async () =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? [];
    return { arn: `arn:aws:sqs:${aws.region}:${aws.account}:${name}`, read };
  };
  const chat = await createInbox('chat-inbox');
  const listener = await createInbox('listener');
  const topic = `arn:aws:sns:${aws.region}:${aws.account}:keywarden-dev-chat`;
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: chat.arn }));
  await events.send(new PutRuleCommand({ Name: 'tickets', EventPattern: JSON.stringify({ source: ['keywarden'] }) }));
  await events.send(new PutTargetsCommand({ Rule: 'tickets', Targets: [{ Id: 'queue', Arn: listener.arn }] }));

  const { KeyMetadata } = await createKmsClient(place).send(new CreateKeyCommand({}));
  const key = KeyMetadata?.Arn ?? '';
  await aws.idle();

  const entries = [];
  for await (const { entry } of readEntries({ client: createDynamoClient(place), table: aws.table }, key)) {
    entries.push(JSON.parse(String(entry)) as OutcomeEntry);
  }
  const told = entries.filter(({ type }) => type === 'outcome').flatMap((outcome) => outcome.told);
  expect(told.length).toBeGreaterThan(0);
  for (const one of told) {
    expect(Object.keys(one.also ?? {}).sort()).toEqual(['chat', 'events']);
    expect(Object.values(one.also ?? {}).filter((answer) => answer.startsWith('not told'))).toEqual([]);
  }
  const notifications = (await chat.read()).map(({ Body = '' }) => JSON.parse(JSON.parse(Body).Message));
  expect(notifications).toContainEqual(
    expect.objectContaining({ source: 'custom', metadata: expect.objectContaining({ relatedResources: [key] }) }),
  );
  const heard = (await listener.read()).map(({ Body = '' }) => JSON.parse(Body));
  expect(heard).toContainEqual(expect.objectContaining({ source: 'keywarden', resources: [key] }));
}, 120_000);
