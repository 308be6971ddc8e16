import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { FileReport, OnRecord, Problem } from './file-report.ts';
import type { Source } from './source.ts';
import { isRecord, isWanted } from './wanted.ts';

/**
 * Reads one file and hands over the records that are wanted.
 *
 * @param wanted values of `eventSource`
 * @returns what was found, and what could not be read
 */
export async function scanFile({ file }: Source, wanted: ReadonlySet<string>, onRecord: OnRecord): Promise<FileReport> {
  const problems: Problem[] = [];
  const counts = { records: 0, wanted: 0 };
  const report = (bytes: number, compressedBytes: number) => ({ file, bytes, compressedBytes, ...counts, problems });
  let raw: Buffer;
  let text: Buffer;
  try {
    raw = await readFile(file === '-' ? '/dev/stdin' : file);
    text = raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw;
  } catch (error) {
    problems.push({ byte: 0, message: String(error) });
    return report(0, 0);
  }
  for (const [from, to] of findUnits(text)) {
    try {
      const record: unknown = JSON.parse(text.toString('utf8', from, to));
      if (!isRecord(record)) problems.push({ byte: from, message: 'This is no CloudTrail record.' });
      else {
        counts.records += 1;
        if (isWanted(record, wanted)) {
          counts.wanted += 1;
          onRecord(record, { file, index: counts.records - 1, byte: from });
        }
      }
    } catch (error) {
      problems.push({ byte: from, message: String(error) });
    }
  }
  return report(text.length, raw.length);
}

/** Begin and end of each object that is a record by its place: in a list, in `Records`, or by itself. */
function* findUnits(text: Buffer): Generator<[number, number]> {
  let depth = 0;
  let unit = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === 0x22) at = endOfString(text, at);
    else if (byte === 0x7b || byte === 0x5b) {
      if (depth === 0) unit = byte === 0x5b ? 1 : 0;
      if (depth === 1 && unit === 0 && text.toString('latin1', start, at).endsWith('"Records":')) unit = 2;
      if (depth === unit) start = at;
      depth += 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === unit) yield [start, at + 1];
    }
  }
}

function endOfString(text: Buffer, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== 0x22) at += text[at] === 0x5c ? 2 : 1;
  return at;
}
