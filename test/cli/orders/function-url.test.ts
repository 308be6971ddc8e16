import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectFunctionUrl, type SentOrder } from '../../../cli/function-url.ts';
import { type Answer, type Asked, startAnswering } from './answering-server.ts';
import { answer, KEY } from './answers.ts';

const SECRET = 'a-secret-of-nobody';

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIAEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = SECRET;
});

const GLOBAL = { region: 'eu-west-1', table: 'keywarden-prod-ledger', format: 'text' } as const;
const ORDER: SentOrder = { action: 'verify', key: KEY, dryRun: true, reason: 'A test' };

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function connect(...answers: readonly Answer[]) {
  const server = await startAnswering(answers);
  stop = server.stop;
  return { ...server, functionUrl: connectFunctionUrl(GLOBAL, { url: server.url, timeout: 300, wait: 1 }) };
}

const ok = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) });

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Signs a request anew from what arrived: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signAgain({ method, path, headers, body }: Asked): string {
  const [, scope = '', signed = ''] =
    /Credential=AKIAEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=/.exec(headers.authorization ?? '') ?? [];
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const request = [method, path, '', lines.join(''), signed, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${SECRET}`);
  return createHmac('sha256', key).update(text).digest('hex');
}

describe('the client of the function URL', () => {
  test('sends an order signed for the service lambda, as IAM verifies it', async () => {
    const { functionUrl, asked } = await connect(ok(answer()));
    expect(await functionUrl.send(ORDER)).toEqual(answer());
    const [request] = asked;
    if (request === undefined) throw new Error('Nothing was sent.');
    expect(request.headers.authorization).toMatch(/\/eu-west-1\/lambda\/aws4_request, SignedHeaders=[^,]*host[;,]/);
    expect(request.headers.authorization).toMatch(new RegExp(`Signature=${signAgain(request)}$`));
    expect(request.headers['x-amz-content-sha256']).toBe(sha256(request.body));
    expect(JSON.parse(request.body)).toEqual({ ...ORDER, orderId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test.each<[string, Answer]>([
    ['the connection is lost', 'hang-up'],
    ['the function fails', { status: 502, body: '{"message":"Internal Server Error"}' }],
    ['there are too many requests', { status: 429, body: '{"Reason":"ConcurrentInvocationLimitExceeded"}' }],
  ])('sends the same order again under the same id when %s', async (_why, first) => {
    const { functionUrl, asked } = await connect(first, ok(answer()));
    expect(await functionUrl.send(ORDER)).toEqual(answer());
    expect(asked).toHaveLength(2);
    expect(asked[1]?.body).toBe(asked[0]?.body);
  });

  test('gives two orders two ids', async () => {
    const { functionUrl, asked } = await connect(ok(answer()));
    await functionUrl.send(ORDER);
    await functionUrl.send(ORDER);
    expect(asked[1]?.body).not.toBe(asked[0]?.body);
  });

  test('returns what the function refuses, with whatever status it comes', async () => {
    const refused = { status: 'refused', why: 'conflict', message: 'The plan has changed.', difference: 'So and so.' };
    const { functionUrl, asked } = await connect({ status: 409, body: JSON.stringify(refused) });
    expect(await functionUrl.send(ORDER)).toEqual(refused);
    expect(asked).toHaveLength(1);
  });

  test.each<[string, readonly Answer[], RegExp, number]>([
    [
      'IAM denies it',
      [{ status: 403, body: '{"Message":"Forbidden"}' }],
      /status 403: \{"Message":"Forbidden"\}\)\. You need lambda:InvokeFunctionUrl and lambda:InvokeFunction/,
      1,
    ],
    [
      'it fails three times',
      [{ status: 500, body: 'x' }],
      /status 500: x\. Whether the order was carried out is not/,
      3,
    ],
    ['nobody is there', ['hang-up'], /^127\.0\.0\.1:\d+ cannot be reached \(fetch failed: .+\)\. Whether the order/, 3],
    ['it takes too long', ['silence'], /did not answer within 0\.3 seconds\. Whether the order was carried out/, 1],
    ['something else answers', [{ status: 200, body: '<html>' }], /status 200: <html>\. .+ may not be the URL of/, 1],
    ['the answer lacks its parts', [{ status: 200, body: '{"status":"verified"}' }], /may not be the URL of/, 1],
    ['the answer would drive a terminal', [{ status: 400, body: '\u001b[2J' }], /status 400: \\u001b\[2J\./, 1],
  ])('says what is so when %s', async (_what, answers, message, times) => {
    const { functionUrl, asked } = await connect(...answers);
    await expect(functionUrl.send(ORDER)).rejects.toThrow(message);
    expect(asked).toHaveLength(times);
  });

  test.each(['ftp://example.com', 'nothing', ''])('refuses the URL %j before anything is sent', (url) => {
    expect(() => connectFunctionUrl(GLOBAL, { url })).toThrow(
      `The URL of the function is ${JSON.stringify(url)}; give`,
    );
  });

  test('signs for the Region that the URL names, which may be another than that of the caller', async () => {
    const sent: string[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = async (_url, init) => {
      sent.push(new Headers(init?.headers).get('authorization') ?? '');
      return new Response(JSON.stringify(answer()));
    };
    try {
      const url = 'https://abcdefghijklmnop.lambda-url.us-west-2.on.aws/';
      await connectFunctionUrl(GLOBAL, { url }).send(ORDER);
    } finally {
      globalThis.fetch = original;
    }
    expect(sent[0]).toContain('/us-west-2/lambda/aws4_request');
  });
});

describe('looking up the URL', () => {
  const lookUp = async (...answers: readonly Answer[]) => {
    const server = await startAnswering(answers);
    stop = server.stop;
    return {
      ...server,
      functionUrl: connectFunctionUrl({ ...GLOBAL, endpointUrl: server.url }, { timeout: 300, wait: 1 }),
    };
  };

  test('asks Lambda for the function of the stage once, and sends there', async () => {
    const target = await startAnswering([ok(answer())]);
    const { functionUrl, asked, stop: stopLookUp } = await lookUp(ok({ FunctionUrl: target.url, AuthType: 'AWS_IAM' }));
    await functionUrl.send(ORDER);
    await functionUrl.send(ORDER);
    await stopLookUp();
    stop = target.stop;
    expect(asked.map(({ path }) => path)).toEqual(['/2021-10-31/functions/keywarden-prod-remediate/url']);
    expect(target.asked).toHaveLength(2);
  });

  const failure = (type: string, status: number): Answer => ({
    status,
    body: JSON.stringify({ __type: type, Message: 'no' }),
  });

  test.each<[string, Answer, RegExp]>([
    [
      'there is none',
      failure('ResourceNotFoundException', 404),
      /The function keywarden-prod-remediate has no URL here\. Name/,
    ],
    ['it may not be looked up', failure('AccessDeniedException', 403), /Ask for lambda:GetFunctionUrlConfig, or give/],
  ])('says what to do when %s', async (_what, reply, message) => {
    const { functionUrl } = await lookUp(reply);
    await expect(functionUrl.send(ORDER)).rejects.toThrow(message);
  });

  test('needs a table whose name says how the function is called', async () => {
    const functionUrl = connectFunctionUrl({ ...GLOBAL, table: 'ledger' });
    await expect(functionUrl.send(ORDER)).rejects.toThrow('Name the stage with --stage in place of --table.');
  });
});
