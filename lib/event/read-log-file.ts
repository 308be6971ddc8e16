import type { KeyAction } from './key-action.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { fieldOf, isObject } from './plain-json.ts';
import { type ReadContext, readRecord } from './read-record.ts';

/** One record of a log file: the action it tells of, or what is wrong with it and the record itself. */
export type LogFileEntry =
  | { readonly action: KeyAction }
  | { readonly malformed: MalformedEventError; readonly record: unknown };

/**
 * Reads a CloudTrail log file, unpacked: `{"Records": [...]}`. A record that cannot be read is handed back with its
 * error and never loses the others. The whole file is held in memory; CloudTrail writes at most 50 MB into one.
 *
 * @param file the file's JSON text, or what it parses to
 * @returns one entry per record, in the order of the file. The same event may be in it twice
 * @throws {MalformedEventError} `not-json` or `not-an-object` when it is no log file at all
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
export function readLogFile(file: unknown, context: ReadContext): LogFileEntry[] {
  // Records are copied one by one when they are read, so that one that cannot be copied does not take the file with it.
  const content = typeof file === 'string' ? parseText(file) : file;
  const records = isObject(content) ? fieldOf(content, 'Records') : undefined;
  if (Array.isArray(records)) return records.map((record: unknown) => readEntry(record, context));
  const malformation = { field: 'Records', value: records, expected: 'the list of records of a CloudTrail log file' };
  throw new MalformedEventError('not-an-object', malformation);
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const malformation = { field: 'the log file', value: text, expected: 'JSON text; unpack a .gz file first' };
    throw new MalformedEventError('not-json', malformation, { cause });
  }
}

function readEntry(record: unknown, context: ReadContext): LogFileEntry {
  try {
    return { action: readRecord(record, context) };
  } catch (error) {
    if (error instanceof MalformedEventError) return { malformed: error, record };
    throw error;
  }
}
