import { type Answer, type AwsCall, isJson, type Json, textAt } from './call.ts';
import { CALLER_ADDRESS } from './cloudtrail-record.ts';
import type { Principal } from './principal.ts';

/** Who calls which function by its URL, and when. */
export type UrlRequest = {
  readonly call: AwsCall;
  readonly principal: Principal;
  readonly functionName: string;
  /** Path behind the URL of the function, with a slash at its beginning. */
  readonly path: string;
  /** Of the function: twelve digits. */
  readonly account: string;
  readonly requestId: string;
  readonly now: Date;
};

/**
 * The event that a function gets when it is called by its URL, in payload format 2.0. Of the caller it has what IAM knows of
 * whoever signed the request.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload
 */
export function makeUrlEvent(request: UrlRequest): Json {
  const { call, functionName, path, now } = request;
  const query = call.path.split('?')[1] ?? '';
  const headers = joinHeaders(call);
  const domainPrefix = functionName;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(headers.cookie === undefined ? {} : { cookies: headers.cookie.split('; ') }),
    headers,
    ...(query === '' ? {} : { queryStringParameters: joinQuery(query) }),
    requestContext: {
      accountId: request.account,
      apiId: domainPrefix,
      authentication: null,
      authorizer: { iam: nameCaller(request) },
      domainName: call.headers.host ?? '',
      domainPrefix,
      http: {
        method: call.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: CALLER_ADDRESS,
        userAgent: call.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: '$default',
      stage: '$default',
      time: writeTime(now),
      timeEpoch: now.getTime(),
    },
    ...(call.body.length === 0 ? {} : { body: writeBody(call.body, headers['content-type']) }),
    isBase64Encoded: call.body.length > 0 && !isText(headers['content-type']),
  };
}

function nameCaller({ call, principal, account }: UrlRequest): Json {
  const id = textAt(principal.userIdentity, 'principalId') ?? null;
  return {
    accessKey: call.accessKeyId,
    accountId: textAt(principal.userIdentity, 'accountId') ?? account,
    callerId: id,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: id,
  };
}

function joinHeaders(call: AwsCall): Record<string, string> {
  const given = Object.entries(call.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return { ...Object.fromEntries(given), 'x-forwarded-for': CALLER_ADDRESS, 'x-forwarded-proto': 'https' };
}

/** Values of the same name are joined by commas. */
function joinQuery(query: string): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = joined[name] === undefined ? value : `${joined[name]},${value}`;
  }
  return joined;
}

const isText = (type: string | undefined): boolean =>
  type === undefined || /^(text\/|application\/(.*\+)?(json|xml|javascript|x-www-form-urlencoded))/.test(type);

const writeBody = (body: Buffer, type: string | undefined): string => body.toString(isText(type) ? 'utf8' : 'base64');

/** e.g. `12/Mar/2020:19:03:58 +0000` */
function writeTime(now: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(now.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/**
 * What a caller of the URL gets for what the function answered: of an answer without `statusCode`, all of it as JSON.
 *
 * @param payload JSON text of the function's answer
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 */
export function readUrlAnswer(payload: string, requestId: string): Answer {
  const answered: unknown = payload === '' ? null : JSON.parse(payload);
  const usual = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  if (!isJson(answered) || typeof answered.statusCode !== 'number') {
    return { status: 200, headers: usual, body: Buffer.from(payload) };
  }
  const headers = Object.entries(isJson(answered.headers) ? answered.headers : {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const cookies = Array.isArray(answered.cookies) ? { 'set-cookie': answered.cookies.map(String) } : {};
  const body = Buffer.from(textAt(answered, 'body') ?? '', answered.isBase64Encoded === true ? 'base64' : 'utf8');
  return { status: answered.statusCode, headers: { ...usual, ...Object.fromEntries(headers), ...cookies }, body };
}
