import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ExportError } from '../lib/ledger/export/manifest.ts';
import manifest from '../package.json' with { type: 'json' };
import { addAuditCommand } from './audit.ts';
import { addCheckCommands } from './check.ts';
import { listFindings } from './findings.ts';
import { exportTable } from './ledger-export.ts';
import { showLedger } from './ledger-show.ts';
import { type VerifyCommandOptions, verifyLedgerOf } from './ledger-verify.ts';
import type { GlobalOptions } from './options.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addReportCommands } from './report.ts';
import { UsageError } from './usage-error.ts';

const EXIT_CODES = `
Exit codes:
  0  nothing wrong was found
  1  something wrong was found
  2  the command could not do its work; the message says why and what to do`;

function parseFormat(value: string): 'text' | 'json' | 'ndjson' {
  if (value === 'text' || value === 'json' || value === 'ndjson') return value;
  throw new InvalidArgumentError('Use text or json; audit takes text or ndjson.');
}

/** One option, because people expect it everywhere; what a command writes differs. */
function refuseOtherFormats(command: Command): void {
  const { format } = program.opts<{ readonly format: string }>();
  const isAudit = command.name() === 'audit';
  if (isAudit && format === 'json') {
    throw new UsageError('audit has no format json; use --format ndjson, which is one line of JSON per action.');
  }
  if (!isAudit && format === 'ndjson') throw new UsageError('Only audit has the format ndjson; use text or json.');
}

const program = new Command('keywarden')
  .description('Reads and verifies what Keywarden recorded about your keys.')
  .version(manifest.version)
  .option('--region <region>', 'AWS Region (default: AWS_REGION, then your AWS profile)')
  .option('--endpoint-url <url>', 'where to send calls, e.g. a local AWS (default: AWS_ENDPOINT_URL, then AWS)')
  .option('--table <name>', 'ledger table', process.env.KEYWARDEN_TABLE ?? 'keywarden-dev-ledger')
  .option('--format <format>', 'text or json (audit: text or ndjson)', parseFormat, 'text')
  .addHelpText('after', EXIT_CODES)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .hook('preAction', (_program, command) => refuseOtherFormats(command));

program
  .command('findings')
  .description('lists what is wrong now and waits for a person')
  .addHelpText('after', '\nExample:\n  $ keywarden findings --table keywarden-prod-ledger')
  .action(async () => {
    process.exitCode = await listFindings(program.opts<GlobalOptions>(), process.stdout);
  });

addCheckCommands(program);
addAuditCommand(program);
addReportCommands(program);
addReconcileCommand(program);

const ledger = program.command('ledger').description('the tamper-evident record');

ledger
  .command('show')
  .description('tells the story of one key: every action, verdict, remediation and message')
  .argument(
    '<key>',
    'key id, key ARN, alias/name, alias ARN, "malformed" for events that could not be read, "waivers", "policy", "completeness", "inventory", "integrity" or "reports"',
  )
  .addHelpText('after', '\nExample:\n  $ keywarden ledger show alias/payments')
  .action(async (key: string) => {
    process.exitCode = await showLedger(key, program.opts<GlobalOptions>(), process.stdout);
  });

ledger
  .command('export')
  .description('writes the whole ledger into a folder, for an auditor without access to AWS')
  .argument('<folder>', 'where to; it must not exist, or be empty')
  .option('--by <who>', 'who exports, for the manifest (default: your user on this machine)')
  .addHelpText('after', '\nExample:\n  $ keywarden ledger export ledger-2026-08 --table keywarden-prod-ledger')
  .action(async (folder: string, { by }: { readonly by?: string }) => {
    const options = { version: manifest.version, ...(by === undefined ? {} : { by }) };
    const global = program.opts<GlobalOptions>();
    process.exitCode = await exportTable(folder, options, global, process.stdout, process.stderr);
  });

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
  .addHelpText(
    'after',
    `
Examples:
  $ keywarden ledger verify --table keywarden-prod-ledger --evidence-bucket EVIDENCE_BUCKET
  $ keywarden ledger verify ledger-2026-08 --public-key checkpoints.der

Exit codes:
  0  the ledger is whole
  1  it is not; the first bad entry of each chain is named
  2  something could not be checked; it is neither whole nor broken`,
  )
  .action(async (folder: string | undefined, options: VerifyCommandOptions) => {
    const global = program.opts<GlobalOptions>();
    process.exitCode = await verifyLedgerOf(folder, options, global, process.stdout, process.stderr);
  });

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message, and ends --help and --version with code 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`keywarden: ${explain(error)}\n`);
    process.exitCode = 2;
  }
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof ExportError) return error.message;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  switch (name) {
    case 'ResourceNotFoundException':
      return `There is no table ${program.opts<GlobalOptions>().table} here. Give the ledger table with --table or KEYWARDEN_TABLE, and its Region with --region.`;
    case 'CredentialsProviderError':
      return `No AWS credentials were found (${message}). Log in as for the AWS CLI, e.g. aws sso login, or set AWS_PROFILE.`;
    case 'AccessDeniedException':
      return `AWS denied it: ${message}. Reading the ledger needs dynamodb:Query, GetItem and Scan on the table, and kms:DescribeKey to resolve a key.`;
    default:
      return /region is missing/i.test(message)
        ? 'No Region is set. Give --region, or set AWS_REGION.'
        : `${name}: ${message}`;
  }
}
