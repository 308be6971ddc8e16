import { queryItems, scanItems } from '../aws/query-items.ts';
import type { UseRow } from './count.ts';
import { dayPartition, type FileItem, keyPartition, OTHER_FILES, readRows, type UseItem } from './items.ts';
import type { UseTable } from './store.ts';

/** Which uses are asked for. Whole hours: `from` and `to` (ISO 8601 UTC) are taken to begin theirs; `to` is not part of it. */
export interface UseWindow {
  readonly from: string;
  readonly to: string;
}

/**
 * Reads who used keys: a row for each caller, operation, hour and file, so that one caller may have several rows in an hour.
 *
 * @param key ARN; its rows come in the order of the hours. Without one, the rows of all keys, in no order, for which the
 *   whole table is read
 * @throws {RangeError} when the window is no window; and what DynamoDB throws
 */
export async function* readKeyUse(
  { client, table }: UseTable,
  { key, ...window }: UseWindow & { readonly key?: string },
): AsyncGenerator<UseRow> {
  const { from, to } = hoursOf(window);
  const items =
    key === undefined
      ? scanItems(client, {
          TableName: table,
          FilterExpression: 'begins_with(pk, :uses) AND sk >= :from AND sk < :to',
          ExpressionAttributeValues: { ':uses': keyPartition(''), ':from': from, ':to': to },
        })
      : queryItems(client, {
          TableName: table,
          KeyConditionExpression: 'pk = :key AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':key': keyPartition(key), ':from': from, ':to': to },
        });
  // No sort key is as short as an hour, so that BETWEEN leaves the hour `to` out as well.
  for await (const item of items) yield* readRows(item as unknown as UseItem);
}

const HOUR = 3_600_000;

function hoursOf({ from, to }: UseWindow): { readonly from: string; readonly to: string } {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  if (!(begin <= end)) {
    throw new RangeError(
      `From ${from} to ${to} is no window; give two times in UTC, e.g. 2026-08-03T00:00:00Z, in order.`,
    );
  }
  const write = (time: number) => new Date(time).toISOString().slice(0, 'yyyy-mm-ddThh'.length);
  return { from: write(begin), to: write(end) };
}

/** Which files of one hour were looked at: those whose names say that hour. */
export interface HourCoverage {
  readonly account: string;
  readonly region: string;
  /** e.g. `2026-08-03T09` */
  readonly hour: string;
  /** Files that were read, those that were read in part, and those that could not be read. */
  readonly read: number;
  readonly partial: number;
  readonly unread: number;
  /** Uses in these files whose key the record does not tell. */
  readonly keyless: number;
}

/**
 * Tells which hours were looked at, by account and Region. An hour that is not among them was not looked at: no file came
 * for it, and that is no sign that no key was used. A file holds what CloudTrail had when it wrote it, mostly of the quarter
 * of an hour before; that no file is missing, only CloudTrail's digests prove.
 *
 * @throws {RangeError} when the window is no window; and what DynamoDB throws
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export async function* readCoverage(table: UseTable, window: UseWindow): AsyncGenerator<HourCoverage> {
  let current: Writable<HourCoverage> | undefined;
  for await (const { account = '', region = '', minute = '', outcome, keyless } of readFiles(table, window)) {
    const hour = minute.slice(0, 'yyyy-mm-ddThh'.length);
    if (current === undefined || current.account !== account || current.region !== region || current.hour !== hour) {
      if (current !== undefined) yield current;
      current = { account, region, hour, read: 0, partial: 0, unread: 0, keyless: 0 };
    }
    current[outcome] += 1;
    current.keyless += keyless;
  }
  if (current !== undefined) yield current;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/**
 * Lists the files that were not, or not wholly, read, with the reason; and with them what was taken for a log file by mistake,
 * of any time.
 *
 * @throws {RangeError} when the window is no window; and what DynamoDB throws
 */
export async function* readUnreadFiles(table: UseTable, window: UseWindow): AsyncGenerator<FileItem> {
  for await (const file of readFiles(table, window)) if (file.outcome !== 'read') yield file;
  yield* readPartition(table, OTHER_FILES);
}

/** By day, account, Region and minute. */
async function* readFiles(table: UseTable, window: UseWindow): AsyncGenerator<FileItem> {
  const { from, to } = hoursOf(window);
  for (let day = Date.parse(`${from.slice(0, 10)}T00:00:00Z`); day < Date.parse(`${to}:00:00Z`); day += 24 * HOUR) {
    for await (const file of readPartition(table, dayPartition(new Date(day).toISOString().slice(0, 10)))) {
      if ((file.minute ?? '') >= from && (file.minute ?? '') < to) yield file;
    }
  }
}

async function* readPartition({ client, table }: UseTable, pk: string): AsyncGenerator<FileItem> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': pk },
  });
  for await (const { pk: _pk, sk: _sk, expires: _expires, ...item } of items) yield item as unknown as FileItem;
}
