import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Command } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import type { SelftestResult } from '../lib/selftest/selftest.ts';
import { settingsOf } from './connect.ts';
import { type GlobalOptions, type Output, readOwnNames } from './options.ts';
import { UsageError } from './usage-error.ts';

const HELP = `
Looks at every part of the way from a rule to the officer, makes one harmless change in KMS, and waits until the message about it
has gone the whole way: CloudTrail, rule, queue, function, topic. That takes minutes. The officer gets the message too.

Examples:
  $ keywarden selftest
  $ keywarden selftest --no-wait --format json

Exit codes:
  0  the way works; with --no-wait, every part of it is in order
  1  it does not; the message says what is wrong and what to do
  2  the command could not do its work, or could not look at everything`;

/** Adds `keywarden selftest` to the program. */
export function addSelftestCommand(program: Command): void {
  program
    .command('selftest')
    .description('proves that alerts arrive: from a rule to the officer and back')
    .option('--no-wait', 'look and begin, and do not wait for the test message')
    .option('--by <who>', 'who tests, for the record (default: your user on this machine)')
    .addHelpText('after', HELP)
    .action(async (options: { readonly wait: boolean; readonly by?: string }) => {
      const global = program.opts<GlobalOptions>();
      const { wait, by = userInfo().username } = options;
      const bench = {
        invoke: connectSelftest(global),
        out: process.stdout,
        err: process.stderr,
        pause,
        format: global.format,
      };
      process.exitCode = await runSelftestCommand({ wait, by }, bench);
    });
}

/** With what the command works. */
export interface Bench {
  /** Invokes the selftest function. */
  readonly invoke: (input: object) => Promise<SelftestResult>;
  readonly out: Output;
  /** Where progress goes; none is shown where that is no terminal. */
  readonly err: Output;
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly format: GlobalOptions['format'];
}

/** Milliseconds between two questions, and how often it is asked: a run is over after 30 minutes. */
const WAIT = 5_000;
const MOST_QUESTIONS = 370;

/**
 * Begins a selftest, and waits for its end when asked to.
 *
 * @returns exit code: 0 in order, 1 not, 2 not known
 * @throws {UsageError} when the function refuses or is not there
 */
export async function runSelftestCommand(
  { wait, by }: { readonly wait: boolean; readonly by: string },
  bench: Bench,
): Promise<number> {
  const { out, format } = bench;
  const begun = accept(await bench.invoke({ requestedBy: by }));
  if (format === 'text') out.write(describeChecks(begun));
  const ended = wait ? await awaitEnd(begun, bench) : begun;
  out.write(format === 'json' ? `${JSON.stringify(ended)}\n` : describeEnd(ended));
  return codeOf(ended, wait);
}

type Begun = Exclude<SelftestResult, { readonly status: 'refused' }>;

function accept(result: SelftestResult): Begun {
  if (result.status !== 'refused') return result;
  throw new UsageError(`The selftest function refused: ${safeText(result.message, 1_000)}`);
}

async function awaitEnd(begun: Begun, { invoke, err, pause: sleep }: Bench): Promise<Begun> {
  let now = begun;
  for (let question = 1; now.status === 'waiting' && question <= MOST_QUESTIONS; question += 1) {
    if (err.isTTY === true) err.write(`\rWaiting for the test message: ${Math.round((question * WAIT) / 1_000)} s`);
    await sleep(WAIT);
    now = accept(await invoke({ run: begun.run }));
  }
  if (err.isTTY === true) err.write('\r\u001b[2K');
  return now;
}

function codeOf({ status, checks, seconds }: Begun, waited: boolean): number {
  if (status === 'passed') return 0;
  if (checks.some(({ ok }) => ok === false)) return 1;
  if (status === 'failed' && seconds === undefined) return 1;
  if (checks.some(({ ok }) => ok === 'unknown')) return 2;
  // It was waited for, and nobody knows what became of it.
  return waited ? 2 : 0;
}

const SIGNS = { true: 'ok     ', false: 'WRONG  ', unknown: 'unknown' } as const;

const describeChecks = ({ checks }: Begun): string =>
  checks
    .map(({ name, ok, what, whatToDo }) => {
      const next = whatToDo === undefined ? '' : `\n         ${safeText(whatToDo, 1_000)}`;
      return `${SIGNS[`${ok}`]}  ${safeText(name)}: ${safeText(what, 1_000)}${next}\n`;
    })
    .join('');

const describeEnd = ({ status, message, run }: Begun): string =>
  `${{ passed: 'Passed.', failed: 'FAILED.', waiting: 'Begun.' }[status]} ${safeText(message, 2_000)}\nRun ${safeText(run)}; its record: keywarden ledger show selftests\n`;

/** Milliseconds: the function itself works for a minute at most (serverless.yml). */
const TIMEOUT = 90_000;

/** Tried once: an order that is given twice begins two runs. */
function connectSelftest(global: GlobalOptions): Bench['invoke'] {
  const requestHandler = { requestTimeout: TIMEOUT };
  const lambda = new LambdaClient({ ...settingsOf(global), maxAttempts: 1, requestHandler });
  const FunctionName = readOwnNames(global).nameOf('selftest');
  return async (input) => {
    const Payload = Buffer.from(JSON.stringify(input));
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    const text = Buffer.from(answer.Payload ?? []).toString('utf8');
    if (answer.FunctionError !== undefined) {
      throw new UsageError(
        `The function ${FunctionName} failed, so that nobody knows whether alerts arrive; its log says why: ${safeText(text, 1_000)}`,
      );
    }
    return JSON.parse(text) as SelftestResult;
  };
}
