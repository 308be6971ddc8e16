import { existsSync, readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { controlIds } from '../lib/controls/index.ts';
import { PolicyError, parsePolicy } from '../lib/policy/load-policy.ts';
import { KEY_SPECS_BY_USAGE, type Policy } from '../lib/policy/policy.ts';
import { BadInputError } from './check/bad-input-error.ts';
import { type CheckFile, createCheckFile, type FileReport } from './check/check-file.ts';
import { grantKind } from './check/grant-kind.ts';
import { iamPolicyKind } from './check/iam-policy-kind.ts';
import { keyPolicyKind } from './check/key-policy-kind.ts';
import type { CheckContext } from './check/kind.ts';
import { readInput } from './check/read-input.ts';
import { decideExitCode, writeJson, writeSummary, writeText } from './check/write-report.ts';
import type { GlobalOptions, Output } from './options.ts';
import { UsageError } from './usage-error.ts';

const KINDS = {
  'key-policy': { noun: keyPolicyKind.noun, expected: keyPolicyKind.expected, check: createCheckFile(keyPolicyKind) },
  'iam-policy': { noun: iamPolicyKind.noun, expected: iamPolicyKind.expected, check: createCheckFile(iamPolicyKind) },
  grant: { noun: grantKind.noun, expected: grantKind.expected, check: createCheckFile(grantKind) },
} as const;

type KindName = keyof typeof KINDS;

interface CheckOptions {
  readonly keyAccount?: string;
  readonly policy?: string;
  readonly keySpec?: string;
}

/** Read when it lies where the command is called and no other is named. */
const DEFAULT_POLICY = 'keywarden.policy.yml';

const EXIT_CODES = `
Exit codes:
  0  everything was judged, and all of it is in order
  1  at least one violation
  2  something could not be read or judged
What cannot be read gives 2 even beside a violation: what nobody judged must not hide behind a violation that is known.
A violation gives 1 even beside what could not be told, because it is certain.`;

const EXAMPLES: Readonly<Record<KindName, string>> = {
  'key-policy': `
Examples:
  $ keywarden check key-policy policies/*.json --key-account 111122223333
  $ aws kms get-key-policy --key-id alias/payments | keywarden check key-policy - --key-account 111122223333`,
  'iam-policy': `
Examples:
  $ keywarden check iam-policy roles/*.json --key-account 111122223333
  $ aws iam get-role-policy --role-name app --policy-name kms | keywarden check iam-policy - --key-account 111122223333`,
  grant: `
Examples:
  $ aws kms list-grants --key-id alias/payments | keywarden check grant - --key-spec SYMMETRIC_DEFAULT
  $ keywarden check grant create-grant-record.json --key-spec SYMMETRIC_DEFAULT --format json`,
};

/** Adds `keywarden check` and its three commands to the program. */
export function addCheckCommands(program: Command): void {
  const check = program.command('check').description('judges policies and grants offline, e.g. in a pull request');
  for (const name of Object.keys(KINDS) as KindName[]) {
    const command = check
      .command(name)
      .description(`judges each ${KINDS[name].noun}`)
      .argument('<file...>', `${KINDS[name].expected}; - is standard input`)
      .option('--key-account <account>', ACCOUNT_HELP[name], parseAccount)
      .option('--policy <file>', `policy file of the organisation (default: ./${DEFAULT_POLICY} when it is there)`)
      .addHelpText('after', `${EXAMPLES[name]}\n${EXIT_CODES}`);
    if (name === 'grant') command.option('--key-spec <spec>', 'spec of the key, which a grant does not say', parseSpec);
    command.action(async (files: string[], options: CheckOptions) => {
      const { format } = program.opts<GlobalOptions>();
      const context = { ...toContext(options), now: new Date() };
      process.exitCode = await checkFiles(name, files, context, format, process.stdout, () => buffer(process.stdin));
    });
  }
}

const ACCOUNT_HELP: Readonly<Record<KindName, string>> = {
  'key-policy': 'account of the key, 12 digits; needed unless the policy names the key by its ARN',
  'iam-policy': 'account that owns the policy, 12 digits; needed when a statement has a condition',
  grant: 'account of the key, 12 digits; a grant says it, and another one is an error',
};

function parseAccount(value: string): string {
  if (/^\d{12}$/.test(value)) return value;
  throw new InvalidArgumentError('An AWS account id has 12 digits, e.g. 111122223333.');
}

function parseSpec(value: string): string {
  const specs = new Set<string>(Object.values(KEY_SPECS_BY_USAGE).flat());
  if (specs.has(value)) return value;
  throw new InvalidArgumentError(`Use one of ${[...specs].join(', ')}.`);
}

function toContext({ policy: named, keyAccount, keySpec }: CheckOptions): Omit<CheckContext, 'now'> {
  const file = named ?? (existsSync(DEFAULT_POLICY) ? DEFAULT_POLICY : undefined);
  return {
    ...(file === undefined ? {} : { policy: readPolicy(file) }),
    ...(keyAccount === undefined ? {} : { keyAccount }),
    ...(keySpec === undefined ? {} : { keySpec }),
  };
}

/** @throws {UsageError} for a file that cannot be used: to judge without it would be to judge by other rules */
function readPolicy(file: string): Policy {
  try {
    return parsePolicy(readFileSync(file, 'utf8'), file, controlIds);
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : new Error(String(cause));
    if (cause instanceof PolicyError) throw new UsageError(message, { cause });
    throw new UsageError(`The policy file ${file} cannot be read (${message}). Give its path with --policy.`, {
      cause,
    });
  }
}

/**
 * Checks files and writes what was found.
 *
 * @param readStdin gives all of standard input
 * @returns exit code: 0 all in order, 1 a violation, 2 something could not be read or judged
 */
export async function checkFiles(
  name: KindName,
  files: readonly string[],
  context: CheckContext,
  format: GlobalOptions['format'],
  out: Output,
  readStdin: () => Promise<Uint8Array>,
): Promise<number> {
  const { check, noun } = KINDS[name];
  const reports: FileReport[] = [];
  for (const file of new Set(files)) {
    const report = await checkOne(check, file, context, readStdin);
    reports.push(report);
    out.write(format === 'json' ? writeJson(report) : writeText(report));
  }
  if (format === 'text') out.write(writeSummary(reports, noun));
  return decideExitCode(reports);
}

async function checkOne(
  check: CheckFile,
  file: string,
  context: CheckContext,
  readStdin: () => Promise<Uint8Array>,
): Promise<FileReport> {
  try {
    return check(file, await readInput(file, readStdin), context);
  } catch (error) {
    if (error instanceof BadInputError)
      return { file, documents: [], problems: [{ place: '', message: error.message }] };
    throw error;
  }
}
