import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import type { OnPiece } from './open-text.ts';

/** A gzip that is being unpacked. */
export interface Unpacking {
  /**
   * Takes the next piece of the gzip.
   *
   * @throws what zlib says of it, or what the taker of the text threw; all text of earlier pieces was given by then
   */
  write(piece: Buffer): Promise<void>;
  /** @throws likewise, and `Z_BUF_ERROR` when the gzip is not over */
  end(): Promise<void>;
}

/**
 * Unpacks a gzip, of one member or more. What follows the last one may only be zeros.
 *
 * @param length of the pieces of text that are given, in bytes
 */
export function startUnpacking(length: number, give: OnPiece): Unpacking {
  const gunzip = createGunzip({ chunkSize: length });
  const ended = once(gunzip, 'end');
  // Whoever writes or ends hears of the error.
  ended.catch(() => undefined);
  gunzip.on('data', (piece: Buffer) => {
    try {
      give(piece);
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  });
  return {
    async write(piece) {
      await Promise.race([new Promise((resolve) => gunzip.write(piece, resolve)), ended]);
      if (gunzip.errored) throw gunzip.errored;
    },
    async end() {
      gunzip.end();
      await ended;
    },
  };
}
