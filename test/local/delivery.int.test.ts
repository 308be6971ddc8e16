import { DisableRuleCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const ACCOUNT = '111122223333';
const CALLS = { source: ['aws.kms'], 'detail-type': ['AWS API Call via CloudTrail'] };

let aws: LocalAws;
let kms: KMSClient;
let sqs: SQSClient;
let events: EventBridgeClient;
let key: { id: string; arn: string };
const logged: string[] = [];
const invoked: unknown[] = [];

beforeAll(async () => {
  aws = await startLocalAws({
    clock: () => new Date('2026-11-24T09:00:00.5Z'),
    log: (line) => logged.push(line),
    invokeFunction: async (name, payload, type) => {
      invoked.push({ name, type, detail: JSON.parse(payload.toString()).detail.eventName });
      return { payload: 'null' };
    },
  });
  kms = new KMSClient(aws.access());
  sqs = new SQSClient(aws.access());
  events = new EventBridgeClient(aws.access());
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  key = { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
  for (const name of ['calls', 'off', 'dead', 'direct']) await sqs.send(new CreateQueueCommand({ QueueName: name }));
  await connect('calls', CALLS, [{ Id: '1', Arn: arnOf('calls') }]);
});
afterAll(() => aws?.stop());
beforeEach(() => aws.gateway.faults.clear());

function arnOf(queue: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;
}

async function connect(rule: string, pattern: object, targets: { Id: string; Arn: string }[]): Promise<void> {
  await events.send(new PutRuleCommand({ Name: rule, EventPattern: JSON.stringify(pattern) }));
  await events.send(new PutTargetsCommand({ Rule: rule, Targets: targets }));
}

/** Everything in a queue now, taken out of it, oldest first. */
async function drain(queue: string) {
  await aws.gateway.delivered();
  const QueueUrl = `${aws.gateway.url}/${ACCOUNT}/${queue}`;
  const bodies = [];
  for (;;) {
    const input = { QueueUrl, MaxNumberOfMessages: 1, MessageAttributeNames: ['All'] };
    const [message] = (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? [];
    if (message === undefined) return bodies;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    bodies.push({ ...JSON.parse(message.Body ?? ''), attributes: message.MessageAttributes });
  }
}

async function disable(): Promise<void> {
  await kms.send(new DisableKeyCommand({ KeyId: key.id }));
}
async function enable(): Promise<void> {
  await kms.send(new EnableKeyCommand({ KeyId: key.id }));
}

test('An event that is dropped is recorded and never delivered', async () => {
  await drain('calls');
  aws.gateway.faults.add({ kind: 'drop', service: 'kms', operation: 'DisableKey', times: 1 });
  const before = aws.gateway.records().length;
  await disable();
  await enable();
  expect((await drain('calls')).map(({ detail }) => detail.eventName)).toEqual(['EnableKey']);
  expect(aws.gateway.records().slice(before)).toHaveLength(2);
});

test('A record arrives in the envelope of EventBridge, and no field more', async () => {
  await drain('calls');
  await disable();
  const [{ attributes, ...envelope }] = await drain('calls');
  expect(attributes).toBeUndefined();
  expect(envelope).toEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: ACCOUNT,
    time: '2026-11-24T09:00:00Z',
    region: REGION,
    resources: [],
    detail: aws.gateway.records().at(-1),
  });
});

test('A refused call arrives too', async () => {
  await drain('calls');
  const rule = aws.gateway.denials.add({ action: 'kms:EnableKey' });
  await expect(enable()).rejects.toThrow();
  aws.gateway.denials.remove(rule);
  expect(await drain('calls')).toMatchObject([{ detail: { eventName: 'EnableKey', errorCode: 'AccessDenied' } }]);
});

test('A disabled rule delivers nothing', async () => {
  await connect('off', CALLS, [{ Id: '1', Arn: arnOf('off') }]);
  await events.send(new DisableRuleCommand({ Name: 'off' }));
  await enable();
  expect(await drain('off')).toEqual([]);
});

test('A key deletion is told twice: as a service event of CloudTrail and directly', async () => {
  await connect('direct', { source: ['aws.kms'], 'detail-type': [{ 'anything-but': 'AWS API Call via CloudTrail' }] }, [
    { Id: '1', Arn: arnOf('direct') },
  ]);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await aws.gateway.emit({ name: 'DeleteKey', key: KeyMetadata?.KeyId ?? '', region: REGION });
  expect(await drain('direct')).toMatchObject([
    {
      'detail-type': 'AWS Service Event via CloudTrail',
      resources: [],
      detail: { eventName: 'DeleteKey', eventType: 'AwsServiceEvent', responseElements: { keyId: KeyMetadata?.Arn } },
    },
    { 'detail-type': 'KMS CMK Deletion', resources: [KeyMetadata?.Arn], detail: { 'key-id': KeyMetadata?.KeyId } },
  ]);
});

test('What a target cannot take goes to its dead-letter queue with the reason, and the other targets get it', async () => {
  await drain('calls');
  const broken = { Id: '1', Arn: arnOf('no-such-queue'), DeadLetterConfig: { Arn: arnOf('dead') } };
  await connect('broken', { ...CALLS, detail: { eventName: ['EnableKey'] } }, [broken]);
  await enable();
  const [letter] = await drain('dead');
  expect(letter).toMatchObject({
    detail: { eventName: 'EnableKey' },
    attributes: {
      TARGET_ARN: { StringValue: broken.Arn },
      RULE_ARN: { StringValue: `arn:aws:events:${REGION}:${ACCOUNT}:rule/broken` },
    },
  });
  expect(letter.attributes.ERROR_MESSAGE.StringValue).toMatch(/exist/);
  expect(logged.join('\n')).toContain(broken.Arn);
  expect(await drain('calls')).toHaveLength(1);
});

test('A function that is a target is invoked', async () => {
  const Arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:watch`;
  await connect('function', { ...CALLS, detail: { eventName: ['DisableKey'] } }, [{ Id: '1', Arn }]);
  await disable();
  await aws.gateway.delivered();
  expect(invoked).toEqual([{ name: 'watch', type: 'Event', detail: 'DisableKey' }]);
});

test('A rule with a matcher that is not known is logged, not taken for one that does not match, and hinders no other', async () => {
  await drain('calls');
  await connect('an-odd-one', { source: [{ 'no-such-matcher': 1 }] }, [{ Id: '1', Arn: arnOf('off') }]);
  await enable();
  expect(await drain('calls')).toHaveLength(1);
  await events.send(new DisableRuleCommand({ Name: 'an-odd-one' }));
  expect(logged).toContainEqual(expect.stringMatching(/an-odd-one.*no-such-matcher/));
});

describe('faults of delivery', () => {
  test('duplicate: the same event, with the same id, arrives twice', async () => {
    await drain('calls');
    aws.gateway.faults.add({ kind: 'duplicate', service: 'kms', operation: 'DisableKey', times: 1 });
    await disable();
    const [first, second, ...rest] = await drain('calls');
    expect(second).toEqual(first);
    expect(rest).toEqual([]);
    await disable();
    expect(await drain('calls')).toHaveLength(1);
  });

  test('reorder: an event arrives after the one that came later', async () => {
    await drain('calls');
    aws.gateway.faults.add({ kind: 'reorder', operation: 'DisableKey', times: 1, milliseconds: 60_000 });
    await disable();
    await enable();
    const names = (await drain('calls')).map((event) => event.detail.eventName);
    expect(names).toEqual(['EnableKey', 'DisableKey']);
  });

  test('reorder: an event that nothing follows arrives in the end', async () => {
    await drain('calls');
    aws.gateway.faults.add({ kind: 'reorder', operation: 'DisableKey', times: 1, milliseconds: 50 });
    await disable();
    expect(await drain('calls')).toHaveLength(1);
  });
});
