/**
 * Writes `docs/schemas/finding-event.v1.json` from the schema that the events on the bus are typed by, so that other programs
 * can check and generate code for them. `--check` only says whether the file is current; it ends with 1 when it is not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { DETAIL_TYPES, findingEventSchema } from '../lib/alert/channels/finding-event.ts';

const FILE = new URL('../docs/schemas/finding-event.v1.json', import.meta.url);

const schema = {
  ...z.toJSONSchema(findingEventSchema, { io: 'input' }),
  title: 'Keywarden finding event, version 1',
  description: `"detail" of the events with the source "keywarden" and the detail types ${Object.values(DETAIL_TYPES).join(', ')}. Fields may be added within version 1; none is removed, and none changes its meaning.`,
};
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write(
    'docs/schemas/finding-event.v1.json is not what lib/alert/channels/finding-event.ts says. Run: npm run docs\n',
  );
  process.exitCode = 1;
}
