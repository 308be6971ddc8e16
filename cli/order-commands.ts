import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFindingRef } from '../lib/ledger/finding-ref.ts';
import { connectFunctionUrl } from './function-url.ts';
import type { GlobalOptions } from './options.ts';
import { type Desk, giveOrder, giveOrderAfterAsking, type OrderOptions, type Subject } from './order.ts';
import { UsageError } from './usage-error.ts';

const EXIT_CODES = `
Exit codes:
  0  it was done, or would be (--dry-run)
  1  it was refused, it was not done, it waits for somebody else, or you said no
  2  the command could not do its work, or nobody could be asked; the message says why`;

const FINDING = 'finding: <control>@<key id, alias or ARN>, or <control>#<item>@...; keywarden findings lists them';

interface CommonOptions extends OrderOptions {
  readonly url?: string;
}

/** Adds the commands by which a person orders something of Keywarden: verify, remediate, approve, reject, undo, waive, unwaive. */
export function addOrderCommands(program: Command): void {
  addVerify(program);
  addRemediate(program);
  addApprove(program);
  addReject(program);
  addUndo(program);
  addWaive(program);
  addUnwaive(program);
}

function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('verifies a key now, and records the verdicts')
    .argument('<key>', 'key id, key ARN, alias/name or alias ARN')
    .option('--control <id>', 'one control only (default: all that judge the state of a key)')
    .option('--item <id>', 'one item of it, e.g. a grant id')
    .option('--reason <text>', 'why, for the record', 'Verified with the keywarden command')
    .addHelpText(
      'after',
      `
Examples:
  $ keywarden verify alias/payments
  $ keywarden verify alias/payments --control rotation-enabled --dry-run --format json

Exit codes:
  0  everything that was judged is in order, or somebody answers for it
  1  something is wrong, or could not be judged; or the order was refused
  2  the command could not do its work; the message says why`,
    );
  addCommon(command, { asks: false }).action(async (key: string, options: CommonOptions & Narrowing) => {
    const subject = { action: 'verify', key, ...narrow(options) } as const;
    process.exitCode = await giveOrder(subject, options, openDesk(program, options));
  });
}

interface Narrowing {
  readonly control?: string;
  readonly item?: string;
}

const narrow = ({ control, item }: Narrowing): Narrowing => ({
  ...(control === undefined ? {} : { control }),
  ...(item === undefined ? {} : { item }),
});

function addRemediate(program: Command): void {
  const command = program
    .command('remediate')
    .description('puts a key, or one finding, right: shows the plan, asks, and does it')
    .argument('<key or finding>', `key id, key ARN, alias/name, alias ARN; or a ${FINDING}`)
    .option('--control <id>', 'with a key: one control only')
    .option('--item <id>', 'with a key: one item of it, e.g. a grant id')
    .addHelpText(
      'after',
      `
Examples:
  $ keywarden remediate alias/payments --reason "Quarterly review" --dry-run
  $ keywarden remediate rotation-enabled@alias/payments --reason "Quarterly review" --ticket SEC-7 --yes
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(async (named: string, options: CommonOptions & Narrowing) => {
    const about = readFindingRef(named) === undefined ? { key: named, ...narrow(options) } : { finding: named };
    if ('finding' in about && Object.keys(narrow(options)).length > 0) {
      throw new UsageError(`${named} names its control and item already: leave out --control and --item.`);
    }
    await order(program, { action: 'remediate', ...about }, options);
  });
}

function addApprove(program: Command): void {
  const command = program
    .command('approve')
    .description('approves the plan that waits for a person, and has it carried out')
    .argument('[finding]', FINDING, readFinding)
    .option('--plan <digest>', 'digest of the plan that you saw, or its first 12 digits', readDigest)
    .option('--baseline <id>', 'everything that this first look at all keys found, in place of one finding')
    .addHelpText(
      'after',
      `
Examples:
  $ keywarden approve rotation-enabled@alias/payments --reason "Agreed with the owner" --ticket SEC-7
  $ keywarden approve --baseline 20260803T022000Z --reason 'reviewed in SEC-42'
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(
    async (finding: string | undefined, options: CommonOptions & { plan?: string; baseline?: string }) => {
      const { plan, baseline } = options;
      if ((finding === undefined) === (baseline === undefined)) {
        throw new UsageError('Name one finding, or with --baseline one first look at all keys.');
      }
      await order(
        program,
        {
          action: 'approve',
          ...(finding === undefined ? {} : { finding }),
          ...(baseline === undefined ? {} : { baseline }),
          ...(plan === undefined ? {} : { plan }),
        },
        options,
      );
    },
  );
}

function addReject(program: Command): void {
  const command = program
    .command('reject')
    .description('rejects the plan that waits for a person; the finding stays open')
    .argument('<finding>', FINDING, readFinding)
    .option('--plan <digest>', 'digest of the plan that you saw, or its first 12 digits', readDigest)
    .addHelpText(
      'after',
      `
Example:
  $ keywarden reject rotation-enabled@alias/ledger --reason "The owner rotates it by hand" --yes
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(async (finding: string, options: CommonOptions & { plan?: string }) => {
    const { plan } = options;
    await order(program, { action: 'reject', finding, ...(plan === undefined ? {} : { plan }) }, options);
  });
}

function addUndo(program: Command): void {
  const command = program
    .command('undo')
    .description('takes back what Keywarden did about a finding')
    .argument('<finding>', FINDING, readFinding)
    .addHelpText(
      'after',
      `
Example:
  $ keywarden undo rotation-enabled@alias/archive --reason "The vendor cannot rotate it yet" --yes
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(async (finding: string, options: CommonOptions) => {
    await order(program, { action: 'undo', finding }, options);
  });
}

function addWaive(program: Command): void {
  const command = program
    .command('waive')
    .description('answers for a finding until a day')
    .argument('<finding>', FINDING, readFinding)
    .requiredOption('--until <day>', 'last day, in UTC, e.g. 2026-12-31', readDay)
    .addHelpText(
      'after',
      `
Example:
  $ keywarden waive rotation-enabled@alias/legacy --until 2026-12-31 --reason "Replaced in December" --ticket SEC-9 --yes
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(async (finding: string, options: CommonOptions & { until: string }) => {
    await order(program, { action: 'waive', finding, until: options.until }, options);
  });
}

function addUnwaive(program: Command): void {
  const command = program
    .command('unwaive')
    .description('ends a waiver that was granted by order')
    .argument('<finding>', FINDING, readFinding)
    .addHelpText(
      'after',
      `
Example:
  $ keywarden unwaive rotation-enabled@alias/legacy --reason "Replaced already" --yes
${EXIT_CODES}`,
    );
  addReason(addCommon(command)).action(async (finding: string, options: CommonOptions) => {
    await order(program, { action: 'unwaive', finding }, options);
  });
}

const addReason = (command: Command): Command => command.requiredOption('--reason <text>', 'why, for the record');

function addCommon(command: Command, { asks } = { asks: true }): Command {
  command
    .option('--ticket <id>', 'ticket, for the record')
    .option('--dry-run', 'show what would be done: nothing is changed, recorded or sent')
    .addOption(new Option('--url <url>', "URL of Keywarden's function (default: AWS is asked)").env('KEYWARDEN_URL'));
  return asks ? command.option('-y, --yes', 'do it without being asked') : command;
}

async function order(program: Command, subject: Subject, options: CommonOptions): Promise<void> {
  process.exitCode = await giveOrderAfterAsking(subject, options, openDesk(program, options));
}

/** The question goes to the error output, so that the standard output has the answer of the function and nothing else. */
function openDesk(program: Command, { url }: CommonOptions): Desk {
  const global = program.opts<GlobalOptions>();
  return {
    functionUrl: connectFunctionUrl(global, { url }),
    out: process.stdout,
    terminal: { input: process.stdin, output: process.stderr },
    format: global.format,
  };
}

function readFinding(value: string): string {
  if (readFindingRef(value) !== undefined) return value;
  throw new InvalidArgumentError('A finding is named <control>@<key>, e.g. rotation-enabled@alias/payments.');
}

function readDigest(value: string): string {
  if (/^[0-9a-f]{12,64}$/.test(value)) return value;
  throw new InvalidArgumentError('A plan is named by its sha256, or at least its first 12 digits, in lower case.');
}

function readDay(value: string): string {
  const time = Date.parse(`${value}T00:00:00Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(value))
    return value;
  throw new InvalidArgumentError('A day is written as 2026-12-31.');
}
