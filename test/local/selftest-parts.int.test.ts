import { EventBridgeClient, RemoveTargetsCommand } from '@aws-sdk/client-eventbridge';
import { DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SNSClient,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKillSwitch } from '../../lib/aws/kill-switch.ts';
import type { Check } from '../../lib/selftest/check.ts';
import { type Eyes, lookAtAll, type Parts } from '../../lib/selftest/look.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

const ACCOUNT = '111122223333';
const SWITCH = '/keywarden/dev/kill-switch';

let aws: LocalAws;
let eyes: Eyes;
let ssm: SSMClient;
let parts: Parts;

beforeAll(async () => {
  aws = await startLocalAws({});
  const config = localClientConfig({ endpoint: aws.url, region: aws.region });
  ssm = new SSMClient(config);
  const clients = {
    sns: new SNSClient(config),
    kms: new KMSClient(config),
    sqs: new SQSClient(config),
    events: new EventBridgeClient(config),
    lambda: new LambdaClient(config),
  };
  // A new one each time: an answer counts for half a minute.
  eyes = { ...clients, stopped: (onTransient) => createKillSwitch(ssm, SWITCH, () => new Date())(onTransient) };
  const arnOf = (service: string, name: string) => `arn:aws:${service}:${aws.region}:${ACCOUNT}:${name}`;
  const urlOf = async (QueueName: string) =>
    (await clients.sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  const topicArn = arnOf('sns', 'keywarden-dev-officer');
  const { Attributes } = await clients.sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
  parts = {
    topicArn,
    topicKeyArn: Attributes?.KmsMasterKeyId ?? '',
    receiptsArn: arnOf('sqs', 'keywarden-dev-selftest-receipts'),
    queueUrl: await urlOf('keywarden-dev-lifecycle'),
    queueArn: arnOf('sqs', 'keywarden-dev-lifecycle'),
    deadLetterUrls: [await urlOf('keywarden-dev-lifecycle-dead-letters')],
    ruleNames: ['keywarden-dev-kms-calls', 'keywarden-dev-kms-events'],
    lifecycleFunction: 'keywarden-dev-lifecycle',
  };
}, 300_000);
afterAll(() => aws.stop());

const look = (): Promise<readonly Check[]> => lookAtAll(parts, eyes, ACCOUNT);
const find = async (name: string) => (await look()).find((one) => one.name === name);

test('Every part of the deployed stack is in order, and none is left out', async () => {
  expect((await look()).map(({ name, ok }) => [name, ok])).toEqual(
    [
      ['officer-topic', 'topic-key', 'subscriptions'],
      ['rule keywarden-dev-kms-calls', 'rule keywarden-dev-kms-events', 'event-source-mapping', 'queue'],
      ['dead-letters keywarden-dev-lifecycle-dead-letters', 'kill-switch'],
    ]
      .flat()
      .map((name) => [name, true]),
  );
});

// Each breaks one more part of the same stack.
test.each<[string, string, false | 'unknown', string, () => Promise<unknown>]>([
  [
    'a rule that lost its target',
    'rule keywarden-dev-kms-events',
    false,
    'does not deliver',
    () => eyes.events.send(new RemoveTargetsCommand({ Rule: 'keywarden-dev-kms-events', Ids: ['lifecycle-queue'] })),
  ],
  [
    'dead letters',
    'dead-letters keywarden-dev-lifecycle-dead-letters',
    false,
    '1 message is dead',
    () => eyes.sqs.send(new SendMessageCommand({ QueueUrl: parts.deadLetterUrls[0], MessageBody: '{}' })),
  ],
  [
    'a mapping that is disabled',
    'event-source-mapping',
    false,
    'messages stay in the queue',
    async () => {
      const query = new ListEventSourceMappingsCommand({ EventSourceArn: parts.queueArn });
      const { EventSourceMappings = [] } = await eyes.lambda.send(query);
      const UUID = EventSourceMappings[0]?.UUID;
      await eyes.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    },
  ],
  [
    'the way back that somebody unsubscribed',
    'subscriptions',
    false,
    'brings the test message back',
    async () => {
      const query = new ListSubscriptionsByTopicCommand({ TopicArn: parts.topicArn });
      const { Subscriptions = [] } = await eyes.sns.send(query);
      const SubscriptionArn = Subscriptions.find(({ Endpoint }) => Endpoint === parts.receiptsArn)?.SubscriptionArn;
      await eyes.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    },
  ],
  [
    'a kill switch that cannot be read',
    'kill-switch',
    'unknown',
    'could not be read',
    () => ssm.send(new DeleteParameterCommand({ Name: SWITCH })),
  ],
  [
    'a key that is disabled',
    'topic-key',
    false,
    'nothing that is sent arrives',
    () => eyes.kms.send(new DisableKeyCommand({ KeyId: parts.topicKeyArn })),
  ],
])('The look finds %s', async (_what, name, ok, says, breakIt) => {
  expect(await find(name)).toMatchObject({ ok: true });
  await breakIt();
  expect(await find(name)).toMatchObject({
    ok,
    what: expect.stringContaining(says),
    whatToDo: expect.stringMatching(/\.$|[a-z0-9]$/),
  });
});
