/**
 * Writes docs/controls.md, or the file that is named, from the controls. With `--check` it changes nothing and exits with
 * 1 when the page differs.
 */
import { parseArgs } from 'node:util';
import { builtInControls } from '../lib/built-in-controls.ts';
import { controls } from '../lib/controls/index.ts';
import { writeControlsPage } from './controls-page.ts';
import { writePage } from './write-page.ts';

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const page = {
  file: positionals[0] ?? 'docs/controls.md',
  text: writeControlsPage(controls, builtInControls),
  source: 'lib/controls',
};
writePage(page, values.check === true);
