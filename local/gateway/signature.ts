import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { RawRequest } from './call.ts';
import type { Credentials } from './principal.ts';

/** What the `Authorization` header of a signed request says. */
type Signed = {
  readonly accessKeyId: string;
  /** `<day>/<Region>/<service>/aws4_request` */
  readonly scope: string;
  /** Names of the headers that are signed, in lower case. */
  readonly headers: readonly string[];
  readonly signature: string;
};

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8}\/[^/,\s]+\/[^/,\s]+\/aws4_request), *SignedHeaders=([\w;-]+), *Signature=([0-9a-f]{64})$/;

/**
 * Whether a request bears a signature of Signature Version 4, and the one that these credentials give. How old it is does not
 * matter: the clock of the local AWS may be set to any time.
 *
 * @param credentials of the access key id in the request; `undefined` for one that was never given out, of which nobody knows a
 *   secret: then any signature will do
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSigned(request: RawRequest, credentials: Credentials | undefined): boolean {
  const signed = readSigned(request);
  const date = textOf(request, 'x-amz-date');
  if (signed === undefined || !/^\d{8}T\d{6}Z$/.test(date)) return false;
  if (!signed.headers.includes('host') || !signed.headers.includes('x-amz-date')) return false;
  if (credentials === undefined) return true;
  if (credentials.sessionToken !== undefined && textOf(request, 'x-amz-security-token') !== credentials.sessionToken)
    return false;
  const toSign = ['AWS4-HMAC-SHA256', date, signed.scope, sha256(writeCanonical(request, signed.headers))].join('\n');
  const key = signed.scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signed.signature, 'hex'));
}

function readSigned(request: RawRequest): Signed | undefined {
  const [, accessKeyId, scope, headers, signature] = AUTHORIZATION.exec(textOf(request, 'authorization')) ?? [];
  if (accessKeyId === undefined || scope === undefined || headers === undefined || signature === undefined)
    return undefined;
  return { accessKeyId, scope, headers: headers.split(';'), signature };
}

/** Method, path, query, signed headers and body, each in the one way that both sides write them. */
function writeCanonical(request: RawRequest, names: readonly string[]): string {
  const [path = '/', query = ''] = request.path.split('?');
  const headers = names.map((name) => `${name}:${textOf(request, name).trim().replaceAll(/ +/g, ' ')}\n`).join('');
  // Every service but S3 signs a path that is encoded once more.
  const encoded = path.split('/').map(encode).join('/');
  return [request.method, encoded, writeQuery(query), headers, names.join(';'), sha256(request.body)].join('\n');
}

function writeQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.sort().join('&');
}

/** RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~` is encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function textOf({ headers }: RawRequest, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
