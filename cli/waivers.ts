import type { Command } from 'commander';
import { isInForce } from '../lib/ledger/finding.ts';
import { writeFindingRef } from '../lib/ledger/finding-ref.ts';
import { createLookUp } from '../lib/ledger/look-up.ts';
import type { LedgerTable } from '../lib/ledger/read.ts';
import type { GrantedWaiver } from '../lib/ledger/waiver.ts';
import type { Waiver } from '../lib/policy/policy.ts';
import { readNamedPolicy } from './audit/policy-file.ts';
import { connectLedger } from './connect.ts';
import type { GlobalOptions, Output } from './options.ts';
import { describePolicyWaiver, describeWaiver } from './waiver-text.ts';

const HELP = `
Lists the waivers that were granted by order and not withdrawn, and with --policy also those of the policy file; those that end
first come first.

Examples:
  $ keywarden waivers
  $ keywarden waivers --policy keywarden.policy.yml --format json

Exit codes:
  0  each of them is in force, or there is none
  1  one of them has ended: what it was for is judged again
  2  the command could not do its work; the message says why`;

/** Adds `keywarden waivers` to the program. */
export function addWaiversCommand(program: Command): void {
  program
    .command('waivers')
    .description('lists what somebody answers for, and until when')
    .option('--policy <file>', 'policy file whose waivers are listed too')
    .addHelpText('after', HELP)
    .action(async ({ policy }: { readonly policy?: string }) => {
      const global = program.opts<GlobalOptions>();
      const ofPolicy = policy === undefined ? [] : readNamedPolicy(policy).policy.waivers;
      process.exitCode = await listWaivers(ofPolicy, global, process.stdout, new Date());
    });
}

/**
 * Lists waivers.
 *
 * @param ofPolicy those of a policy file
 * @returns exit code: 0, or 1 when one has ended
 */
export async function listWaivers(
  ofPolicy: readonly Waiver[],
  global: GlobalOptions,
  out: Output,
  now: Date,
): Promise<number> {
  const granted = await readGranted(connectLedger(global), ALL_DAYS);
  const shown = [
    ...granted.map((waiver) => ({
      until: waiver.until,
      text: describeWaiver(waiver, now),
      value: { name: writeFindingRef(waiver), from: 'order', ...waiver },
    })),
    ...ofPolicy.map((waiver) => ({
      until: waiver.expires,
      text: describePolicyWaiver(waiver, now),
      value: { from: 'policy', ...waiver },
    })),
  ].sort((one, other) => (one.until < other.until ? -1 : 1));
  for (const { text, value } of shown) out.write(global.format === 'json' ? `${JSON.stringify(value)}\n` : `${text}\n`);
  if (global.format === 'text') out.write(shown.length === 0 ? 'Nothing is waived.\n' : `${shown.length} waivers.\n`);
  return shown.every(({ until }) => isInForce({ until }, now.toISOString())) ? 0 : 1;
}

/** Before and after any day of a waiver. */
const ALL_DAYS = { from: '0000-01-01', to: '9999-12-31' };

/** Waivers by order that nobody withdrew, by their last day. */
export async function readGranted(
  table: LedgerTable,
  days: { readonly from: string; readonly to: string },
): Promise<readonly GrantedWaiver[]> {
  const waivers: GrantedWaiver[] = [];
  for await (const waiver of createLookUp(table).grantedWaivers(days)) waivers.push(waiver);
  return waivers;
}
