import { open } from 'node:fs/promises';
import { scanFile } from '../audit/read/scan-file.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import { createUseCounter, TooManyUsesError, type UseCounter, type UseRow } from '../key-use/count.ts';
import { createUseShortCut, type Sorted, sortUse } from './sort-use.ts';

/** What the records of one log file say of the use of keys. */
export interface FileUses {
  /**
   * `read`: all of it was understood. `partial`: the rows are right as far as they go, and some records are missing.
   * `unread`: it says nothing.
   */
  readonly outcome: 'read' | 'partial' | 'unread';
  /** Why not all of it was understood, as sentences. */
  readonly reason?: string;
  readonly rows: readonly UseRow[];
  /** Records of KMS whose use was refused because the key is pending deletion, as they are in the file. */
  readonly warnings: readonly unknown[];
  /** Records of any service. */
  readonly records: number;
  /** Uses of keys that the record does not name: a denied call is not always told with its key. */
  readonly keyless: number;
}

/**
 * In bytes. CloudTrail puts at most 50 MB into one file; one that unpacks to this much was not made by it, and would use up the
 * time of the files that come with it.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
const LARGEST_TEXT = 1024 * 1024 * 1024;

const KMS_ONLY: ReadonlySet<string> = new Set([KMS_SOURCE]);

/** One for all files: what is learnt of kinds of records in one serves in the next. Files are read one after the other. */
let current: Taker | undefined;
const shortCut = createUseShortCut((sorted) => current?.take(sorted, undefined));

/**
 * Reads one log file of CloudTrail from the disk. Memory grows with the rows and with the ids of the uses in it, not with
 * its bytes. A second file is not begun before the first one is done.
 *
 * @param file path of a gzip
 * @param most uses that are counted, see `MOST_USES`
 * @param largest bytes of text that are unpacked
 * @returns what it says; a file that cannot be understood is no error
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
export async function readUses(file: string, most?: number, largest: number = LARGEST_TEXT): Promise<FileUses> {
  if (!(await isGzip(file))) return unreadFile('The file is no gzip, and every log file of CloudTrail is one.');
  const taker = createTaker(createUseCounter(most));
  current = taker;
  try {
    const onRecord = (record: unknown) => taker.take(sortUse(record), record);
    const source = { kind: 'source', file } as const;
    const { records, problems } = await scanFile(source, KMS_ONLY, onRecord, shortCut, limitText(largest));
    return sumUp(
      taker,
      records,
      problems.map(({ byte, message }) => `Byte ${byte}: ${message}`),
    );
  } catch (error) {
    if (error instanceof TooManyUsesError) return unreadFile(error.message);
    throw error;
  } finally {
    current = undefined;
  }
}

function limitText(largest: number): (piece: Uint8Array) => void {
  let length = 0;
  return (piece) => {
    length += piece.length;
    if (length > largest)
      throw new Error(`it unpacks to more than ${largest} bytes, and CloudTrail puts 50 MB into a file`);
  };
}

/** @param reason as a sentence */
export const unreadFile = (reason: string): FileUses => ({
  outcome: 'unread',
  reason,
  rows: [],
  warnings: [],
  records: 0,
  keyless: 0,
});

interface Taker {
  take(sorted: Sorted, record: unknown): void;
  readonly counter: UseCounter;
  readonly warnings: unknown[];
  /** The first of the reasons why records could not be read. */
  readonly reasons: string[];
  malformed: number;
  keyless: number;
}

function createTaker(counter: UseCounter): Taker {
  const taker: Taker = {
    counter,
    warnings: [],
    reasons: [],
    malformed: 0,
    keyless: 0,
    take(sorted, record) {
      switch (sorted.kind) {
        case 'use':
          counter.add(sorted.use);
          if (sorted.isLastWarning) taker.warnings.push(record);
          return;
        case 'warning':
          taker.warnings.push(record);
          return;
        case 'keyless':
          taker.keyless += 1;
          return;
        case 'malformed':
          taker.malformed += 1;
          if (taker.reasons.length < MOST_REASONS) taker.reasons.push(sorted.reason);
      }
    },
  };
  return taker;
}

/** So many reasons say enough; the others are counted. */
const MOST_REASONS = 3;

function sumUp(taker: Taker, records: number, problems: readonly string[]): FileUses {
  const { counter, warnings, keyless } = taker;
  if (problems.length + taker.malformed === 0) {
    return { outcome: 'read', rows: counter.rows(), warnings, records, keyless };
  }
  const reason = sayWhy(problems, taker);
  if (records === 0) return unreadFile(reason);
  return { outcome: 'partial', reason, rows: counter.rows(), warnings, records, keyless };
}

function sayWhy(problems: readonly string[], { reasons, malformed }: Taker): string {
  const said = [...problems, ...reasons.map((reason) => `A record of KMS cannot be read: ${reason}`)];
  const more = problems.length + malformed - Math.min(said.length, MOST_REASONS);
  return [...said.slice(0, MOST_REASONS), ...(more > 0 ? [`There are ${more} more problems.`] : [])].join(' ');
}

/** @see https://www.rfc-editor.org/rfc/rfc1952 */
async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
