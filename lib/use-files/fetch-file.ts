import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { sortFailure } from '../aws/failure.ts';

/** An object that lies on the disk now. */
export interface FetchedFile {
  readonly path: string;
  /** What S3 calls its content. */
  readonly etag?: string;
  /** sha256 (hex) of the object as it is in the bucket. */
  readonly sha256: string;
  readonly bytes: number;
}

/** An object that cannot be fetched, and will not be by trying again. */
export class UnfetchedError extends Error {
  override name = 'UnfetchedError';
}

/**
 * The longest object that is fetched, in bytes. CloudTrail puts at most 50 MB into a file before it is compressed, and a
 * function has 512 MB of disk.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
 */
const LONGEST_OBJECT = 100 * 1024 * 1024;

/**
 * Fetches an object onto the disk, as `name` in the folder.
 *
 * @throws {UnfetchedError} says why, and what to do; and what S3 and the network throw, when the next attempt may fare better
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export async function fetchFile(
  s3: S3Client,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  folder: string,
  name: string,
): Promise<FetchedFile> {
  const path = join(folder, name);
  try {
    const { Body, ContentLength, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength !== undefined && ContentLength > LONGEST_OBJECT) {
      throw new UnfetchedError(`The object has ${ContentLength} bytes, and no log file of CloudTrail is so long.`);
    }
    const hash = createHash('sha256');
    let bytes = 0;
    const pieces = (Body ?? []) as AsyncIterable<Uint8Array>;
    const count = async function* () {
      for await (const piece of pieces) {
        hash.update(piece);
        bytes += piece.length;
        yield piece;
      }
    };
    // Opened before: a stream that breaks while its file is being opened leaves a file that comes after the removal.
    const file = await open(path, 'w');
    await pipeline(count, file.createWriteStream());
    return {
      path,
      sha256: hash.digest('hex'),
      bytes,
      ...(ETag === undefined ? {} : { etag: ETag.replaceAll('"', '') }),
    };
  } catch (error) {
    await rm(path, { force: true });
    throw explain(error, key);
  }
}

function explain(error: unknown, key: string): unknown {
  const { kind, reason } = sortFailure(error);
  if (error instanceof UnfetchedError || kind === 'transient') return error;
  const name = error instanceof Error ? error.name : '';
  const said = (SENTENCES[name] ?? `S3 refused it (${reason}).`).replace('{reason}', reason);
  return new UnfetchedError(`${said} The object is ${key}.`, { cause: error });
}

/** What to do about what S3 says: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const SENTENCES: Readonly<Record<string, string>> = {
  NoSuchKey:
    'The object is gone: a lifecycle rule or somebody removed it before it was read. Let the lifecycle rule of the bucket wait for longer than 14 days, and put the file back.',
  NoSuchBucket:
    'The bucket is gone: deploy Keywarden with the bucket that the trail writes to now (parameter trailBucket).',
  InvalidObjectState:
    'The object was moved to an archive that answers only after a restore: let the lifecycle rule of the bucket wait for longer than 14 days, and restore the file.',
  AccessDenied:
    'S3 denied it ({reason}): let the role of the key-use function read the bucket, and when the trail is encrypted, use its key (parameter trailKeyArn, and the policies of bucket and key).',
};
