import { request } from 'node:http';
import type { Answer, AwsCall, Json } from './call.ts';
import { readJson } from './call.ts';

/** Headers that belong to one connection and are never passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'expect',
]);

/**
 * Sends a request to moto as it came, with its `Host`: moto builds the queue and bucket addresses it answers from it, so
 * they lead back to the gateway.
 *
 * @throws Error if moto cannot be reached
 */
export function forward(
  motoUrl: string,
  call: Pick<AwsCall, 'method' | 'path' | 'headers' | 'body'>,
  signal?: AbortSignal,
): Promise<Answer> {
  const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(motoUrl),
      {
        method: call.method,
        path: call.path,
        headers: { ...headers, 'content-length': call.body.length },
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 502,
            headers: keepEndToEnd(incoming.headers, call.method),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.once('error', (cause) => reject(new Error(`moto does not answer on ${motoUrl}.`, { cause })));
    outgoing.end(call.body);
  });
}

/** The length that an answer to HEAD states is that of the body it does not have (S3 HeadObject), so it is kept. */
function keepEndToEnd(headers: NodeJS.Dict<string | string[]>, method: string): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isKept = !HOP_BY_HOP.has(name) || (method === 'HEAD' && name === 'content-length');
    if (value !== undefined && isKept) kept[name] = value;
  }
  return kept;
}

/** A call the gateway makes for itself: it leaves no record and meets no fault. */
export type OwnCall = {
  service: string;
  region: string;
  /** `X-Amz-Target` of a JSON call. */
  target?: string;
  /** Body of a JSON call, or the form fields of a query call. */
  input: Json;
};

/** Asks moto something for the gateway itself. */
export async function askMoto(motoUrl: string, { service, region, target, input }: OwnCall): Promise<Answer> {
  const scope = `Credential=GATEWAY/20260101/${region}/${service}/aws4_request`;
  const isJsonCall = target !== undefined;
  const type = isJsonCall ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded';
  const form = Object.entries(input).map(([name, value]): [string, string] => [name, String(value)]);
  return forward(motoUrl, {
    method: 'POST',
    path: '/',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
      'content-type': type,
      ...(isJsonCall ? { 'x-amz-target': target } : {}),
    },
    body: Buffer.from(isJsonCall ? JSON.stringify(input) : new URLSearchParams(form).toString()),
  });
}

/** Asks moto something with a JSON answer; `undefined` if moto refuses. */
export async function askMotoJson(motoUrl: string, call: OwnCall): Promise<Json | undefined> {
  const answer = await askMoto(motoUrl, call);
  return answer.status < 300 ? readJson(answer.body) : undefined;
}
