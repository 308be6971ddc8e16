import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** A page that is written from the code. */
export interface Page {
  /** Path from the root of the repository, or absolute. */
  readonly file: string;
  readonly text: string;
  /** What it is written from, e.g. `lib/controls`. */
  readonly source: string;
}

/**
 * Writes a page; with `check` it changes nothing, says on stderr where the page differs, and makes the process exit with 1.
 */
export function writePage({ file, text, source }: Page, check: boolean): void {
  const path = resolve(ROOT, file);
  if (!check) {
    writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) fail(`${path} is not there.`, path);
  else {
    const line = findDifference(readFileSync(path, 'utf8'), text);
    if (line !== undefined) fail(`${path} does not say what ${source} says, first in line ${line}.`, path);
  }
}

function fail(what: string, path: string): void {
  console.error(`${what} Run "npm run docs" and commit ${relative(ROOT, path)}.`);
  process.exitCode = 1;
}

/** @returns number of the first line that differs, from 1; undefined when both are the same */
function findDifference(is: string, should: string): number | undefined {
  if (is === should) return undefined;
  const [lines, others] = [is.split('\n'), should.split('\n')];
  return lines.findIndex((line, at) => line !== others[at]) + 1 || lines.length + 1;
}
