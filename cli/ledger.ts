import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { exportTable } from './ledger-export.ts';
import { showLedger } from './ledger-show.ts';
import { type VerifyCommandOptions, verifyLedgerOf } from './ledger-verify.ts';
import type { GlobalOptions } from './options.ts';

const SHOW_HELP = `
Examples:
  $ keywarden ledger show alias/payments
  $ keywarden ledger show policy --format json

Exit codes:
  0  every entry is as it was written
  1  an entry is not what it was when it was written
  2  the command could not do its work; the message says why`;

const EXPORT_HELP = `
Example:
  $ keywarden ledger export ledger-2026-08 --table keywarden-prod-ledger

Exit codes:
  0  everything was written
  2  it was not; the message says why`;

const VERIFY_HELP = `
Examples:
  $ keywarden ledger verify --table keywarden-prod-ledger --evidence-bucket EVIDENCE_BUCKET
  $ keywarden ledger verify ledger-2026-08 --public-key checkpoints.der

Exit codes:
  0  the ledger is whole
  1  it is not; the first bad entry of each chain is named
  2  something could not be checked; it is neither whole nor broken`;

/** Adds `keywarden ledger` and its three commands to the program. */
export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('the tamper-evident record');
  addShow(ledger, program);
  addExport(ledger, program);
  addVerify(ledger, program);
}

function addShow(ledger: Command, program: Command): void {
  ledger
    .command('show')
    .description('tells the story of one key: every action, verdict, remediation and message')
    .argument(
      '<key>',
      'key id, key ARN, alias/name, alias ARN, "malformed" for events that could not be read, "waivers", "policy", "completeness", "inventory", "integrity", "reports", "sweeps", "reminders", "digests" or "selftests"',
    )
    .addHelpText('after', SHOW_HELP)
    .action(async (key: string) => {
      process.exitCode = await showLedger(key, program.opts<GlobalOptions>(), process.stdout);
    });
}

function addExport(ledger: Command, program: Command): void {
  ledger
    .command('export')
    .description('writes the whole ledger into a folder, for an auditor without access to AWS')
    .argument('<folder>', 'where to; it must not exist, or be empty')
    .option('--by <who>', 'who exports, for the manifest (default: your user on this machine)')
    .addHelpText('after', EXPORT_HELP)
    .action(async (folder: string, { by }: { readonly by?: string }) => {
      const options = { version: manifest.version, ...(by === undefined ? {} : { by }) };
      const global = program.opts<GlobalOptions>();
      process.exitCode = await exportTable(folder, options, global, process.stdout, process.stderr);
    });
}

function addVerify(ledger: Command, program: Command): void {
  ledger
    .command('verify')
    .description('proves that no entry was altered, removed, inserted, moved or cut off')
    .argument('[export]', 'folder of an export; nothing is asked of AWS then (default: the table)')
    .option(
      '--public-key <file...>',
      'public key of the checkpoints, PEM or DER, that you have from AWS or the officer',
      [],
    )
    .option(
      '--last-checkpoint <number:sha256>',
      'the newest checkpoint in the evidence bucket: nothing may be cut off before',
    )
    .option(
      '--evidence-bucket <name>',
      'measure the table by the public keys and the newest checkpoint that this bucket keeps',
    )
    .option('--manifest <sha256>', 'sha256 of the manifest that the export printed')
    .addHelpText('after', VERIFY_HELP)
    .action(async (folder: string | undefined, options: VerifyCommandOptions) => {
      const global = program.opts<GlobalOptions>();
      process.exitCode = await verifyLedgerOf(folder, options, global, process.stdout, process.stderr);
    });
}
