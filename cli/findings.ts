import { safeText } from '../lib/alert/safe-text.ts';
import type { Finding } from '../lib/ledger/finding.ts';
import { readOpenFindings } from '../lib/ledger/read.ts';
import { connectLedger } from './connect.ts';
import type { GlobalOptions, Output } from './options.ts';

/**
 * Lists what is wrong now and waits for a person.
 *
 * @returns exit code: 0 nothing is open, 1 something is
 */
export async function listFindings(options: GlobalOptions, out: Output): Promise<number> {
  let open = 0;
  for await (const finding of readOpenFindings(connectLedger(options))) {
    open += 1;
    out.write(options.format === 'json' ? `${JSON.stringify(finding)}\n` : describe(finding));
  }
  if (options.format === 'text') out.write(open === 0 ? 'No finding is open.\n' : `${open} open findings.\n`);
  return open === 0 ? 0 : 1;
}

const describe = ({ severity, control, item, subject, openedAt, decision, reason }: Finding): string =>
  [
    `${severity.toUpperCase()}  ${control}${item === undefined ? '' : ` ${safeText(item)}`}, open since ${openedAt}${decision === 'ask' ? ', waits for approval' : ''}`,
    `  ${safeText(subject, 2048)}`,
    `  ${safeText(reason, 1000)}`,
    '',
    '',
  ].join('\n');
