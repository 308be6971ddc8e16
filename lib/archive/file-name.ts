/** What the name of a log file or digest says. */
export interface FileName {
  readonly account: string;
  readonly region: string;
  /** When CloudTrail delivered it, ISO 8601 UTC: of a log file to the minute; of a digest the end of its hour, to the second. */
  readonly at: string;
}

/** The name of a digest. */
export interface DigestName extends FileName {
  /** Name of the trail and its home Region: the digests of one trail are a chain of their own. */
  readonly trail: string;
  /** It names files that earlier digests should have named. */
  readonly backfill: boolean;
}

const LOG = /(?:^|[/\\])(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4})Z_[A-Za-z0-9]+\.json(?:\.gz)?$/;
const DIGEST = /(?:^|\/)(\d{12})_CloudTrail-Digest_([a-z0-9-]+)_(.+_[a-z0-9-]+)_(\d{8}T\d{6})Z(_backfill)?\.json\.gz$/;

/**
 * @param key name of an object, or path of a file
 * @returns undefined for what is no log file by its name
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format
 */
export function readLogName(key: string): FileName | undefined {
  const [, account, region, stamp] = LOG.exec(key) ?? [];
  const at = readStamp(stamp);
  return account === undefined || region === undefined || at === undefined ? undefined : { account, region, at };
}

/**
 * @returns undefined for what is no digest by its name
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
export function readDigestName(key: string): DigestName | undefined {
  const [, account, region, trail, stamp, backfill] = DIGEST.exec(key) ?? [];
  const at = readStamp(stamp);
  if (account === undefined || region === undefined || trail === undefined || at === undefined) return undefined;
  return { account, region, trail, at, backfill: backfill !== undefined };
}

/** `20260302T1007` or `20260302T100730`; undefined for a day that is none. */
function readStamp(stamp: string | undefined): string | undefined {
  if (stamp === undefined) return undefined;
  const [, year, month, day, hour, minute, second = '00'] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?$/.exec(stamp) ?? [];
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return Number.isNaN(Date.parse(text)) ? undefined : text;
}

/**
 * @param from ISO 8601 UTC
 * @returns the days from one time to another, both included, e.g. `2026/03/02`: as CloudTrail names its folders
 */
export function listDays(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = Date.parse(`${from.slice(0, 10)}T00:00:00Z`); day <= Date.parse(to); day += DAY) {
    days.push(new Date(day).toISOString().slice(0, 10).replaceAll('-', '/'));
  }
  return days;
}

const DAY = 86_400_000;
