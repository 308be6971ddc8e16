/** A log file of a trail, by its name in the bucket. */
export interface LogFile {
  readonly bucket: string;
  /** Name of the object. */
  readonly key: string;
  /** Last part of the name without `.json.gz`; no other file has it, because CloudTrail ends it with 16 random characters. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** The minute that CloudTrail gave the file, ISO 8601 UTC, e.g. `2026-08-03T09:05Z`. */
  readonly minute: string;
}

const NAME =
  /(?:^|\/)CloudTrail\/[a-z0-9-]+\/(?:\d{4}\/\d\d\/\d\d\/)((\d{12})_CloudTrail_([a-z0-9-]+)_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_([A-Za-z0-9]+))\.json\.gz$/;

/**
 * Reads the name of an object as that of a log file.
 *
 * @returns undefined for anything else: digests, Insights, and what others put into the bucket
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format
 */
export function readLogFileName(bucket: string, key: string): LogFile | undefined {
  const [, id, account, region, year, month, day, hour, minute] = NAME.exec(key) ?? [];
  if (id === undefined || account === undefined || region === undefined) return undefined;
  return { bucket, key, id, account, region, minute: `${year}-${month}-${day}T${hour}:${minute}Z` };
}
