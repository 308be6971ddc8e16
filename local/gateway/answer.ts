import { randomUUID } from 'node:crypto';
import type { Answer, AwsCall } from './call.ts';
import { isJson, type Json, readJson, textAt } from './call.ts';

/** Why a call is refused: the error code of the service and its message. */
export type Refusal = { code: string; message: string; status?: number };

/** An AWS JSON 1.1 answer. */
export function answerJson(body: Json, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/**
 * A refusal in the protocol of the call, so that the SDK makes the right exception of it: AWS JSON for calls with a
 * target, REST JSON for Lambda, XML for the query services and S3.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
export function answerRefusal(call: AwsCall, { code, message, status = 400 }: Refusal): Answer {
  if (call.headers['x-amz-target'] !== undefined) {
    return withErrorType(answerJson({ __type: code, message }, status), code);
  }
  if (call.service === 'lambda') {
    const type = status < 500 ? 'User' : 'Service';
    const answer = withErrorType(answerJson({ Type: type, Message: message, Code: code }, status), code);
    return { ...answer, headers: { ...answer.headers, 'content-type': 'application/json' } };
  }
  const requestId = randomUUID();
  const error = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  const xml =
    call.service === 's3'
      ? `<Error>${error}<RequestId>${requestId}</RequestId></Error>`
      : `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>${error}</Error>` +
        `<RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body: Buffer.from(xml) };
}

/** The code of a failure that no AWS service has: moto broke down, most often because it lacks the operation. */
export const MOTO_FAILED = 'LocalAwsFailure';

/** moto answers a page of HTML where it breaks down; the SDK could only say that this is no JSON. */
export function explainBreakdown(call: AwsCall, answer: Answer): Answer {
  if (answer.status < 500 || !/^\s*<(!doctype html|html)/i.test(answer.body.toString())) return answer;
  const message = `moto failed on ${call.service}:${call.operation}, most likely because it does not have it (docs/local-aws.md).`;
  return answerRefusal(call, { code: MOTO_FAILED, message });
}

function withErrorType(answer: Answer, code: string): Answer {
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The error of an answer that is a refusal; `undefined` for a success. */
export function readRefusal(answer: Answer): Refusal | undefined {
  if (answer.status < 400) return undefined;
  const json = readJson(answer.body);
  const xml = answer.body.toString();
  const code = (
    textAt(json, '__type') ??
    textAt(json, 'Code') ??
    readTag(xml, 'Code') ??
    headerOf(answer, 'x-amzn-errortype')
  )
    ?.split('#')
    .at(-1)
    ?.split(':')[0];
  const message = textAt(json, 'message') ?? textAt(json, 'Message') ?? readTag(xml, 'Message') ?? '';
  return { code: code ?? `HTTP ${answer.status}`, message, status: answer.status };
}

function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * Sees to the request id of an answer, which the record of the call repeats: every AWS answer has one, and those of KMS
 * are UUIDs, where moto makes up longer ones.
 */
export function ensureRequestId(call: AwsCall, answer: Answer): { answer: Answer; requestId: string } {
  const own = headerOf(answer, 'x-amzn-requestid') ?? headerOf(answer, 'x-amz-request-id');
  if (own !== undefined && call.service !== 'kms') return { answer, requestId: own };
  const requestId = randomUUID();
  return { answer: { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } }, requestId };
}

/** The text of the first element of this name; `undefined` if there is none. */
export function readTag(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

/**
 * Reads the elements of an XML answer of a query service into objects, texts and, for `member` elements, lists.
 * Attributes are dropped: no answer of these services carries data in them.
 */
export function readXml(xml: string): unknown {
  const children: [string, unknown][] = [];
  // The same name may nest (a Role in a Role list), so each element is taken up to the end tag that balances it.
  const start = /<([A-Za-z][\w.]*)(?:\s[^>]*)?(\/?)>/g;
  for (let open = start.exec(xml); open !== null; open = start.exec(xml)) {
    const [all, name = '', selfClosing] = open;
    if (selfClosing === '/') {
      children.push([name, '']);
      continue;
    }
    const end = findEnd(xml, name, open.index + all.length);
    children.push([name, readXml(xml.slice(open.index + all.length, end))]);
    start.lastIndex = end + name.length + 3;
  }
  if (children.length === 0) return unescapeXml(xml.trim());
  if (children.every(([name]) => name === 'member')) return children.map(([, value]) => value);
  return Object.fromEntries(children);
}

function findEnd(xml: string, name: string, from: number): number {
  const tags = new RegExp(`<(/?)${name}(?:\\s[^>]*)?>`, 'g');
  tags.lastIndex = from;
  let depth = 1;
  for (let tag = tags.exec(xml); tag !== null; tag = tags.exec(xml)) {
    depth += tag[1] === '/' ? -1 : 1;
    if (depth === 0) return tag.index;
  }
  return xml.length;
}

function unescapeXml(text: string): string {
  const named = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#34;', '"');
  return named.replaceAll('&#39;', "'").replaceAll('&apos;', "'").replaceAll('&amp;', '&');
}

/** The `<Operation>Result` of a query answer. */
export function readQueryResult(answer: Answer, operation: string): Json {
  const parsed = readXml(answer.body.toString());
  const response = isJson(parsed) ? parsed[`${operation}Response`] : undefined;
  const result = isJson(response) ? response[`${operation}Result`] : undefined;
  return isJson(result) ? result : {};
}
