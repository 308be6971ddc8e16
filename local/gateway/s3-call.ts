import { type Answer, type AwsCall, textAt } from './call.ts';
import { forward } from './moto-client.ts';

/** A request to S3 that the gateway makes for itself: it leaves no record and meets no fault. */
export type OwnS3Call = {
  motoUrl: string;
  region: string;
  method: 'GET' | 'HEAD' | 'PUT';
  bucket: string;
  /** As it is spelled in the bucket. Absent: the request is about the bucket. */
  key?: string;
  /** Such as `notification`. */
  query?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
};

/** Asks S3 something for the gateway itself. What moto refuses is answered with its status. */
export function askS3(call: OwnS3Call): Promise<Answer> {
  const { motoUrl, region, method, bucket, key, query, headers = {}, body = Buffer.alloc(0) } = call;
  const scope = `Credential=GATEWAY/20260101/${region}/s3/aws4_request`;
  const path = key === undefined ? `/${bucket}` : `/${bucket}/${encodeKey(key)}`;
  return forward(motoUrl, {
    method,
    path: query === undefined ? path : `${path}?${query}`,
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
      host: new URL(motoUrl).host,
      ...headers,
    },
    body,
  });
}

const encodeKey = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

/** An object that a call put into a bucket. */
export type CreatedObject = { bucket: string; key: string; reason: string };

/**
 * What a call creates in S3, if it succeeds; `undefined` for every other call. Buckets are named in the path, as SDKs do for an
 * endpoint that is an IP address.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (reason)
 */
export function readCreatedObject(call: AwsCall): CreatedObject | undefined {
  if (call.service !== 's3') return undefined;
  const [path = '', query = ''] = call.path.split('?');
  const [, bucket, key] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  const names = [...new URLSearchParams(query).keys()].filter((name) => name !== 'x-id');
  const object = { bucket, key: decodeURIComponent(key) };
  if (call.method === 'POST' && names.join() === 'uploadId') return { ...object, reason: 'CompleteMultipartUpload' };
  if (call.method !== 'PUT' || names.length > 0) return undefined;
  return { ...object, reason: textAt(call.headers, 'x-amz-copy-source') === undefined ? 'PutObject' : 'CopyObject' };
}
