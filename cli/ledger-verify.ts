import { safeText } from '../lib/alert/safe-text.ts';
import { verifyLedger } from '../lib/ledger/verify.ts';
import { connectLedger } from './connect.ts';
import type { GlobalOptions, Output } from './options.ts';

/**
 * Verifies every chain of the table.
 *
 * @returns exit code: 0 whole, 1 not whole
 */
export async function verifyTable(options: GlobalOptions, out: Output, progress: Output): Promise<number> {
  const onChain = (done: number, of: number) => {
    if (progress.isTTY === true) progress.write(`\r${done} of ${of} chains${done === of ? '\r\x1b[K' : ''}`);
  };
  const verification = await verifyLedger(connectLedger(options), onChain);
  const { chains, entries, problems } = verification;
  if (options.format === 'json') {
    out.write(`${JSON.stringify({ table: options.table, whole: problems.length === 0, ...verification })}\n`);
    return problems.length === 0 ? 0 : 1;
  }
  const count = `${entries} entries in ${chains} chains of ${options.table}`;
  if (problems.length === 0) {
    out.write(`The ledger is whole: ${count}, nothing altered, missing, inserted, moved or cut off.\n`);
    return 0;
  }
  const lines = problems.map(({ subject, seq, what }) => `  ${safeText(subject)} entry ${seq}: ${safeText(what)}`);
  out.write(`THE LEDGER IS NOT WHOLE: ${count}, ${problems.length} problems.\n${lines.join('\n')}\n`);
  return 1;
}
