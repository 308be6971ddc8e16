import {
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { sortFailure } from './failure.ts';

/** How long the bucket keeps what is put into it, or why nobody can rely on that. */
export type Lock =
  | {
      readonly locked: true;
      readonly mode: 'COMPLIANCE';
      readonly period: { readonly [unit in 'years' | 'days']?: number };
    }
  | { readonly locked: false; readonly reason: string };

/**
 * Where signed evidence is kept: a versioned bucket with Object Lock. Of each name the first version counts, which the lock
 * keeps; what somebody puts on top of it, a newer version or a delete marker, changes nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export interface EvidenceStore {
  /** @returns `same` or `different` when the name is taken already; then nothing was written */
  put(name: string, body: Uint8Array, contentType: string): Promise<'written' | 'same' | 'different'>;
  /** The first version, also when it was deleted; undefined when there never was one. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Names, in the order of their UTF-8 bytes; without those on which a delete marker lies. */
  list(prefix: string): AsyncGenerator<string>;
  /** What cannot be read is not locked; what waiting helps is thrown. */
  isLocked(): Promise<Lock>;
}

/**
 * @param bucket name of the evidence bucket
 * @returns a store that throws what S3 throws, but for what its methods say
 */
export function createEvidenceStore(s3: S3Client, bucket: string): EvidenceStore {
  async function findFirst(name: string): Promise<string | undefined> {
    let first: string | undefined;
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    // Versions of a name come the newest first, and other names that begin with it come after it.
    while (marker !== undefined) {
      const page: ListObjectVersionsCommandOutput = await s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: name, ...marker }),
      );
      const versions = page.Versions ?? [];
      for (const { Key, VersionId } of versions) if (Key === name && VersionId !== undefined) first = VersionId;
      const past = page.IsTruncated !== true || (page.NextKeyMarker ?? '') > name;
      marker = past ? undefined : { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    return first;
  }

  async function get(name: string): Promise<Uint8Array | undefined> {
    const version = await findFirst(name);
    if (version === undefined) return undefined;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: name, VersionId: version }));
    return Body?.transformToByteArray();
  }

  async function compare(name: string, body: Uint8Array): Promise<'same' | 'different' | undefined> {
    const there = await get(name);
    if (there === undefined) return undefined;
    return Buffer.from(body).equals(there) ? 'same' : 'different';
  }

  return {
    get,

    async put(name, body, contentType) {
      const before = await compare(name, body);
      if (before !== undefined) return before;
      try {
        await s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: name, Body: body, ContentType: contentType, IfNoneMatch: '*' }),
        );
        return 'written';
      } catch (error) {
        if (!isTaken(error)) throw error;
        const now = await compare(name, body);
        if (now === undefined) throw error;
        return now;
      }
    },

    async *list(prefix) {
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },

    async isLocked() {
      try {
        const answer = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }));
        const { Mode, Years, Days } = answer.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
        if (Mode === 'COMPLIANCE' && (Years !== undefined || Days !== undefined)) {
          const period = {
            ...(Years === undefined ? {} : { years: Years }),
            ...(Days === undefined ? {} : { days: Days }),
          };
          return { locked: true, mode: Mode, period };
        }
        return { locked: false, reason: describeRetention(Mode) };
      } catch (error) {
        if (error instanceof Error && error.name === 'ObjectLockConfigurationNotFoundError') {
          return { locked: false, reason: 'it has no Object Lock' };
        }
        const { kind, reason } = sortFailure(error);
        if (kind === 'transient') throw error;
        return { locked: false, reason: `whether it is locked could not be read: ${reason}` };
      }
    },
  };
}

const describeRetention = (mode: string | undefined): string =>
  mode === undefined
    ? 'it has Object Lock and no default retention'
    : `its default retention is in ${mode.toLowerCase()} mode, which whoever has the permission can bypass`;

/**
 * 412: there is an object. 409: another put of the same name is under way, and one of the two wins.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function isTaken(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === 412 || status === 409;
}
