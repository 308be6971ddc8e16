import { createServer } from 'node:net';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Gateway, type Invocation, startGateway } from '../../local/gateway/gateway.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';
import { zip } from './zip.ts';

const ACCOUNT = '111122223333';
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

let aws: LocalAws;
let gateway: Gateway;
let kms: KMSClient;
let keyId: string;
const crashed: string[] = [];
const invocations: { name: string; type: string; payload: string }[] = [];
let outcome: () => Promise<Invocation> = async () => ({ payload: '{}' });

beforeAll(async () => {
  aws = await startLocalAws({
    onCrash: (principal) => crashed.push(principal),
    invokeFunction: (name, payload, type) => {
      invocations.push({ name, type, payload: payload.toString() });
      return outcome();
    },
  });
  gateway = aws.gateway;
  kms = new KMSClient(aws.access());
  keyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? '';
});
afterAll(() => aws?.stop());
afterEach(() => {
  gateway.faults.clear();
  gateway.denials.clear();
});

const describeKey = () => kms.send(new DescribeKeyCommand({ KeyId: keyId }));

test('Every service answers for the account of the local AWS, and STS says who one is', async () => {
  const identity = await new STSClient(aws.access()).send(new GetCallerIdentityCommand({}));
  const topic = await new SNSClient(aws.access()).send(new CreateTopicCommand({ Name: 'officer' }));
  expect(identity).toMatchObject({ Account: ACCOUNT, Arn: OPERATOR, UserId: 'AIDAOPERATOROPERATOR' });
  expect(topic.TopicArn).toBe(`arn:aws:sns:${REGION}:${ACCOUNT}:officer`);
});

test('Any method and body passes as it is, and HEAD tells the length of what it does not send', async () => {
  const scope = `AWS4-HMAC-SHA256 Credential=anyone/20261124/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`;
  const ask = (method: string, path: string, body?: Uint8Array<ArrayBuffer>) =>
    fetch(gateway.url + path, { method, headers: { authorization: scope }, ...(body === undefined ? {} : { body }) });
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
  const location = `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;
  await ask('PUT', '/bundles', new TextEncoder().encode(location));
  await ask('PUT', '/bundles/a%20b.zip', bytes);
  const head = await ask('HEAD', '/bundles/a%20b.zip');
  expect(head.headers.get('content-length')).toBe('70000');
  const got = await ask('GET', '/bundles/a%20b.zip');
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  expect((await ask('DELETE', '/bundles/a%20b.zip')).status).toBe(204);
  expect((await ask('GET', '/bundles/a%20b.zip')).status).toBe(404);
});

test('Calls are counted with service, operation, caller and outcome', async () => {
  const before = gateway.calls().length;
  await describeKey();
  await expect(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' }))).rejects.toThrow();
  await new IAMClient(aws.access()).send(new GetRoleCommand({ RoleName: 'none' })).catch(() => undefined);
  const place = { region: REGION, principal: OPERATOR };
  expect(gateway.calls().slice(before)).toEqual([
    { service: 'kms', operation: 'DescribeKey', ...place, status: 200 },
    { service: 'kms', operation: 'DescribeKey', ...place, status: 400, errorCode: 'NotFoundException' },
    {
      service: 'iam',
      operation: 'GetRole',
      ...place,
      status: 404,
      errorCode: 'NoSuchEntity',
    },
  ]);
});

test('DynamoDB transactions that fail lose nothing that others write at the same time', async () => {
  const db = new DynamoDBClient({ ...aws.access(), maxAttempts: 1 });
  const pk = (S: string) => ({ pk: { S } });
  const table = {
    TableName: 'ledger',
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  };
  await db.send(new CreateTableCommand(table));
  // Large, so that moto's copy of the table takes its time and the others get in between.
  const bulk = { L: Array.from({ length: 20_000 }, () => ({ S: 'x' })) };
  await db.send(new PutItemCommand({ TableName: 'ledger', Item: { ...pk('taken'), bulk } }));
  const fail = { Put: { TableName: 'ledger', Item: pk('taken'), ConditionExpression: 'attribute_not_exists(pk)' } };
  const names = Array.from({ length: 30 }, (_, index) => `entry-${index}`);
  await Promise.all(
    names.flatMap((name) => [
      db.send(new PutItemCommand({ TableName: 'ledger', Item: pk(name) })),
      expect(db.send(new TransactWriteItemsCommand({ TransactItems: [fail] }))).rejects.toMatchObject({
        name: 'TransactionCanceledException',
      }),
    ]),
  );
  for (const name of names) {
    const { Item } = await db.send(new GetItemCommand({ TableName: 'ledger', Key: pk(name) }));
    expect(Item).toEqual(pk(name));
  }
});

describe('a denial', () => {
  test('holds for the principals, actions and resources of its patterns only', async () => {
    const session = await aws.asSession('auditor', 'ann');
    gateway.denials.add({
      principal: 'arn:aws:sts::*:assumed-role/auditor/*',
      action: 'kms:Disable*',
      resource: `*:key/${keyId}`,
    });
    await expect(session.send(new DisableKeyCommand({ KeyId: keyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'arn:aws:sts::111122223333:assumed-role/auditor/ann is not authorized to perform: kms:DisableKey',
      ),
    });
    await expect(session.send(new DescribeKeyCommand({ KeyId: keyId }))).resolves.toBeDefined();
    await expect(kms.send(new DisableKeyCommand({ KeyId: keyId }))).resolves.toBeDefined();
  });

  test('answers a query service in XML, as AWS does', async () => {
    gateway.denials.add({ action: 'iam:*' });
    const call = new IAMClient(aws.access()).send(
      new CreateRoleCommand({ RoleName: 'x', AssumeRolePolicyDocument: '{}' }),
    );
    await expect(call).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('iam:CreateRole'),
    });
  });
});

describe('a fault', () => {
  test('throttle refuses, once the first are let pass, as often as it is told', async () => {
    gateway.faults.add({ kind: 'throttle', service: 'kms', operation: 'DescribeKey', after: 1, times: 2 });
    await expect(describeKey()).resolves.toBeDefined();
    await expect(describeKey()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(kms.send(new ListKeysCommand({}))).resolves.toBeDefined();
    await expect(describeKey()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(describeKey()).resolves.toBeDefined();
    expect(gateway.faults.list()).toMatchObject([{ seen: 4, struck: 2 }]);
  });

  test('throttle of a write is recorded with its parameters and no resources', async () => {
    gateway.faults.add({ kind: 'throttle', operation: 'DisableKey' });
    await expect(kms.send(new DisableKeyCommand({ KeyId: keyId }))).rejects.toThrow('Rate exceeded');
    const record = gateway.records().at(-1);
    expect(record).toMatchObject({
      eventName: 'DisableKey',
      errorCode: 'ThrottlingException',
      requestParameters: { keyId },
      responseElements: null,
    });
    expect(record).not.toHaveProperty('resources');
  });

  test('throttle is what the SDK retries', async () => {
    gateway.faults.add({ kind: 'throttle', service: 'kms', times: 1 });
    const patient = new KMSClient({ ...aws.access(), maxAttempts: 3 });
    const { $metadata } = await patient.send(new DescribeKeyCommand({ KeyId: keyId }));
    expect($metadata.attempts).toBe(2);
  });

  test('server-error answers 500 and does nothing', async () => {
    gateway.faults.add({ kind: 'server-error', operation: 'CreateKey' });
    const before = gateway.records().length;
    await expect(kms.send(new CreateKeyCommand({}))).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(gateway.records()).toHaveLength(before);
  });

  test('refuse-connection drops the connection before any work', async () => {
    gateway.faults.add({ kind: 'refuse-connection', operation: 'CreateKey' });
    const before = (await kms.send(new ListKeysCommand({}))).Keys?.length;
    await expect(kms.send(new CreateKeyCommand({}))).rejects.toThrow();
    expect((await kms.send(new ListKeysCommand({}))).Keys).toHaveLength(before ?? -1);
    expect(gateway.calls().at(-2)).toMatchObject({ operation: 'CreateKey', status: 0 });
  });

  test('lost-response does the work, records it, and drops the connection', async () => {
    gateway.faults.add({ kind: 'lost-response', operation: 'CreateKey' });
    const before = (await kms.send(new ListKeysCommand({}))).Keys?.length ?? 0;
    await expect(kms.send(new CreateKeyCommand({}))).rejects.toThrow();
    expect((await kms.send(new ListKeysCommand({}))).Keys).toHaveLength(before + 1);
    expect(gateway.records().at(-1)).toMatchObject({ eventName: 'CreateKey' });
    expect(gateway.records().at(-1)).not.toHaveProperty('errorCode');
  });

  test('crash-after does the work and tells whose process is to be killed', async () => {
    const session = await aws.asSession('lifecycle', 'run-1');
    gateway.faults.add({ kind: 'crash-after', principal: '*/lifecycle/*', times: 1 });
    const before = gateway.records().length;
    await expect(session.send(new CreateKeyCommand({}))).rejects.toThrow();
    expect(crashed).toEqual([`arn:aws:sts::${ACCOUNT}:assumed-role/lifecycle/run-1`]);
    expect(gateway.records()).toHaveLength(before + 1);
  });

  test('latency only delays', async () => {
    gateway.faults.add({ kind: 'latency', operation: 'DescribeKey', milliseconds: 150, times: 1 });
    const start = performance.now();
    await expect(describeKey()).resolves.toBeDefined();
    expect(performance.now() - start).toBeGreaterThanOrEqual(149);
  });

  test('that cannot be is refused with its value', () => {
    expect(() => gateway.faults.add({ kind: 'throttle', times: 0 })).toThrow(
      'times is 0; it must be a whole number, at least 1.',
    );
  });
});

describe('invoking a function', () => {
  let lambda: LambdaClient;
  beforeAll(async () => {
    lambda = new LambdaClient(aws.access());
    const iam = new IAMClient(aws.access());
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'fn', AssumeRolePolicyDocument: '{}' }));
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'remediate',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: Role?.Arn,
        Code: { ZipFile: zip({ 'index.mjs': 'export const handler = () => 1;' }) },
      }),
    );
  });

  test('returns what the runner made of it', async () => {
    outcome = async () => ({ payload: '{"verdict":"compliant"}' });
    const Payload = Buffer.from('{"key":"x"}');
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'remediate', Payload }));
    expect(answer.StatusCode).toBe(200);
    expect(answer.FunctionError).toBeUndefined();
    expect(answer.Payload?.transformToString()).toBe('{"verdict":"compliant"}');
    expect(invocations.at(-1)).toEqual({ name: 'remediate', type: 'RequestResponse', payload: '{"key":"x"}' });
  });

  test('says that the function failed', async () => {
    outcome = async () => ({ functionError: 'Unhandled', payload: '{"errorMessage":"no"}' });
    const FunctionName = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:remediate`;
    const answer = await lambda.send(new InvokeCommand({ FunctionName }));
    expect(answer.FunctionError).toBe('Unhandled');
    expect(invocations.at(-1)?.name).toBe('remediate');
  });

  test('asynchronously does not wait for it', async () => {
    const never = Promise.withResolvers<Invocation>();
    outcome = () => never.promise;
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'remediate', InvocationType: 'Event' }));
    expect(answer.StatusCode).toBe(202);
    expect(invocations.at(-1)?.type).toBe('Event');
    never.resolve({ payload: '' });
  });

  test('that does not exist is not found', async () => {
    const call = lambda.send(new InvokeCommand({ FunctionName: 'nobody' }));
    await expect(call).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('that the runner cannot run is an error of the service, with the reason', async () => {
    outcome = async () => {
      throw new Error('the bundle is missing');
    };
    const call = lambda.send(new InvokeCommand({ FunctionName: 'remediate' }));
    await expect(call).rejects.toMatchObject({
      name: 'ServiceException',
      message: expect.stringContaining('the bundle is missing'),
    });
  });

  test('needs a runner, and says so without one', async () => {
    const bare = await startGateway({ motoUrl: aws.motoUrl, account: ACCOUNT });
    const client = new LambdaClient({ ...aws.access(), endpoint: bare.url });
    const call = client.send(new InvokeCommand({ FunctionName: 'remediate' }));
    await expect(call).rejects.toMatchObject({ message: expect.stringContaining('started without a runner') });
    await bare.stop();
  });
});

describe('two gateways side by side', () => {
  test('know nothing of each other’s calls and faults', async () => {
    const other = await startGateway({ motoUrl: aws.motoUrl, account: ACCOUNT });
    const there = new KMSClient({ ...aws.access(), endpoint: other.url });
    gateway.faults.add({ kind: 'throttle', service: 'kms' });
    await there.send(new CreateKeyCommand({}));
    expect(other.records()).toHaveLength(1);
    expect(other.calls()).toHaveLength(1);
    expect(other.port).not.toBe(gateway.port);
    await other.stop();
    await other.stop();
    await expect(fetch(other.url)).rejects.toThrow();
  });

  test('cannot have the same port', async () => {
    const call = startGateway({ motoUrl: aws.motoUrl, account: ACCOUNT, port: gateway.port });
    await expect(call).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

test('A moto that is gone is an error that says so', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  const port = await new Promise<number>((resolve) => {
    free.once('listening', () => resolve((free.address() as { port: number }).port));
  });
  await new Promise((resolve) => free.close(resolve));
  const logged: string[] = [];
  const lonely = await startGateway({
    motoUrl: `http://127.0.0.1:${port}`,
    account: ACCOUNT,
    log: (line) => logged.push(line),
  });
  const call = new KMSClient({ ...aws.access(), endpoint: lonely.url }).send(new ListKeysCommand({}));
  await expect(call).rejects.toMatchObject({ message: `moto does not answer on http://127.0.0.1:${port}.` });
  expect(logged.join()).toContain('moto does not answer');
  await lonely.stop();
});

describe('the control endpoint', () => {
  async function control(method: string, path: string, body?: unknown) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${gateway.url}/_keywarden/${path}`, {
      method,
      ...(body === undefined ? {} : { body: text }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  test('tells that it is up, what was called and what was recorded', async () => {
    expect(await control('GET', 'health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect((await control('GET', 'records')).body).toEqual(JSON.parse(JSON.stringify(gateway.records())));
    expect((await control('GET', 'calls')).body).toHaveLength(gateway.calls().length);
  });

  test('adds, lists and removes faults and denials', async () => {
    const { body } = await control('POST', 'faults', { kind: 'throttle', service: 'kms', times: 3 });
    expect((await control('GET', 'faults')).body).toMatchObject([
      { id: body.id, kind: 'throttle', times: 3, struck: 0 },
    ]);
    await expect(describeKey()).rejects.toThrow();
    await control('DELETE', `faults/${body.id}`);
    await expect(describeKey()).resolves.toBeDefined();
    await control('POST', 'denials', { action: 'kms:DescribeKey' });
    await expect(describeKey()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await control('DELETE', 'denials')).toEqual({ status: 200, body: { removed: 'all' } });
    await expect(describeKey()).resolves.toBeDefined();
  });

  test('emits what KMS does by itself', async () => {
    const { status, body } = await control('POST', 'service-events', { name: 'RotateKey', key: keyId, region: REGION });
    expect(status).toBe(200);
    expect(body).toMatchObject({ eventName: 'RotateKey', serviceEventDetails: { rotationType: 'AUTOMATIC', keyId } });
    expect(gateway.records().at(-1)?.eventID).toBe(body.eventID);
  });

  test.each([
    ['POST', 'faults', { kind: 'boom' }, 400, 'kind is "boom"; it must be one of throttle, server-error'],
    ['POST', 'faults', { kind: 'throttle', times: 'x' }, 400, 'times is "x"; it must be a number'],
    ['POST', 'faults', { kind: 'throttle', times: 1.5 }, 400, 'times is 1.5; it must be a whole number'],
    [
      'POST',
      'faults',
      { kind: 'throttle', operations: 'x' },
      400,
      'There is no field "operations"; there are kind, service',
    ],
    ['POST', 'faults', '{"kind":', 400, 'The body must be a JSON object, and it is {"kind":.'],
    ['POST', 'faults', '', 400, 'The body must be a JSON object, and it is empty.'],
    ['DELETE', 'faults/none', undefined, 404, 'There is nothing with the id none.'],
    ['POST', 'denials', { action: 'DisableKey' }, 400, 'action is "DisableKey"; it must be service and operation'],
    ['POST', 'denials', { principal: 7 }, 400, 'principal is 7; it must be text'],
    [
      'POST',
      'service-events',
      { name: 'DisableKey', key: 'x' },
      400,
      'name is "DisableKey"; it must be one of RotateKey',
    ],
    ['POST', 'service-events', { name: 'RotateKey' }, 400, 'key is missing; it must be a key id or key ARN.'],
    ['POST', 'service-events', { name: 'DeleteKey', key: 'x' }, 400, 'key is "x"; there is no such key in us-east-1.'],
    [
      'POST',
      'service-events',
      { name: 'DeleteExpiredKeyMaterial', key: 'KEY', region: REGION },
      400,
      'only a key of origin EXTERNAL',
    ],
    ['PUT', 'faults', {}, 405, '/_keywarden/faults does not know PUT; it knows GET, POST, DELETE.'],
    ['GET', 'nothing', undefined, 404, 'There is no /_keywarden/nothing; there are health, records'],
    ['GET', 'toString', undefined, 404, 'There is no /_keywarden/toString'],
  ])('refuses %s %s %j and says what is allowed', async (method, path, body, status, message) => {
    const sent = typeof body === 'object' && 'key' in body && body.key === 'KEY' ? { ...body, key: keyId } : body;
    const answer = await control(method, path, sent);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(message);
  });
});
