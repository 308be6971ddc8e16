import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { S3Client } from '@aws-sdk/client-s3';
import { createLogBucket } from '../aws/log-bucket.ts';
import { createPublicKeyReader } from '../aws/public-keys.ts';
import type { RecordSource } from '../reconcile/record-source.ts';
import type { AskedArchive } from '../reconcile/run-reconcile.ts';
import { type ArchiveOptions, createArchiveSource } from './archive-source.ts';
import { createBucketArchive } from './bucket-archive.ts';
import { ArchivePlaceError, readArchivePlace } from './place.ts';

/** What reading a bucket needs. */
export interface BucketAccess extends Pick<ArchiveOptions, 'account' | 'region' | 'clock' | 'outOfTime'> {
  readonly s3: S3Client;
  /** Gives the client of a Region. */
  readonly cloudTrail: (region: string) => CloudTrailClient;
}

/**
 * Makes the source for an archive in S3 that somebody asks for.
 *
 * @throws {ArchivePlaceError} when the place is none in S3
 */
export function createAskedSource(asked: AskedArchive, { s3, cloudTrail, ...options }: BucketAccess): RecordSource {
  const place = readArchivePlace(asked.place);
  if (place.kind === 'folder') {
    throw new ArchivePlaceError(
      `The archive is ${JSON.stringify(asked.place)}; give s3://bucket or s3://bucket/prefix.`,
    );
  }
  const { bucket, prefix } = place;
  const named = asked.organization === undefined ? {} : { organization: asked.organization };
  return createArchiveSource({
    ...options,
    archive: createBucketArchive(createLogBucket(s3, bucket), { bucket, prefix, ...named }),
    lookAheadHours: asked.lookAheadHours,
    ...(asked.digests ? { readPublicKeys: createPublicKeyReader(cloudTrail) } : {}),
  });
}
