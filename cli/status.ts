import { styleText } from 'node:util';
import type { Command } from 'commander';
import { readNamedPolicy } from './audit/policy-file.ts';
import { connectLedger, connectSsm } from './connect.ts';
import { type GlobalOptions, type Output, readOwnNames } from './options.ts';
import { codeOfChecks, type StatusCheck } from './status/check.ts';
import { lookAtStatus } from './status/look.ts';

const HELP = `
Looks at: open findings, the last checkpoint, the last comparison with CloudTrail, the last look at all keys, the last test of the
way to the officer, the kill switch, lists of the policy that are left empty, and waivers that end soon.

Examples:
  $ keywarden status
  $ keywarden status --stage prod --format json

Exit codes:
  0  all is well
  1  something is not; it says what, and what to do
  2  something could not be looked at, so that nobody knows; or the command could not do its work`;

/** Adds `keywarden status` to the program. */
export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('says whether Keywarden itself is well, and what waits')
    .option('--policy <file>', 'policy file that is in force (default: what the ledger has about it)')
    .addHelpText('after', HELP)
    .action(async ({ policy }: { readonly policy?: string }) => {
      process.exitCode = await showStatus(policy, program.opts<GlobalOptions>(), process.stdout, new Date());
    });
}

/**
 * Shows how Keywarden is.
 *
 * @param policy name of the policy file
 * @returns exit code: 0 all is well, 1 something is not, 2 something could not be looked at
 */
export async function showStatus(
  policy: string | undefined,
  global: GlobalOptions,
  out: Output,
  now: Date,
): Promise<number> {
  const { service, stage } = readOwnNames(global);
  const checks = await lookAtStatus({
    table: connectLedger(global),
    ssm: connectSsm(global),
    killSwitch: `/${service}/${stage}/kill-switch`,
    ...(policy === undefined ? {} : { policy: readNamedPolicy(policy) }),
    now,
  });
  out.write(
    global.format === 'json'
      ? `${JSON.stringify({ table: global.table, at: now.toISOString(), checks })}\n`
      : describeChecks(checks, out.isTTY === true),
  );
  return codeOfChecks(checks);
}

/** @param colour only on a terminal */
export function describeChecks(checks: readonly StatusCheck[], colour: boolean): string {
  const lines = checks.map(({ name, state, text }) => {
    const { word, style } = WORDS[state];
    const shown = word.padEnd(8);
    return `${colour ? styleText(style, shown, { validateStream: false }) : shown} ${name.padEnd(12)} ${text}`;
  });
  return `${lines.join('\n')}\n`;
}

const WORDS = {
  well: { word: 'ok', style: 'green' },
  'not-well': { word: 'NOT WELL', style: 'red' },
  unknown: { word: 'UNKNOWN', style: 'yellow' },
} as const;
