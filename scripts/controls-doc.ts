/**
 * Writes docs/controls.md, or the file that is named, from the controls. With `--check` it changes nothing and exits with
 * 1 when the page differs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { controls } from '../lib/controls/index.ts';
import { writeControlsPage } from './controls-page.ts';

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const file = resolve(import.meta.dirname, '..', positionals[0] ?? 'docs/controls.md');
const page = writeControlsPage(controls);

if (!values.check) {
  writeFileSync(file, page);
} else if (!existsSync(file)) {
  fail(`${file} is not there.`);
} else {
  const line = findDifference(readFileSync(file, 'utf8'), page);
  if (line !== undefined) fail(`${file} does not say what lib/controls says, first in line ${line}.`);
}

function fail(what: string): void {
  console.error(`${what} Run "npm run docs" and commit docs/controls.md.`);
  process.exitCode = 1;
}

/** @returns number of the first line that differs, from 1; undefined when both are the same */
function findDifference(is: string, should: string): number | undefined {
  if (is === should) return undefined;
  const [lines, others] = [is.split('\n'), should.split('\n')];
  return lines.findIndex((line, at) => line !== others[at]) + 1 || lines.length + 1;
}
