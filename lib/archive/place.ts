/** Where a trail delivers its log files to. */
export type ArchivePlace =
  | { readonly kind: 'bucket'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly folder: string };

/** The place of an archive is written in a way that nobody can read. */
export class ArchivePlaceError extends Error {
  override name = 'ArchivePlaceError';
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/**
 * Reads the place of an archive.
 *
 * @param text `s3://bucket` or `s3://bucket/prefix`, where the prefix is the one that the trail has (what comes before
 *   `AWSLogs`); anything else is a folder of downloaded files
 * @returns the prefix is empty, or ends with a slash
 * @throws {ArchivePlaceError} for an address that begins like one of S3 and is none
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export function readArchivePlace(text: string): ArchivePlace {
  if (text === '') throw new ArchivePlaceError('The archive is empty; give s3://bucket/prefix or a folder.');
  if (!/^[a-z0-9]+:\/\//i.test(text)) return { kind: 'folder', folder: text };
  const [, bucket, rest = ''] = BUCKET.exec(text) ?? [];
  if (bucket === undefined) {
    throw new ArchivePlaceError(
      `The archive is ${JSON.stringify(text)}, which is no place in S3; give s3://bucket or s3://bucket/prefix, or a folder.`,
    );
  }
  // People copy the place of AWSLogs, or of one account's files, out of the console.
  const prefix = rest.replace(/(^|\/)AWSLogs(\/.*)?$/, '$1').replace(/\/+$/, '');
  return { kind: 'bucket', bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}
