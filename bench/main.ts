/** `npm run bench`: prints the tables of bench/README.md. `npm run bench -- events`, for one, prints those of one part. */
import { measureAudit } from './audit/measure-audit.ts';
import { measureKeyUse } from './key-use/measure-key-use.ts';
import { measureLedger } from './ledger/measure-ledger.ts';
import { measureSweep } from './sweep/measure-sweep.ts';
import { measureVerify } from './verify/measure-verify.ts';

const PARTS = ['events', 'audit', 'ledger', 'verify', 'key-use', 'sweep'];
const parts = process.argv.length > 2 ? process.argv.slice(2) : PARTS;
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(', ')}; there are ${PARTS.join(', ')}.`);

if (parts.includes('events')) await import('./events.ts');
if (parts.includes('audit')) console.log(await measureAudit(progress));
if (parts.includes('ledger')) console.log(await measureLedger(progress));
if (parts.includes('verify')) console.log(await measureVerify(progress));
if (parts.includes('key-use')) console.log(await measureKeyUse(progress));
if (parts.includes('sweep')) console.log(await measureSweep(progress));

/** Only on a terminal; a pipe gets the tables and nothing else. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
