import { createServer, type Server } from 'node:net';
import { DescribeContinuousBackupsCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateRoleCommand, GetRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

let aws: LocalAws;
let config: ReturnType<typeof localClientConfig>;
let kms: KMSClient;
const clients: { destroy(): void }[] = [];

/** Has a client end with the tests. */
function use<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}

beforeAll(async () => {
  aws = await startLocalAws({ visibilityTimeout: 1, functionTimeout: 4 });
  config = localClientConfig({ endpoint: aws.url, region: aws.region });
  kms = use(new KMSClient(config));
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await aws?.stop();
});

describe('the deployed stack', () => {
  test('has the table with point-in-time recovery and deletion protection', async () => {
    const dynamodb = use(new DynamoDBClient(config));
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: aws.table }));
    const { ContinuousBackupsDescription: backups } = await dynamodb.send(
      new DescribeContinuousBackupsCommand({ TableName: aws.table }),
    );
    expect(Table?.DeletionProtectionEnabled).toBe(true);
    expect(backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
  });

  test('has a topic whose key lets SNS deliver and whose policy is the packaged one', async () => {
    const { Attributes } = await use(new SNSClient(config)).send(
      new GetTopicAttributesCommand({ TopicArn: aws.topicArn }),
    );
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: Attributes?.KmsMasterKeyId }));
    expect(sidsOf(Policy)).toContain('ServicesThatDeliver');
    expect(sidsOf(Attributes?.Policy ?? '')).toEqual([
      'OnlyThisAccountPublishes',
      'AlarmsOfThisAccountPublish',
      'NoPlainHttp',
    ]);
  });

  test('has queue and role policies that are the packaged ones', async () => {
    const request = new GetQueueAttributesCommand({ QueueUrl: aws.queueUrl, AttributeNames: ['Policy'] });
    const { Attributes } = await use(new SQSClient(config)).send(request);
    expect(sidsOf(Attributes?.Policy ?? '')).toEqual(['TheseRulesSend', 'NoPlainHttp']);
    const role = { RoleName: aws.lifecycleFunction, PolicyName: 'ledger' };
    const { PolicyDocument = '' } = await use(new IAMClient(config)).send(new GetRolePolicyCommand(role));
    expect(sidsOf(decodeURIComponent(PolicyDocument))).toContain('ReadAndAppend');
  });
});

test('Rotation that somebody switches off is on again, and the officer is told in words and in JSON', async () => {
  const keyId = await createKey();
  await aws.idle();
  const before = aws.messages().length;
  await kms.send(new DisableKeyRotationCommand({ KeyId: keyId }));
  await aws.idle();
  expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: keyId }))).toMatchObject({ KeyRotationEnabled: true });
  const [told, ...more] = aws.messages().slice(before);
  expect(more).toEqual([]);
  expect(told).toMatchObject({ attributes: { control: 'rotation-enabled', state: 'remediated' } });
  expect(told?.text).toContain(keyId);
  expect(told?.text).toContain('DisableKeyRotation');
  expect(JSON.parse(told?.machine ?? '')).toMatchObject({ action: { api: 'DisableKeyRotation' } });
  const own = aws.gateway
    .records()
    .filter(({ eventName }) => eventName === 'EnableKeyRotation')
    .at(-1);
  expect(own).toMatchObject({
    userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { userName: aws.lifecycleFunction } } },
  });
});

test('A function that dies after the change finishes its work when the message returns', async () => {
  const keyId = await createKey();
  await aws.idle();
  const principal = `*assumed-role/${aws.lifecycleFunction}/*`;
  aws.gateway.faults.add({ kind: 'crash-after', service: 'kms', operation: 'EnableKeyRotation', principal, times: 1 });
  const before = aws.messages().length;
  await kms.send(new DisableKeyRotationCommand({ KeyId: keyId }));
  await aws.idle();
  aws.gateway.faults.clear();
  expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: keyId }))).toMatchObject({ KeyRotationEnabled: true });
  const told = aws.messages().slice(before);
  expect(told.map(({ attributes }) => attributes.control)).toContain('rotation-enabled');
});

test('An IAM policy with too much reaches Keywarden, although events of IAM arrive in us-east-1', async () => {
  const iam = use(new IAMClient(config));
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }] };
  const PolicyDocument = JSON.stringify(document);
  await iam.send(new CreateRoleCommand({ RoleName: 'App', AssumeRolePolicyDocument: PolicyDocument }));
  await aws.idle();
  const before = aws.messages().length;
  await iam.send(new PutRolePolicyCommand({ RoleName: 'App', PolicyName: 'keys', PolicyDocument }));
  await aws.idle();
  const [told, ...more] = aws.messages().slice(before);
  expect(more).toEqual([]);
  expect(told).toMatchObject({ attributes: { control: 'iam-policy-kms-least-privilege', region: 'us-east-1' } });
  expect(told?.text).toContain('arn:aws:iam::111122223333:role/App');
  expect(told?.text).toContain('key/<key id>');
});

test('The remediate function can be invoked as in AWS', async () => {
  const keyId = await createKey();
  const payload = JSON.stringify({ key: keyId, action: 'verify', reason: 'a test', requestedBy: 'olivia@example.com' });
  const lambda = use(new LambdaClient(config));
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: aws.remediateFunction, Payload: Buffer.from(payload) }),
  );
  expect(answer.FunctionError).toBeUndefined();
  expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({ status: 'verified' });
});

test('A message that is no event is worked off too, and does not stay in the queue', async () => {
  await use(new SQSClient(config)).send(new SendMessageCommand({ QueueUrl: aws.queueUrl, MessageBody: 'no JSON' }));
  await aws.idle();
  const request = new GetQueueAttributesCommand({
    QueueUrl: aws.deadLetterQueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  const { Attributes } = await use(new SQSClient(config)).send(request);
  expect(Attributes?.ApproximateNumberOfMessages).toBe('0');
});

test('A second local AWS runs beside the first, shares nothing with it, and ends without it', async () => {
  const second = await startLocalAws({ region: 'us-east-1' });
  const other = new KMSClient(localClientConfig({ endpoint: second.url, region: second.region }));
  try {
    const before = aws.messages().length;
    const { KeyMetadata } = await other.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId ?? '';
    await second.idle();
    await aws.idle();
    expect(second.messages().length).toBeGreaterThan(0);
    for (const { text } of second.messages()) expect(text).toContain(KeyId);
    expect(aws.messages()).toHaveLength(before);
    await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' });
  } finally {
    other.destroy();
    await second.stop();
  }
  await expect(fetch(second.url)).rejects.toThrow();
  expect((await fetch(aws.url)).status).toBeGreaterThan(0);
});

test('A port in use is named in the error, and nothing is left running', async () => {
  const taken = await listen();
  const { port } = taken.address() as { port: number };
  await expect(startLocalAws({ port })).rejects.toThrow(`Port ${port} is in use`);
  taken.close();
});

test('A start that is called off stops what it started and says why it ended', async () => {
  const leaving = new AbortController();
  const log = (line: string) => {
    if (line.startsWith('Deploying')) leaving.abort(new Error('called off'));
  };
  await expect(startLocalAws({ signal: leaving.signal, log })).rejects.toThrow('called off');
});

async function createKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'A key of the test.' }));
  const keyId = KeyMetadata?.KeyId ?? '';
  await kms.send(new EnableKeyRotationCommand({ KeyId: keyId, RotationPeriodInDays: 365 }));
  return keyId;
}

function sidsOf(policy: string): string[] {
  const { Statement } = JSON.parse(policy);
  return Statement.map(({ Sid }: { Sid: string }) => Sid);
}

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
