/** Writes docs/procedure.md from the procedure and the controls; with `--check` as controls-doc.ts. */
import { parseArgs } from 'node:util';
import { controls } from '../lib/controls/index.ts';
import { PHASES } from '../lib/procedure.ts';
import { writeProcedurePage } from './procedure-page.ts';
import { writePage } from './write-page.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const page = {
  file: 'docs/procedure.md',
  text: writeProcedurePage(PHASES, controls),
  source: 'lib/procedure.ts and lib/controls',
};
writePage(page, values.check === true);
