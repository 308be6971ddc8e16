import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** One line of a file, without the character that ends it. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Why the text is not to be believed. */
  readonly problem?: string;
}

/** What a file was, once it has been read to its end. */
export interface FileSum {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
}

/** No item of DynamoDB comes near it; a file without lines must not fill the memory. Bytes. */
const LONGEST = 64_000_000;
const READ = 1_000_000;
const NEWLINE = 10;

/**
 * Reads a file line by line with little memory, and says what it was.
 *
 * @param onEnd gets the digest of all its bytes
 * @returns lines, some thousand at a time
 * @throws what the file system throws
 */
export async function* readLines(path: string, onEnd: (sum: FileSum) => void): AsyncGenerator<readonly Line[]> {
  const hash = createHash('sha256');
  let [bytes, lines] = [0, 0];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: READ }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    const found: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines += 1;
      found.push(toLine(lines, [...pending, chunk.subarray(start, end)], pendingBytes + end - start));
      [pending, pendingBytes, start] = [[], 0, end + 1];
    }
    pendingBytes += chunk.length - start;
    if (pendingBytes <= LONGEST) pending.push(chunk.subarray(start));
    else pending = [];
    if (found.length > 0) yield found;
  }
  if (pendingBytes > 0) {
    lines += 1;
    yield [{ ...toLine(lines, pending, pendingBytes), problem: 'the last line does not end: the file was cut off' }];
  }
  onEnd({ sha256: hash.digest('hex'), bytes, lines });
}

function toLine(number: number, parts: readonly Buffer[], length: number): Line {
  if (length > LONGEST) return { number, text: '', problem: `the line has ${length} bytes, which no entry can have` };
  const [first = Buffer.alloc(0)] = parts;
  const buffer = parts.length === 1 ? first : Buffer.concat(parts);
  if (!isUtf8(buffer)) return { number, text: '', problem: 'the line is not UTF-8 text' };
  return { number, text: buffer.toString('utf8') };
}
