import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of the pack that was written. */
export interface WrittenFile {
  /** Path in the pack, with slashes. */
  readonly path: string;
  /** sha256 (hex). */
  readonly sha256: string;
  readonly bytes: number;
  /** Of a table: rows without the head. */
  readonly rows?: number;
}

/** One file that is being written. */
export interface PackFile {
  /** @param rows how many rows of a table the text is */
  write(text: string, rows?: number): void;
}

/** Where the files of a pack go. */
export interface PackFiles {
  /** @param path in the pack, with slashes; each once */
  open(path: string, isTable?: boolean): PackFile;
  /** Ends every file. @returns them, sorted by path */
  close(): readonly WrittenFile[];
}

/** Enough that a row costs no call to the system, and little beside the rows of a page. */
const BUFFERED_CHARACTERS = 64 * 1024;

/**
 * Writes the files of a pack into a folder, which is made when it is not there.
 *
 * @throws what the file system throws
 */
export function createPackFiles(folder: string): PackFiles {
  const open: (() => WrittenFile)[] = [];
  return {
    open(path, isTable = false) {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      const handle = openSync(target, 'w');
      const hash = createHash('sha256');
      let [pending, bytes, count] = ['', 0, 0];
      const flush = () => {
        const chunk = Buffer.from(pending, 'utf8');
        pending = '';
        hash.update(chunk);
        bytes += chunk.length;
        for (let done = 0; done < chunk.length; ) done += writeSync(handle, chunk, done);
      };
      open.push(() => {
        flush();
        closeSync(handle);
        return { path, sha256: hash.digest('hex'), bytes, ...(isTable ? { rows: count } : {}) };
      });
      return {
        write(text, rows = 0) {
          pending += text;
          count += rows;
          if (pending.length >= BUFFERED_CHARACTERS) flush();
        },
      };
    },
    close: () =>
      open
        .splice(0)
        .map((end) => end())
        .toSorted((one, other) => (one.path < other.path ? -1 : 1)),
  };
}
