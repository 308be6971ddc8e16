import { describe, expect, test } from '@jest/globals';
import { answerUrl, isUrlEvent, readUrlEvent } from '../../lib/orders/url-event.ts';

const ORDER = { action: 'verify', key: 'alias/payments', reason: 'Review' };
const IAM = {
  accessKey: 'ASIAEXAMPLE',
  accountId: '111122223333',
  callerId: 'AROAEXAMPLE:olivia@example.com',
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: 'arn:aws:sts::111122223333:assumed-role/SecurityOfficer/olivia@example.com',
  userId: 'AROAEXAMPLE:olivia@example.com',
};

/** The payload that AWS documents for a function URL, changed. */
const event = (
  overrides: object = {},
  { authorizer = { iam: IAM } as object | null | 'none', method = 'POST' } = {},
): object => ({
  version: '2.0',
  headers: { 'content-type': 'application/json' },
  requestContext: {
    http: { method, path: '/', protocol: 'HTTP/1.1', sourceIp: '192.0.2.20', userAgent: 'keywarden' },
    ...(authorizer === 'none' ? {} : { authorizer }),
  },
  body: JSON.stringify(ORDER),
  isBase64Encoded: false,
  ...overrides,
});

describe('a request to the function URL', () => {
  test('is told from an order that was sent to the function itself', () => {
    expect(isUrlEvent(event())).toBe(true);
    for (const other of [ORDER, undefined, null, 'verify', [ORDER]]) expect(isUrlEvent(other)).toBe(false);
  });

  test('names the caller as AWS does, and holds the order', () => {
    expect(readUrlEvent(event())).toEqual({
      input: ORDER,
      caller: {
        arn: IAM.userArn,
        accountId: '111122223333',
        principalId: IAM.userId,
        sourceIp: '192.0.2.20',
        userAgent: 'keywarden',
      },
    });
  });

  test('may have its body in base64', () => {
    const body = Buffer.from(JSON.stringify(ORDER)).toString('base64');
    expect(readUrlEvent(event({ body, isBase64Encoded: true }))).toMatchObject({ input: ORDER });
  });

  test('says by a header that it is the same order as before, unless the order says it itself', () => {
    const headers = { 'idempotency-key': 'order-0815-0001' };
    expect(readUrlEvent(event({ headers }))).toMatchObject({ input: { ...ORDER, orderId: 'order-0815-0001' } });
    const body = JSON.stringify({ ...ORDER, orderId: 'order-of-its-own' });
    expect(readUrlEvent(event({ headers, body }))).toMatchObject({ input: { orderId: 'order-of-its-own' } });
  });

  test.each<[string, object, number, string]>([
    ['without an authorizer', event({}, { authorizer: 'none' }), 401, 'AWS does not name the caller'],
    ['with an authorizer that is null', event({}, { authorizer: null }), 401, 'AWS does not name the caller'],
    ['with an authorizer that is not of IAM', event({}, { authorizer: { jwt: { claims: {} } } }), 400, 'no request'],
    ['whose caller has no ARN', event({}, { authorizer: { iam: { ...IAM, userArn: '' } } }), 400, 'no request'],
    ['that is no POST', event({}, { method: 'GET' }), 405, 'The method is GET'],
    ['whose body is no JSON', event({ body: 'verify all' }), 400, 'The body is no JSON'],
    ['without a body', event({ body: undefined }), 400, 'The body is no JSON'],
  ])('%s is refused, and no caller is believed', (_name, input, statusCode, message) => {
    const read = readUrlEvent(input);
    expect(read).toMatchObject({ refused: { statusCode, headers: { 'content-type': 'application/json' } } });
    expect(read).not.toHaveProperty('caller');
    expect('refused' in read && JSON.parse(read.refused.body)).toMatchObject({
      status: 'refused',
      message: expect.stringContaining(message),
    });
  });
});

describe('the answer of the function URL', () => {
  const done = { key: 'k', message: 'm', dryRun: false, verdicts: [], decisions: [], remediations: [] };
  test.each([
    [{ status: 'refused', why: 'input', message: 'm' }, 400],
    [{ status: 'refused', why: 'caller', message: 'm' }, 403],
    [{ status: 'refused', why: 'conflict', message: 'm' }, 409],
    [{ status: 'verified', ...done }, 200],
    [{ status: 'not-remediated', ...done }, 200],
    [{ status: 'accepted', ...done }, 202],
  ] as const)('to %j has status %i and holds all of it', (result, statusCode) => {
    const answer = answerUrl(result);
    expect(answer.statusCode).toBe(statusCode);
    expect(JSON.parse(answer.body)).toEqual(result);
  });
});
