import type { Command } from 'commander';
import { Option } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import type { Entry } from '../lib/ledger/entry.ts';
import type { Finding } from '../lib/ledger/finding.ts';
import { writeFindingRef } from '../lib/ledger/finding-ref.ts';
import type { GrantedWaiver } from '../lib/ledger/waiver.ts';
import type { OrderDone, OrderResult } from '../lib/orders/order.ts';
import { connectLedger } from './connect.ts';
import { describeFinding } from './findings.ts';
import { connectFunctionUrl, type FunctionUrl } from './function-url.ts';
import { readChain, resolveSubject } from './ledger-show.ts';
import type { GlobalOptions, Output } from './options.ts';
import { codeOf } from './order-text.ts';
import { describeVerdicts } from './plan-text.ts';
import { readFindings, readWaivers } from './read-subject.ts';
import { tellStory } from './story.ts';
import { UsageError } from './usage-error.ts';
import { describeWaiver } from './waiver-text.ts';

const HELP = `
The facts and the verdicts are read now by Keywarden's function, which changes and records nothing for it.

Examples:
  $ keywarden key alias/payments
  $ keywarden key alias/payments --entries 20 --format json

Exit codes:
  0  everything is in order
  1  something is wrong, or could not be judged; or an entry of the key is not as it was written
  2  the command could not do all of its work; the message says what is not known`;

interface KeyOptions {
  readonly entries: string;
  readonly url?: string;
}

/** Adds `keywarden key` to the program. */
export function addKeyCommand(program: Command): void {
  program
    .command('key')
    .description('shows one key: facts, verdicts, findings, waivers and its last entries')
    .argument('<key>', 'key id, key ARN, alias/name or alias ARN')
    .option('--entries <number>', 'how many of its last entries', '5')
    .addOption(new Option('--url <url>', "URL of Keywarden's function (default: AWS is asked)").env('KEYWARDEN_URL'))
    .addHelpText('after', HELP)
    .action(async (key: string, { entries, url }: KeyOptions) => {
      const global = program.opts<GlobalOptions>();
      const options = { entries: readCount(entries), now: new Date() };
      process.exitCode = await showKey(key, options, global, connectFunctionUrl(global, { url }), process.stdout);
    });
}

function readCount(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError(`--entries is ${text}; give a whole number up to 9999.`);
}

/** All that is known of a key. */
export interface KeyStory {
  readonly subject: string;
  /** What the function found just now, or why nobody knows. */
  readonly looked: OrderDone | { readonly unknown: string };
  /** Open and waived ones. */
  readonly findings: readonly Finding[];
  /** Those that nobody withdrew. */
  readonly waivers: readonly GrantedWaiver[];
  /** The last ones, in their order. */
  readonly entries: readonly Entry[];
  readonly problems: readonly string[];
}

/**
 * Shows one key. When the function cannot be asked, the rest is shown, and the exit code says that not everything is known.
 *
 * @returns exit code: 0 all in order, 1 something is not, 2 its facts and verdicts are not known
 */
export async function showKey(
  typed: string,
  { entries: count, now }: { readonly entries: number; readonly now: Date },
  global: GlobalOptions,
  functionUrl: FunctionUrl,
  out: Output,
): Promise<number> {
  const subject = await resolveSubject(typed, global);
  const table = connectLedger(global);
  const looked = await look(functionUrl, subject);
  const chain = await readChain(table, subject);
  const findings = (await readFindings(table, subject)).filter(({ status }) => status !== 'resolved');
  const waivers = (await readWaivers(table, subject)).filter(({ status }) => status === 'granted');
  const entries = count === 0 ? [] : chain.entries.slice(-count);
  const story: KeyStory = { subject, looked, findings, waivers, entries, problems: chain.problems };
  out.write(
    global.format === 'json'
      ? `${JSON.stringify({ ...story, findings: findings.map((one) => ({ name: writeFindingRef(one), ...one })) })}\n`
      : tellKey(story, chain.entries.length, out.isTTY === true, now),
  );
  if ('unknown' in looked) return 2;
  const open = findings.some(({ status }) => status === 'open');
  return open || chain.problems.length > 0 ? 1 : codeOf(looked);
}

async function look(functionUrl: FunctionUrl, key: string): Promise<KeyStory['looked']> {
  try {
    const result: OrderResult = await functionUrl.send({
      action: 'verify',
      key,
      dryRun: true,
      reason: 'Shown by keywarden key',
    });
    return result.status === 'refused' ? { unknown: result.message } : result;
  } catch (error) {
    if (error instanceof UsageError) return { unknown: error.message };
    throw error;
  }
}

/**
 * @param recorded how many entries the key has
 * @param colour only on a terminal
 */
export function tellKey(story: KeyStory, recorded: number, colour: boolean, now: Date): string {
  const { subject, looked, findings, waivers, entries, problems } = story;
  const lines = [
    safeText(subject, 2048),
    ...('unknown' in looked
      ? ['', `FACTS AND VERDICTS ARE NOT KNOWN: ${safeText(looked.unknown, 2000)}`]
      : ['', 'Facts', ...describeFacts(looked.facts), '', 'Verdicts', ...indent(describeVerdicts(looked.verdicts))]),
    '',
    'Findings',
    ...(findings.length === 0 ? ['  None is open.'] : indent(findings.flatMap((one) => describeFinding(one, now)))),
    '',
    'Waivers',
    ...(waivers.length === 0
      ? ['  None was granted by order.']
      : waivers.map((one) => `  ${describeWaiver(one, now)}`)),
    '',
  ];
  return `${lines.join('\n')}\n${tellStory(`The last ${entries.length} of ${recorded} entries`, entries, problems, colour)}`;
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** A key policy is long; `--format json` has all of it. */
const LONGEST_FACT = 300;

function describeFacts(facts: OrderDone['facts']): string[] {
  const read = Object.entries(facts ?? {});
  if (read.length === 0) return ['  The function told none.'];
  return read.map(([name, fact]) => {
    const value = fact.known ? JSON.stringify(fact.value) : `UNKNOWN: ${fact.reason}`;
    return `  ${safeText(name)}: ${safeText(value, LONGEST_FACT)}`;
  });
}
