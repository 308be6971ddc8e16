import { type Command, Option } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import type { Finding } from '../lib/ledger/finding.ts';
import { writeFindingRef } from '../lib/ledger/finding-ref.ts';
import { readOpenFindings } from '../lib/ledger/read.ts';
import { describeAge } from './age.ts';
import { connectLedger } from './connect.ts';
import { resolveSubject } from './ledger-show.ts';
import type { GlobalOptions, Output } from './options.ts';

/** From the worst on. */
export const SEVERITIES: readonly string[] = ['critical', 'high', 'medium', 'low'];

/** Which findings are listed; absent: all. */
export interface FindingFilter {
  /** This severity, or worse. */
  readonly severity?: string;
  readonly control?: string;
  /** ARN of the subject. */
  readonly subject?: string;
  /** Only those whose plan waits for a person. */
  readonly waiting?: boolean;
}

const HELP = `
Each finding begins with its name, by which the other commands take it.

Examples:
  $ keywarden findings
  $ keywarden findings --severity high --waiting
  $ keywarden findings --control rotation-enabled --key alias/payments --format json
  $ keywarden findings --table keywarden-prod-ledger

Exit codes:
  0  nothing that was asked for is open
  1  something is
  2  the command could not do its work; the message says why`;

interface FindingsOptions extends Omit<FindingFilter, 'subject'> {
  readonly key?: string;
}

/** Adds `keywarden findings` to the program. */
export function addFindingsCommand(program: Command): void {
  program
    .command('findings')
    .description('lists what is wrong now and waits for a person')
    .addOption(new Option('--severity <severity>', 'this severity, or worse').choices(SEVERITIES))
    .option('--control <id>', 'of one control')
    .option('--key <key>', 'of one key: key id, key ARN, alias/name or alias ARN; or the ARN of another subject')
    .option('--waiting', 'only those whose plan waits for an approval')
    .addHelpText('after', HELP)
    .action(async ({ key, ...options }: FindingsOptions) => {
      const global = program.opts<GlobalOptions>();
      const filter = { ...options, ...(key === undefined ? {} : { subject: await resolveSubject(key, global) }) };
      process.exitCode = await listFindings(filter, global, process.stdout, new Date());
    });
}

/**
 * Lists what is wrong now and waits for a person.
 *
 * @returns exit code: 0 nothing is open, 1 something is
 */
export async function listFindings(
  filter: FindingFilter,
  global: GlobalOptions,
  out: Output,
  now: Date,
): Promise<number> {
  let open = 0;
  for await (const finding of readOpenFindings(connectLedger(global))) {
    if (!matchesFilter(finding, filter)) continue;
    open += 1;
    out.write(
      global.format === 'json'
        ? `${JSON.stringify({ name: writeFindingRef(finding), ...finding })}\n`
        : `${describeFinding(finding, now).join('\n')}\n\n`,
    );
  }
  if (global.format === 'text') out.write(open === 0 ? 'No finding is open.\n' : `${open} open findings.\n`);
  return open === 0 ? 0 : 1;
}

/** A severity that is not known is as bad as the worst: nothing is left out because nobody knows it. */
export function matchesFilter(finding: Finding, { severity, control, subject, waiting }: FindingFilter): boolean {
  return (
    (severity === undefined || rankOf(finding.severity) <= rankOf(severity)) &&
    (control === undefined || finding.control === control) &&
    (subject === undefined || finding.subject === subject) &&
    (waiting !== true || finding.decision === 'ask')
  );
}

const rankOf = (severity: string): number => SEVERITIES.indexOf(severity);

/** @returns lines: the name, what is so, and since when */
export function describeFinding(finding: Finding, now: Date): string[] {
  const { severity, subject, openedAt, reason } = finding;
  return [
    `${safeText(severity).toUpperCase()}  ${safeText(writeFindingRef(finding), 4096)}, open since ${safeText(openedAt)} (${describeAge(openedAt, now)})${describeWaiting(finding)}`,
    `  ${safeText(subject, 2048)}`,
    `  ${safeText(reason, 1000)}`,
  ];
}

function describeWaiting({ decision, proposedBy, status, waiver }: Finding): string {
  if (status === 'waived') return `, waived${waiver === undefined ? '' : ` until ${safeText(waiver.until)}`}`;
  switch (decision) {
    case 'ask':
      return `, waits for approval${proposedBy === undefined ? '' : `, proposed by ${safeText(proposedBy.name)}`}`;
    case 'rejected':
      return ', its plan was rejected';
    case 'undone':
      return ', its remediation was taken back';
    default:
      return '';
  }
}
