import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

/** An object that is being read. */
export interface OpenedObject {
  /** The metadata of whoever put it there, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Its bytes; they can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads the bucket that a trail delivers to. Nothing here writes. */
export interface LogBucket {
  /** Names of all objects that begin so, in the order of their UTF-8 bytes. */
  list(prefix: string): AsyncGenerator<string>;
  open(key: string): Promise<OpenedObject>;
}

/**
 * @param bucket name
 * @returns a reader that throws what S3 throws
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function createLogBucket(s3: S3Client, bucket: string): LogBucket {
  return {
    async *list(Prefix) {
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
    async open(Key) {
      const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      // Under Node the SDK gives a stream of Node, which can be iterated; its type also knows those of browsers.
      return { metadata: Metadata, body: (Body ?? []) as unknown as AsyncIterable<Uint8Array> };
    },
  };
}
