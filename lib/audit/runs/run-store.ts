import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeSorted } from './merge-sorted.ts';
import { readRun, writeRun } from './run-file.ts';

/** How much is held in memory. */
export interface RunLimits {
  /** Characters of lines that one thread holds, and that the main thread holds. */
  readonly characters: number;
  /** Files that are open at once. */
  readonly files: number;
}

/** Sorted lines of any number, most of them in files. */
export interface RunStore {
  /** The folder for files. Whoever writes the first one makes it, see `makeRunFolder`. */
  readonly folder: string;
  /** Takes sorted lines. */
  add(sorted: readonly string[]): void;
  /** Takes a file of sorted lines, which is in the folder. */
  addFile(file: string): void;
  /** All lines, sorted. */
  merge(): Generator<string>;
  /** Removes the folder. May be called at any time, and more than once. */
  remove(): void;
}

/** Keeps sorted lines, and writes them to files below the folder for temporary files when they are many. */
export function createRunStore({ characters, files: mostFiles }: RunLimits): RunStore {
  // No name that another user could foresee and put there first.
  const folder = join(tmpdir(), `keywarden-audit-${randomUUID()}`);
  let files: string[] = [];
  let lists: (readonly string[])[] = [];
  let held = 0;
  let written = 0;

  const write = (sources: readonly Iterable<string>[]): string => {
    makeRunFolder(folder);
    const file = join(folder, `merged-${written}`);
    written += 1;
    writeRun(file, mergeSorted(sources));
    return file;
  };

  /** Merges files into fewer ones until all can be open at once. */
  const reduce = (): void => {
    while (files.length > mostFiles) {
      const some = files.slice(0, mostFiles);
      files = [...files.slice(mostFiles), write(some.map(readRun))];
      for (const file of some) rmSync(file);
    }
  };

  return {
    folder,
    add: (sorted) => {
      if (sorted.length === 0) return;
      lists.push(sorted);
      held += sorted.reduce((sum, line) => sum + line.length, 0);
      if (held < characters) return;
      files.push(write(lists));
      [lists, held] = [[], 0];
    },
    addFile: (file) => {
      files.push(file);
    },
    merge: () => {
      reduce();
      return mergeSorted([...files.map(readRun), ...lists]);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes the folder, for this user alone: the lines hold what the records hold. */
export const makeRunFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
};
