import type { UseRow } from './count.ts';
import type { LogFile } from './log-file.ts';

/**
 * Keys and attributes of the table of key use; nobody else spells them. docs/key-use.md describes them for people.
 */

/** Partition of the uses of one key. */
export const keyPartition = (keyArn: string): string => `USE#${keyArn}`;
/** Partition of the files of one day, by the minute in their names. @param day e.g. `2026-08-03` */
export const dayPartition = (day: string): string => `FILES#${day}`;
/** Partition of objects that are called like no log file. */
export const OTHER_FILES = 'FILES#other';

/** What became of a file; it is written after everything that the file says. */
export interface FileItem {
  readonly outcome: 'read' | 'partial' | 'unread';
  /** Why it is not `read`. */
  readonly reason?: string;
  readonly bucket: string;
  readonly key: string;
  /** Absent for an object that is called like no log file. */
  readonly account?: string;
  readonly region?: string;
  /** The minute in its name, ISO 8601 UTC. */
  readonly minute?: string;
  /** What S3 calls its content. */
  readonly etag?: string;
  /** sha256 (hex) of the object as it is in the bucket; absent when it could not be fetched. */
  readonly sha256?: string;
  /** Length of the object. */
  readonly bytes?: number;
  readonly records: number;
  readonly rows: number;
  readonly keyless: number;
  /** Refused uses of keys that are pending deletion, and how many of them were handed on to be judged here. */
  readonly warnings: number;
  readonly handedOn: number;
  /** When Keywarden looked, ISO 8601 UTC. */
  readonly at: string;
}

/** Where the item of a file is. */
export const fileKey = (file: LogFile | { readonly key: string }): { readonly pk: string; readonly sk: string } =>
  'minute' in file
    ? {
        pk: dayPartition(file.minute.slice(0, 'yyyy-mm-dd'.length)),
        sk: `${file.account}#${file.region}#${file.minute.slice('yyyy-mm-ddT'.length)}#${file.id}`,
      }
    : { pk: OTHER_FILES, sk: file.key };

/** An item with the rows of one key and hour from one file. */
export interface UseItem {
  readonly pk: string;
  readonly sk: string;
  /** JSON: a list of rows, each a list; see `writeRow`. */
  readonly rows: string;
  /** The newest use that succeeded, ISO 8601 UTC, and its operation; absent when none did. */
  readonly lastUse?: string;
  readonly lastOperation?: string;
  /** When DynamoDB may delete it, in seconds since 1970. */
  readonly expires: number;
}

/** DynamoDB takes 400 KB, names included: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const LONGEST_ROWS = 300_000;

/**
 * Makes the items of the rows of one file. The same rows always give the same items, so that a file that is read twice is
 * counted once.
 *
 * @param rows sorted, as a counter gives them
 * @param longest bytes of rows in one item
 */
export function makeUseItems(
  fileId: string,
  rows: readonly UseRow[],
  keepDays: number,
  longest: number = LONGEST_ROWS,
): UseItem[] {
  const groups = Map.groupBy(rows, ({ key, hour }) => `${hour} ${key}`);
  return [...groups.values()].flatMap((group) =>
    splitByLength(group, longest).map((part, index) => makeUseItem(fileId, part, index, keepDays)),
  );
}

function makeUseItem(fileId: string, rows: readonly [UseRow, ...UseRow[]], part: number, keepDays: number): UseItem {
  const [{ key, hour }] = rows;
  const last = findNewestUse(rows);
  return {
    pk: keyPartition(key),
    sk: `${hour}#${fileId}#${String(part).padStart(3, '0')}`,
    rows: `[${rows.map(writeRow).join(',')}]`,
    ...(last === undefined ? {} : { lastUse: last.at, lastOperation: last.operation }),
    expires: expiryOf(`${hour}:00:00Z`, keepDays),
  };
}

/** Of two operations in one second, the later name counts: the records do not tell the order. */
const findNewestUse = (rows: readonly UseRow[]) =>
  rows
    .flatMap(({ lastUse, operation }) => (lastUse === undefined ? [] : [{ at: lastUse, operation }]))
    .sort((one, other) => (`${one.at}${one.operation}` < `${other.at}${other.operation}` ? 1 : -1))[0];

/** Counted from when it happened, so that a file that is read again does not live longer. */
export const expiryOf = (time: string, keepDays: number): number => Date.parse(time) / 1000 + keepDays * 24 * 3600;

function splitByLength(rows: readonly UseRow[], longest: number): [UseRow, ...UseRow[]][] {
  const parts: [UseRow, ...UseRow[]][] = [];
  let length = 0;
  for (const row of rows) {
    const bytes = Buffer.byteLength(writeRow(row)) + 1;
    const part = parts.at(-1);
    if (part === undefined || length + bytes > longest) {
      parts.push([row]);
      length = bytes;
    } else {
      part.push(row);
      length += bytes;
    }
  }
  return parts;
}

/** Times within their hour, e.g. `09:31`; the hour is in the sort key. */
const TIME_IN_HOUR = [14, 19] as const;

/**
 * A row as JSON: caller, service that called for it (or ''), operation, account, succeeded, denied, failed, dry runs, first,
 * last, last success (or ''), id of the last event. A list instead of an object: DynamoDB is paid by the KB, names included.
 */
const writeRow = (row: UseRow): string =>
  JSON.stringify([
    row.principal,
    row.via ?? '',
    row.operation,
    row.account,
    row.succeeded,
    row.denied,
    row.failed,
    row.dryRuns,
    row.first.slice(...TIME_IN_HOUR),
    row.last.slice(...TIME_IN_HOUR),
    row.lastUse?.slice(...TIME_IN_HOUR) ?? '',
    row.lastEventId,
  ]);

type WrittenRow = [
  principal: string,
  via: string,
  operation: string,
  account: string,
  succeeded: number,
  denied: number,
  failed: number,
  dryRuns: number,
  first: string,
  last: string,
  lastUse: string,
  lastEventId: string,
];

/** Reads the rows of an item again. */
export function readRows({ pk, sk, rows }: Pick<UseItem, 'pk' | 'sk' | 'rows'>): UseRow[] {
  const key = pk.slice(keyPartition('').length);
  const hour = sk.slice(0, 'yyyy-mm-ddThh'.length);
  const timeOf = (inHour: string) => `${hour}:${inHour}Z`;
  return (JSON.parse(rows) as WrittenRow[]).map(
    ([principal, via, operation, account, succeeded, denied, failed, dryRuns, first, last, lastUse, lastEventId]) => ({
      ...{ key, hour, account, principal, operation, succeeded, denied, failed, dryRuns, lastEventId },
      ...(via === '' ? {} : { via }),
      first: timeOf(first),
      last: timeOf(last),
      ...(lastUse === '' ? {} : { lastUse: timeOf(lastUse) }),
    }),
  );
}
