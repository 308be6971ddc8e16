import { rm } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Log } from '../context.ts';
import { isObject } from '../event/plain-json.ts';
import type { FileItem } from '../key-use/items.ts';
import { type LogFile, readLogFileName } from '../key-use/log-file.ts';
import { findFile, putFile, putUses, type UseTable } from '../key-use/store.ts';
import { type FetchedFile, fetchFile, UnfetchedError } from './fetch-file.ts';
import { type FileUses, readUses, unreadFile } from './read-uses.ts';

/** What taking files in needs. */
export interface Intake {
  readonly s3: S3Client;
  readonly table: UseTable;
  /** How long uses are kept, in days. */
  readonly keepDays: number;
  /** Where Keywarden runs. */
  readonly account: string;
  readonly region: string;
  /** Hands records on that the lifecycle function must judge. */
  readonly handOn: (records: readonly unknown[]) => Promise<void>;
  /** A folder of the disk where a file may lie while it is read. */
  readonly folder: string;
  readonly clock: () => Date;
  readonly log: Log;
}

/** An object that S3 told of. */
export interface StoredObject {
  readonly bucket: string;
  /** Name of the object. */
  readonly key: string;
  /** What S3 called its content. */
  readonly etag?: string;
}

/** What lies beside the log files and is none: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html */
const SIBLING = /(?:^|\/)CloudTrail-[A-Za-z]+\//;

/**
 * Takes one log file in: its rows first, then the records that must be judged, and at last that it was read, so that a file
 * that counts as read is there wholly. A file that comes again changes nothing.
 *
 * @returns what became of it; `no-log-file` for a digest and its like, of which nothing is kept
 * @throws what AWS throws when the next attempt may fare better
 */
export async function takeFile(intake: Intake, object: StoredObject): Promise<FileItem | 'no-log-file'> {
  const file = readLogFileName(object.bucket, object.key);
  if (file === undefined) return SIBLING.test(object.key) ? 'no-log-file' : keep(intake, object, NAMELESS);
  const before = await findFile(intake.table, file);
  if (before?.outcome !== 'read') return readIn(intake, file);
  if (object.etag === undefined || before.etag === undefined || object.etag === before.etag) return before;
  // Under a name of its own: what was read stays, and so does what it said.
  return keep(intake, { ...file, id: `${file.id}.${object.etag}` }, unreadFile(REPLACED), { etag: object.etag });
}

/** Keeps that a file could not be read, after the last attempt. */
export const giveUpFile = (intake: Intake, { bucket, key }: StoredObject, reason: string): Promise<FileItem> =>
  keep(intake, readLogFileName(bucket, key) ?? { bucket, key }, unreadFile(reason));

const NAMELESS = unreadFile(
  'The object is called like no log file of CloudTrail. Find out who put it there; only CloudTrail should write to the bucket.',
);
const REPLACED =
  'The file was read before with another content, and CloudTrail never changes one. Find out who replaced it, and validate the log files (aws cloudtrail validate-logs).';

async function readIn(intake: Intake, file: LogFile): Promise<FileItem> {
  const { s3, table, keepDays, handOn, folder } = intake;
  let fetched: FetchedFile;
  try {
    fetched = await fetchFile(s3, file, folder, `${file.id}.json.gz`);
  } catch (error) {
    if (!(error instanceof UnfetchedError)) throw error;
    return keep(intake, file, unreadFile(error.message));
  }
  try {
    const uses = await readUses(fetched.path);
    await putUses(table, file.id, uses.rows, keepDays);
    await handOn(uses.warnings.filter((record) => isOwn(record, intake)));
    const { etag, sha256, bytes } = fetched;
    return await keep(intake, file, uses, { sha256, bytes, ...(etag === undefined ? {} : { etag }) });
  } finally {
    await rm(fetched.path, { force: true });
  }
}

/**
 * The bucket may have the files of other Regions and accounts. Their keys cannot be looked at from here, and the Keywarden
 * there gets the event.
 */
const isOwn = (record: unknown, { account, region }: Intake): boolean =>
  isObject(record) && record.recipientAccountId === account && record.awsRegion === region;

async function keep(
  intake: Intake,
  file: LogFile | StoredObject,
  { outcome, reason, records, rows, keyless, warnings }: FileUses,
  content: Pick<FileItem, 'etag' | 'sha256' | 'bytes'> = {},
): Promise<FileItem> {
  const { table, keepDays, clock, log } = intake;
  const { bucket, key } = file;
  const named = 'minute' in file ? { account: file.account, region: file.region, minute: file.minute } : {};
  const counts = {
    records,
    rows: rows.length,
    keyless,
    warnings: warnings.length,
    handedOn: warnings.filter((one) => isOwn(one, intake)).length,
  };
  const why = reason === undefined ? {} : { reason };
  const item = { outcome, ...why, bucket, key, ...named, ...content, ...counts, at: clock().toISOString() };
  await putFile(table, file, item, keepDays);
  if (outcome === 'read') log.info('file read', { key, ...counts });
  else log.warn('file not read', { key, outcome, reason });
  return item;
}
