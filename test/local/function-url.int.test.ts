import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  LambdaClient,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Invocation } from '../../local/gateway/gateway.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';
import { zip } from './zip.ts';

const ACCOUNT = '111122223333';
const NAME = 'orders';
const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${NAME}`;

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

let aws: LocalAws;
let lambda: LambdaClient;
let url: string;
let olivia: Credentials;
let session: Credentials;
const events: Record<string, unknown>[] = [];
const said: string[] = [];
let answer: () => Promise<Invocation>;

beforeAll(async () => {
  aws = await startLocalAws({
    log: (line) => said.push(line),
    invokeFunction: (name, payload) => {
      events.push({ name, event: JSON.parse(payload.toString()) });
      return answer();
    },
  });
  lambda = new LambdaClient(aws.access());
  const Role = `arn:aws:iam::${ACCOUNT}:role/orders`;
  const iam = new IAMClient(aws.access());
  await iam.send(new CreateRoleCommand({ RoleName: 'orders', AssumeRolePolicyDocument: '{}' }));
  const code = {
    Code: { ZipFile: zip({ 'index.mjs': '' }) },
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
  } as const;
  await lambda.send(new CreateFunctionCommand({ FunctionName: NAME, Role, ...code }));
  const made = await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: 'AWS_IAM' }));
  url = made.FunctionUrl ?? '';
  await iam.send(new CreateUserCommand({ UserName: 'olivia' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'olivia' }));
  olivia = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const assumed = { RoleArn: Role, RoleSessionName: 'omar' };
  const { Credentials } = await new STSClient(aws.access()).send(new AssumeRoleCommand(assumed));
  session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
});
afterAll(() => aws?.stop());
beforeEach(() => {
  events.length = 0;
  said.length = 0;
  answer = async () => ({ payload: '{"status":"verified"}' });
});
afterEach(() => {
  aws.gateway.denials.clear();
  aws.gateway.faults.clear();
});

type Call = {
  credentials?: Credentials;
  path?: string;
  query?: Record<string, string | string[]>;
  body?: string;
  region?: string;
  service?: string;
  headers?: Record<string, string>;
};

/** Signs a request as an SDK does, and hands it to be changed before it is sent. */
async function signCall({ credentials = olivia, path = '', query = {}, body = '{"action":"verify"}', ...more }: Call) {
  const { region = REGION, service = 'lambda', headers: extra = {} } = more;
  const { host, hostname, pathname, protocol } = new URL(url);
  const { sha256 } = lambda.config;
  const signer = new SignatureV4({ service, region, credentials, sha256 });
  const headers = { host, 'content-type': 'application/json', ...extra };
  const request = { method: 'POST', protocol, hostname, path: pathname + path, query, headers, body };
  const { headers: signed } = await signer.sign(request);
  const { host: _host, ...sent } = signed;
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  return { url: `${url}${path}${pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`}`, headers: sent, body };
}

const send = (request: { url: string; headers: Record<string, string>; body: string }) =>
  fetch(request.url, { method: 'POST', headers: request.headers, body: request.body });
const call = async (options: Call = {}) => send(await signCall(options));
const firstEvent = () => events[0]?.event as Record<string, never> | undefined;

describe('the URL of a function', () => {
  test('is on the port of the local AWS, wherever Lambda names it', async () => {
    expect(url).toBe(`${aws.gateway.url}/lambda-url/${NAME}/`);
    expect(await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: NAME }))).toMatchObject({
      FunctionUrl: url,
      FunctionArn: ARN,
      AuthType: 'AWS_IAM',
      InvokeMode: 'BUFFERED',
    });
  });

  test('is made by a stack, which has it as an output, and refers to the function by it', async () => {
    const Resources = {
      Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: ARN, AuthType: 'AWS_IAM' } },
    };
    const Outputs = {
      Url: { Value: { 'Fn::GetAtt': ['Url', 'FunctionUrl'] } },
      Arn: { Value: { 'Fn::GetAtt': ['Url', 'FunctionArn'] } },
      Ref: { Value: { Ref: 'Url' } },
    };
    const cloudFormation = new CloudFormationClient(aws.access());
    const stack = { StackName: 'urls', TemplateBody: JSON.stringify({ Resources, Outputs }) };
    await cloudFormation.send(new CreateStackCommand(stack));
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'urls' }));
    const outputs = Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
    expect(Object.fromEntries(outputs ?? [])).toEqual({ Url: url, Arn: ARN, Ref: ARN });
  });

  test('is unknown for a function that has none', async () => {
    const asked = lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: 'nobody' }));
    await expect(asked).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('a request to it that is signed', () => {
  test('reaches the function with who signed it, as IAM knows them', async () => {
    expect(await (await call()).json()).toEqual({ status: 'verified' });
    expect(events).toEqual([{ name: NAME, event: expect.objectContaining({ version: '2.0', rawPath: '/' }) }]);
    expect(firstEvent()).toMatchObject({
      body: '{"action":"verify"}',
      isBase64Encoded: false,
      headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
      requestContext: {
        accountId: ACCOUNT,
        apiId: NAME,
        authorizer: {
          iam: {
            accessKey: olivia.accessKeyId,
            accountId: ACCOUNT,
            callerId: expect.stringMatching(/^[A-Za-z0-9]{16,}$/),
            cognitoIdentity: null,
            userArn: `arn:aws:iam::${ACCOUNT}:user/olivia`,
          },
        },
        http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '192.0.2.10' },
        stage: '$default',
      },
    });
  });

  test('of a session names the session', async () => {
    expect((await call({ credentials: session })).status).toBe(200);
    expect(firstEvent()).toMatchObject({
      requestContext: {
        authorizer: {
          iam: {
            userArn: `arn:aws:sts::${ACCOUNT}:assumed-role/orders/omar`,
            userId: expect.stringMatching(/^[A-Z0-9]+:omar$/),
          },
        },
      },
    });
  });

  test('of credentials that nobody gave out is the operator’s, as everywhere here', async () => {
    expect((await call({ credentials: { accessKeyId: 'me', secretAccessKey: 'any' } })).status).toBe(200);
    expect(firstEvent()).toMatchObject({
      requestContext: { authorizer: { iam: { userArn: `arn:aws:iam::${ACCOUNT}:user/operator` } } },
    });
  });

  test('keeps its path and query, with the values of one name joined, and its cookies', async () => {
    const query = { a: ['1', '2'], 'b c': "it's*" };
    expect((await call({ path: 'my/path', query, headers: { cookie: 'one=1; two=2' } })).status).toBe(200);
    expect(firstEvent()).toMatchObject({
      rawPath: '/my/path',
      queryStringParameters: { a: '1,2', 'b c': "it's*" },
      cookies: ['one=1', 'two=2'],
      requestContext: { http: { path: '/my/path' } },
    });
  });

  test('comes in base64 when it is no text, and without a body when it has none', async () => {
    await call({ headers: { 'content-type': 'application/octet-stream' }, body: 'bytes' });
    expect(firstEvent()).toMatchObject({ body: 'Ynl0ZXM=', isBase64Encoded: true });
    events.length = 0;
    await call({ body: '' });
    expect(firstEvent()).not.toHaveProperty('body');
    expect(firstEvent()).toMatchObject({ isBase64Encoded: false });
  });

  test('is counted as a call, and leaves no record in CloudTrail', async () => {
    const records = aws.gateway.records().length;
    await call();
    expect(aws.gateway.calls().at(-1)).toMatchObject({
      service: 'lambda',
      operation: 'InvokeFunctionUrl',
      principal: `arn:aws:iam::${ACCOUNT}:user/olivia`,
      status: 200,
    });
    expect(aws.gateway.records()).toHaveLength(records);
  });
});

describe('what the function answers', () => {
  test('goes out with the status, headers, cookies and body that it says', async () => {
    const answered = { statusCode: 409, headers: { 'X-Why': 'changed' }, cookies: ['a=1'], body: 'no' };
    answer = async () => ({ payload: JSON.stringify(answered) });
    const response = await call();
    expect([response.status, response.headers.get('x-why'), await response.text()]).toEqual([409, 'changed', 'no']);
    expect(response.headers.getSetCookie()).toEqual(['a=1']);
  });

  test('goes out as bytes when it says that it is base64', async () => {
    answer = async () => ({ payload: JSON.stringify({ statusCode: 200, body: 'Ynl0ZXM=', isBase64Encoded: true }) });
    expect(await (await call()).text()).toBe('bytes');
  });

  test.each(['"Hello"', '{"message":"Hello"}', 'null'])('goes out as JSON without a status: %s', async (payload) => {
    answer = async () => ({ payload });
    const response = await call();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.text()).toBe(payload);
  });

  test('is not shown when it failed, and stands in the log', async () => {
    answer = async () => ({ functionError: 'Unhandled', payload: '{"errorMessage":"the secret reason"}' });
    const response = await call();
    expect([response.status, await response.text()]).toEqual([502, '{"Message":"Internal Server Error"}']);
    expect(said).toEqual([expect.stringContaining('the secret reason')]);
  });

  test('is an error of the server when it could not be run, or was no JSON', async () => {
    answer = () => Promise.reject(new Error('no code'));
    expect((await call()).status).toBe(502);
    answer = async () => ({ payload: 'no JSON' });
    expect((await call()).status).toBe(502);
    expect(said).toEqual([expect.stringContaining('no code'), expect.stringContaining('JSON')]);
  });
});

describe('a request to it is forbidden, and runs nothing,', () => {
  type Signed = Awaited<ReturnType<typeof signCall>>;
  const without = (request: Signed, name: string): Signed => ({
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([header]) => header !== name)),
  });

  test.each<[string, () => Promise<Signed>]>([
    ['when it is not signed', async () => without(await signCall({}), 'authorization')],
    ['when it bears no date', async () => without(await signCall({}), 'x-amz-date')],
    ['when its body was changed', async () => ({ ...(await signCall({})), body: '{"action":"approve"}' })],
    ['when its path was changed', async () => ({ ...(await signCall({})), url: `${url}other` })],
    ['when its query was changed', async () => ({ ...(await signCall({})), url: `${url}?x=1` })],
    ['when the secret is another', () => signCall({ credentials: { ...olivia, secretAccessKey: 'another' } })],
    [
      'when a session leaves its token out',
      async () => without(await signCall({ credentials: session }), 'x-amz-security-token'),
    ],
    ['when it is signed for another service', () => signCall({ service: 'execute-api' })],
    ['when it is signed for another Region, where the function has no URL', () => signCall({ region: 'eu-central-1' })],
    [
      'when the function has no URL',
      async () => {
        const request = await signCall({ credentials: { accessKeyId: 'me', secretAccessKey: 'any' } });
        return { ...request, url: url.replace(NAME, 'nobody') };
      },
    ],
  ])('%s', async (_why, make) => {
    const response = await send(await make());
    expect([response.status, await response.text()]).toEqual([403, '{"Message":"Forbidden"}']);
    expect(events).toEqual([]);
  });

  test.each(['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'])('when the caller may not %s', async (action) => {
    aws.gateway.denials.add({ principal: '*user/olivia', action, resource: ARN });
    expect((await call()).status).toBe(403);
    expect((await call({ credentials: session })).status).toBe(200);
    expect(events).toHaveLength(1);
  });

  test('while the URL is for everybody: nothing here says that everybody may', async () => {
    await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: 'NONE' }));
    try {
      expect((await call()).status).toBe(403);
    } finally {
      await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: 'AWS_IAM' }));
    }
    expect((await call()).status).toBe(200);
  });
});

test('A throttled request is answered with 429 and runs nothing', async () => {
  aws.gateway.faults.add({ kind: 'throttle', service: 'lambda', operation: 'InvokeFunctionUrl', times: 1 });
  expect((await call()).status).toBe(429);
  expect(events).toEqual([]);
  expect((await call()).status).toBe(200);
});

test('Who makes, opens or takes away a URL is recorded, with the function and for whom it is open', async () => {
  const before = aws.gateway.records().length;
  await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: 'NONE' }));
  await lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName: NAME }));
  await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: 'AWS_IAM' }));
  const records = aws.gateway.records().slice(before);
  expect(records.map(({ eventName, requestParameters }) => [eventName, requestParameters])).toEqual([
    ['UpdateFunctionUrlConfig', { functionName: NAME, authType: 'NONE' }],
    ['DeleteFunctionUrlConfig', { functionName: NAME }],
    ['CreateFunctionUrlConfig', { functionName: NAME, authType: 'AWS_IAM' }],
  ]);
  expect(records[0]?.responseElements).toMatchObject({ functionArn: ARN, functionUrl: url });
});
