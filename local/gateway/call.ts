import type { IncomingHttpHeaders } from 'node:http';
import { readCbor } from './cbor.ts';
import { INVOKE_BY_URL, readUrlRoute } from './function-url-route.ts';
import { readLambdaRoute } from './lambda-route.ts';

/** A JSON object as it came in or goes out. */
export type Json = { [name: string]: unknown };

/** One HTTP request, read as the AWS call it is. */
export type AwsCall = {
  method: string;
  /** Path with the query string. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Signing name, such as `kms`, `events`, `monitoring`; `unknown` for an unsigned request. */
  service: string;
  region: string;
  /** Operation name, such as `DisableKey`; for REST services other than Lambda the method and the path. */
  operation: string;
  accessKeyId: string;
  /**
   * Parameters: of a JSON or CBOR call its body, of a Lambda call also those of its path, of a query call its form fields
   * (`Tags.member.1.Key` stays one field).
   */
  input: Json;
};

/** What the gateway or moto answers. */
export type Answer = {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
};

/** One request, before it is known to be an AWS call. */
export type RawRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };

const CREDENTIAL = /Credential=([^/,\s]+)\/\d+\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;

/**
 * Reads service, Region and access key from the credential scope of the signature, and the operation from where its
 * protocol puts it: `X-Amz-Target` (JSON), `Action` (query), the path (CBOR and REST).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function readCall(request: RawRequest): AwsCall {
  const [, accessKeyId = 'unknown', region = 'us-east-1', service = 'unknown'] =
    CREDENTIAL.exec(request.headers.authorization ?? '') ?? [];
  return { ...request, service, region, accessKeyId, ...readOperation(request, service) };
}

const REST_CBOR = /^\/service\/[^/]+\/operation\/([^/?]+)/;

function readOperation(request: RawRequest, service: string): { operation: string; input: Json } {
  const byUrl = readUrlRoute(request.path);
  if (byUrl !== undefined) return { operation: INVOKE_BY_URL, input: { FunctionName: byUrl.functionName } };
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string')
    return { operation: target.split('.').at(-1) ?? target, input: readJson(request.body) };
  const cbor = REST_CBOR.exec(request.path)?.[1];
  if (cbor !== undefined) {
    const input = readCbor(request.body);
    return { operation: cbor, input: isJson(input) ? input : {} };
  }
  const route =
    service === 'lambda' ? readLambdaRoute(request.method, request.path, readJson(request.body)) : undefined;
  if (route !== undefined) return route;
  const input = readForm(request);
  const path = request.path.split('?')[0];
  return { operation: typeof input.Action === 'string' ? input.Action : `${request.method} ${path}`, input };
}

/** The function an Invoke names: name, partial ARN or ARN, as the path has it; `undefined` for any other call. */
export function readInvokedFunction(call: AwsCall): string | undefined {
  return call.service === 'lambda' && call.operation === 'Invoke' ? textAt(call.input, 'FunctionName') : undefined;
}

/** The object in a body; `{}` if it is empty or no JSON object, which the service then refuses itself. */
export function readJson(body: Buffer): Json {
  try {
    const value: unknown = JSON.parse(body.toString() || '{}');
    return isJson(value) ? value : {};
  } catch {
    return {};
  }
}

function readForm(request: RawRequest): Json {
  const query = new URLSearchParams(request.path.split('?')[1] ?? '');
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const form = new URLSearchParams(isForm ? request.body.toString() : '');
  return Object.fromEntries([...query, ...form]);
}

/** Whether a value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text at a name, or `undefined` if there is none or it is not text. */
export function textAt(object: Json | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === 'string' ? value : undefined;
}
