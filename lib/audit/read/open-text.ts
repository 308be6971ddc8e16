import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { type Source, STDIN } from './source.ts';

/** How much was read so far, in bytes: of the file, and decompressed. */
export interface TextSize {
  compressed: number;
  text: number;
  /** Whether the file is a gzip, which its first two bytes say. */
  gzip: boolean;
}

/** Pieces large enough that what happens between two of them costs nothing, and small enough to stay in the cache. */
const PIECE = 256 * 1024;

/**
 * Reads a file or the standard input and decompresses it if it is a gzip, of one member or more.
 *
 * @param size is kept up to date, also when reading ends with an error
 * @param onPiece takes the text, piece by piece
 * @throws the error of the file system, or of zlib (`Z_DATA_ERROR`, `Z_BUF_ERROR`) for a broken or cut off gzip. All text
 *   before the error was given out by then
 * @see https://www.rfc-editor.org/rfc/rfc1952 (gzip: magic bytes, members)
 */
export async function readText({ file }: Source, size: TextSize, onPiece: (piece: Uint8Array) => void): Promise<void> {
  const input = file === STDIN ? process.stdin : createReadStream(file, { highWaterMark: PIECE });
  let beginning = Buffer.alloc(0);
  let unpacking: Unpacking | undefined;
  const give = (piece: Uint8Array) => {
    size.text += piece.length;
    onPiece(piece);
  };
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size.compressed += chunk.length;
    let piece: Buffer = chunk;
    if (unpacking === undefined && !size.gzip && size.text === 0) {
      beginning = Buffer.concat([beginning, chunk]);
      if (beginning.length < 2) continue;
      piece = beginning;
      size.gzip = beginning[0] === 0x1f && beginning[1] === 0x8b;
      if (size.gzip) unpacking = startUnpacking(give);
    }
    if (unpacking === undefined) give(piece);
    else await unpacking.write(piece);
  }
  if (unpacking !== undefined) await unpacking.end();
  else if (size.text === 0 && beginning.length > 0) give(beginning);
}

interface Unpacking {
  write(piece: Buffer): Promise<void>;
  end(): Promise<void>;
}

function startUnpacking(give: (piece: Uint8Array) => void): Unpacking {
  const gunzip: Gunzip = createGunzip({ chunkSize: PIECE });
  const ended = once(gunzip, 'end');
  // Whoever waits for the end hears of the error.
  ended.catch(() => undefined);
  let written = 0;
  let failure: unknown;
  gunzip.on('data', (piece: Buffer) => {
    if (failure !== undefined) return;
    try {
      give(piece);
    } catch (error) {
      failure = error;
      gunzip.destroy(error as Error);
    }
  });
  return {
    async write(piece) {
      written += piece.length;
      if (!gunzip.write(piece)) await Promise.race([once(gunzip, 'drain'), ended]);
    },
    async end() {
      gunzip.end();
      await ended;
      // zlib takes whatever follows the last member for padding.
      const rest = written - gunzip.bytesWritten;
      if (rest > 0) throw new Error(`${rest} bytes behind the end of the gzip are no gzip`);
    },
  };
}
