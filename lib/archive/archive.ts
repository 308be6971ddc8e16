import type { OpenedObject } from '../aws/log-bucket.ts';

/** Where the log files of a trail are: a bucket, or a folder of files that were downloaded. */
export interface Archive {
  /** For people: `s3://bucket/prefix`, or the folder. */
  readonly name: string;
  /** Absent: digests cannot be validated, because their signatures stay in the metadata of the objects. */
  readonly bucket?: string;
  /**
   * Names of the log files, or the digests, of one day.
   *
   * @param day of the delivery, e.g. `2026/03/02`
   */
  list(kind: 'CloudTrail' | 'CloudTrail-Digest', account: string, region: string, day: string): AsyncIterable<string>;
  /** @param key as `list` gives it */
  open(key: string): Promise<OpenedObject>;
  /** How people find the file: `s3://bucket/key`, or its path. */
  nameFile(key: string): string;
}
