/**
 * Writes `keywarden.policy.schema.json` from the schema that the functions load the policy file with, so that an editor
 * completes and checks it. `--check` only says whether the file is current; it ends with 1 when it is not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { controlIds } from '../lib/controls/index.ts';
import { policySchema } from '../lib/policy/policy.ts';

const FILE = new URL('../keywarden.policy.schema.json', import.meta.url);

const schema = {
  ...z.toJSONSchema(policySchema(controlIds), { io: 'input' }),
  title: 'Keywarden policy file',
  description: 'What an organisation requires of its keys. Every setting is explained in docs/policy.md.',
};
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('keywarden.policy.schema.json is not what lib/policy/policy.ts says. Run: npm run docs\n');
  process.exitCode = 1;
}
