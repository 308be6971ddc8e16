import type { LogBucket } from '../aws/log-bucket.ts';
import type { Archive } from './archive.ts';

/** Where in the bucket. */
export interface BucketPlace {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Id of the organization, for a trail of it: its files lie in a folder of that name. */
  readonly organization?: string;
}

/**
 * Makes the archive that a bucket is.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export function createBucketArchive(bucket: LogBucket, { bucket: name, prefix, organization }: BucketPlace): Archive {
  const top = `${prefix}AWSLogs/${organization === undefined ? '' : `${organization}/`}`;
  return {
    name: `s3://${name}/${top}`,
    bucket: name,
    list: (kind, account, region, day) => bucket.list(`${top}${account}/${kind}/${region}/${day}/`),
    open: (key) => bucket.open(key),
    nameFile: (key) => `s3://${name}/${key}`,
  };
}
