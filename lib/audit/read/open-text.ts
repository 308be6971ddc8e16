import { createReadStream, read } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type OpenedSource, type Source, STDIN } from './source.ts';
import { startUnpacking } from './unpacking.ts';

/** How much was read so far, in bytes: of the file, and decompressed. */
export interface TextSize {
  compressed: number;
  text: number;
  /** Whether the file is a gzip, which its first two bytes say. */
  gzip: boolean;
}

/** Takes the text, piece by piece. */
export type OnPiece = (piece: Uint8Array) => void;

/** Large enough that what happens between two pieces costs nothing, and small enough to stay in the cache. */
const PIECE = 256 * 1024;

/**
 * zlib gives nothing of the piece in which it finds damage. So that piece is unpacked again in smaller ones, and the one
 * of them with the damage in smaller ones still, down to single bytes.
 */
const STEPS_TO_DAMAGE = [4096, 64, 1];

/**
 * Reads a file, the standard input or what a source opens itself, and decompresses it if it is a gzip, of one member or more.
 *
 * @param size is kept up to date, also when reading ends with an error
 * @throws what `onPiece` throws; the error of the file system; or that of zlib, `Z_DATA_ERROR` for a damaged gzip and
 *   `Z_BUF_ERROR` for one that is cut off. All text before it was given out by then, except that of the last piece of a
 *   damaged standard input, which cannot be read twice
 * @see https://www.rfc-editor.org/rfc/rfc1952 (gzip: the first bytes, and members)
 */
export async function readText(source: Source | OpenedSource, size: TextSize, onPiece: OnPiece): Promise<void> {
  const give: OnPiece = (piece) => {
    size.text += piece.length;
    onPiece(piece);
  };
  const pieces = readPieces(source, (length) => {
    size.compressed += length;
  });
  let damage = await readOnce(pieces, size, give);
  for (const step of source.file === STDIN ? [] : STEPS_TO_DAMAGE) {
    if (damage === undefined) return;
    const skipped = skip(size.text, give);
    damage = await unpack(splitFrom(readPieces(source), damage.piece, step), skipped);
  }
  if (damage !== undefined) throw damage.error;
}

/** What zlib does not take, and where the piece with it begins in the file. */
interface Damage {
  readonly error: unknown;
  readonly piece: number;
}

async function readOnce(pieces: AsyncIterable<Buffer>, size: TextSize, give: OnPiece): Promise<Damage | undefined> {
  const whole = joinFirstBytes(pieces);
  const first = await whole.next();
  if (first.done) return undefined;
  size.gzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (size.gzip) return await unpack(prepend(first.value, whole), give);
  give(first.value);
  for await (const piece of whole) give(piece);
  return undefined;
}

/** @throws what is no damage: the file cannot be read, the gzip is cut off, or `give` throws */
async function unpack(pieces: AsyncIterable<Buffer>, give: OnPiece): Promise<Damage | undefined> {
  const unpacking = startUnpacking(PIECE, give);
  let written = 0;
  try {
    for await (const piece of pieces) {
      await unpacking.write(piece);
      written += piece.length;
    }
    await unpacking.end();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_DATA_ERROR') throw error;
    return { error, piece: written };
  }
  return undefined;
}

async function* readPieces(
  source: Source | OpenedSource,
  onLength: (length: number) => void = () => {},
): AsyncGenerator<Buffer> {
  for await (const piece of openPieces(source)) {
    onLength(piece.length);
    yield Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  }
}

function openPieces(source: Source | OpenedSource): AsyncIterable<Uint8Array> {
  if ('open' in source) return source.open();
  const { file } = source;
  return file === STDIN ? readStandardInput() : createReadStream(file, { highWaterMark: PIECE });
}

/** Reads by its number: in a thread, `process.stdin` is empty. A pipe that has nothing at the moment may say so as an error. */
async function* readStandardInput(): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const length = await readSome(piece);
    if (length === 0) return;
    yield piece.subarray(0, length);
  }
}

async function readSome(piece: Buffer): Promise<number> {
  for (;;) {
    try {
      return (await readPiece(0, piece, 0, piece.length, null)).bytesRead;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await setTimeout(PAUSE);
    }
  }
}

const readPiece = promisify(read);

/** Milliseconds until a pipe is asked again. */
const PAUSE = 5;

/** The same bytes with at least two in the first piece, if there are two. */
async function* joinFirstBytes(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (first === undefined) yield piece;
    else {
      first = Buffer.concat([first, piece]);
      if (first.length < 2) continue;
      yield first;
      first = undefined;
    }
  }
  if (first !== undefined && first.length > 0) yield first;
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** The same bytes, from an offset on in pieces of a smaller length. */
async function* splitFrom(pieces: AsyncIterable<Buffer>, offset: number, length: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of pieces) {
    const whole = Math.max(0, Math.min(piece.length, offset - at));
    if (whole > 0) yield piece.subarray(0, whole);
    for (let from = whole; from < piece.length; from += length) yield piece.subarray(from, from + length);
    at += piece.length;
  }
}

/** Takes a text that begins with so many bytes that were given before. */
function skip(length: number, give: OnPiece): OnPiece {
  let left = length;
  return (piece) => {
    const known = Math.min(left, piece.length);
    left -= known;
    if (known < piece.length) give(piece.subarray(known));
  };
}
