import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Bytes that are read or written at once. */
const CHUNK = 256 * 1024;

/** Writes sorted lines into a new file, one after the other. */
export function writeRun(file: string, sorted: Iterable<string>): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    let text = '';
    for (const line of sorted) {
      text += `${line}\n`;
      if (text.length < CHUNK) continue;
      writeSync(handle, text);
      text = '';
    }
    writeSync(handle, text);
  } finally {
    closeSync(handle);
  }
}

/** Reads such a file line by line; it is closed when the reading ends or is given up. */
export function* readRun(file: string): Generator<string> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let length = readSync(handle, chunk); length > 0; length = readSync(handle, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, length))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(handle);
  }
}
