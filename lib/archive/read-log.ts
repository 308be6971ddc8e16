import { createHash } from 'node:crypto';
import { scanFile } from '../audit/read/scan-file.ts';
import type { OpenedSource } from '../audit/read/source.ts';
import { AUDITED_SOURCES } from '../audit/read/wanted.ts';
import { readBystander, readPlainUse } from '../audit/read-plain.ts';
import { WATCHED_READS } from '../audit/sort-record.ts';
import { createShortCut } from '../audit/take-alike.ts';
import type { Archive } from './archive.ts';

/** What one log file holds. */
export interface LogContent {
  /** Records of the services that matter, as `JSON.parse` gives them, without successful uses and reads of keys. */
  readonly records: readonly unknown[];
  /** sha256 (hex) of the unpacked content, as far as it could be read. */
  readonly hash: string;
  /** What could not be read, as sentences; empty when all of it was. */
  readonly problems: readonly string[];
}

/** CloudTrail puts at most 50 MB into one file; one that unpacks to this much was not made by it. */
const LARGEST_TEXT = 1024 * 1024 * 1024;

/**
 * What an archive mostly holds is uses and reads of keys, which the ledger does not record one by one: they are passed over by
 * their texts, without being parsed. One for all files: what it learns in one serves in the next.
 */
const passOver = createShortCut(() => {});

/**
 * Reads one log file as it streams in. Memory grows with the records that matter, not with the file.
 *
 * @returns a file that cannot be read is no error
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
export async function readLog(archive: Archive, key: string): Promise<LogContent> {
  const hash = createHash('sha256');
  const records: unknown[] = [];
  let length = 0;
  const source: OpenedSource = { kind: 'source', file: archive.nameFile(key), open: () => openBody(archive, key) };
  const onRecord = (record: unknown) => {
    if (!isPassedOver(record)) records.push(record);
  };
  const { problems, ...report } = await scanFile(source, AUDITED_SOURCES, onRecord, passOver, (piece) => {
    length += piece.length;
    if (length > LARGEST_TEXT)
      throw new Error('it unpacks to more than a gigabyte, and CloudTrail puts 50 MB into a file');
    hash.update(piece);
  });
  const sentences = problems.map(({ message }) => message);
  if (report.bytes === 0 && sentences.length === 0) sentences.push('The file is empty.');
  return { records, hash: hash.digest('hex'), problems: sentences };
}

async function* openBody(archive: Archive, key: string): AsyncGenerator<Uint8Array> {
  const { body } = await archive.open(key);
  yield* body;
}

/** The first record of a kind is parsed, though the others are passed over. */
const isPassedOver = (record: unknown): boolean => {
  const use = readPlainUse(record);
  if (use !== undefined) return !WATCHED_READS.has(use.operation);
  return readBystander(record, WATCHED_READS) !== undefined;
};
