import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import { writeNdjson } from '../lib/audit/report/ndjson.ts';
import { addToSummary, type Summary, startSummary } from '../lib/audit/report/summary.ts';
import { writeReport } from '../lib/audit/report/text.ts';
import { type Coverage, judgeArchive, readArchive } from '../lib/audit/run-audit.ts';
import { createRunStore, type RunStore } from '../lib/audit/runs/run-store.ts';
import { readNamedPolicy } from './audit/policy-file.ts';
import { type Amount, createProgressBar, measureSources } from './audit/progress-bar.ts';
import { workerUrl } from './audit/worker-url.ts';
import { UsageError } from './usage-error.ts';

interface AuditCommandOptions {
  readonly policy?: string;
  readonly self: readonly string[];
  readonly own: readonly string[];
  readonly threads?: string;
}

const HELP = `
Reads CloudTrail log files ({"Records": [...]}), one record per line, and EventBridge events; plain or gzip; files, folders
with all that is below them, and - for the standard input. Makes no call to AWS and needs no account. Key facts are rebuilt
from the records in the order of their time; what they cannot tell is "unknown", with the reason.

Formats:
  text    a report: findings first, then what was judged, then what was read (default)
  ndjson  one line of JSON per lifecycle action

Examples:
  $ keywarden audit AWSLogs/
  $ keywarden audit archive/*.json.gz --policy keywarden.policy.yml --format ndjson
  $ aws s3 cp s3://trail/AWSLogs/.../file.json.gz - | keywarden audit -

Exit codes:
  0  no violation
  1  violations (those that the policy file waives do not count)
  2  something could not be read or judged; the report says which file and byte, and the rest was judged
What cannot be read gives 2 even beside a violation: what nobody judged must not hide behind a violation that is known.`;

/** Adds `keywarden audit` to the program. */
export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('judges every lifecycle action in CloudTrail files, without an AWS account')
    .argument('<path...>', 'file, folder, or - for the standard input')
    .option('--policy <file>', 'policy file (default: ./keywarden.policy.yml, else the one that ships with Keywarden)')
    .option('--self <arn...>', "ARNs of Keywarden's own roles, where it ran", [])
    .option('--own <arn...>', 'ARNs of what Keywarden is made of, where it ran; * for any characters', [])
    .option('--threads <number>', 'threads that read (default: one per core)')
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: AuditCommandOptions) => {
      const format = program.opts<{ readonly format: string }>().format === 'ndjson' ? 'ndjson' : 'text';
      process.exitCode = await auditPaths(paths, options, format);
    });
}

async function auditPaths(
  paths: readonly string[],
  options: AuditCommandOptions,
  format: 'text' | 'ndjson',
): Promise<number> {
  // Records live for a moment, in every thread: V8 would make room for more of them, which takes a third more memory and is
  // not faster. https://nodejs.org/api/v8.html#v8setflagsfromstringflags
  setFlagsFromString('--semi-space-growth-factor=1');
  const { policy, name } = readNamedPolicy(options.policy);
  const store = createRunStore(LIMITS);
  const removeTraps = cleanUpAtEnd(store);
  try {
    const court = { policy, ownRoles: options.self, ownResources: options.own };
    const threads = readThreads(options.threads);
    const coverage = await readWithProgress(paths, store, {
      ...court,
      workerUrl,
      characters: LIMITS.characters,
      ...(threads === undefined ? {} : { threads }),
    });
    const summary = startSummary();
    const write = createWriter(process.stdout);
    const judged = judgeArchive(store, coverage, court);
    let next = await judged.next();
    for (; next.done !== true; next = await judged.next()) {
      addToSummary(summary, next.value);
      if (format === 'ndjson') await write(writeNdjson(next.value));
    }
    if (format === 'text')
      await write(writeReport({ summary, coverage, policy: name, aliasesOf: next.value.aliasesOf }));
    else tellTrouble(coverage);
    return decideExitCode(summary, coverage);
  } finally {
    store.remove();
    removeTraps();
  }
}

/** 16 million characters for each thread and for the main one; 64 files are open at once. */
const LIMITS = { characters: 16_000_000, files: 64 } as const;

/** @throws {UsageError} */
function readThreads(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new UsageError(`--threads is ${text}; use a whole number from 1 to 256.`);
}

async function readWithProgress(
  paths: readonly string[],
  store: RunStore,
  options: Parameters<typeof readArchive>[2],
): Promise<Coverage> {
  let total: Amount | undefined;
  if (process.stderr.isTTY) {
    void measureSources(paths).then((amount) => {
      total = amount;
    });
  }
  const bar = createProgressBar(process.stderr, () => total, Date.now);
  try {
    return await readArchive(paths, store, { ...options, onProgress: bar.update });
  } finally {
    bar.end();
  }
}

/** What could not be read is told at the end of a report; beside lines of JSON it goes to the error output. */
function tellTrouble({ unread, unreadPlaces, tally }: Coverage): void {
  for (const { file, byte, message } of unread) {
    process.stderr.write(`keywarden: not read: ${safeText(file)}, byte ${byte}: ${safeText(message)}\n`);
  }
  for (const { file, byte, reason } of tally.bad) {
    process.stderr.write(`keywarden: not judged: ${safeText(file)}, record at byte ${byte}: ${safeText(reason)}\n`);
  }
  const rest = unreadPlaces - unread.length + tally.malformed - tally.bad.length;
  if (rest > 0) process.stderr.write(`keywarden: and ${rest} more places\n`);
}

const decideExitCode = ({ violations }: Summary, { unreadPlaces, tally }: Coverage): 0 | 1 | 2 => {
  if (unreadPlaces + tally.malformed > 0) return 2;
  return violations > 0 ? 1 : 0;
};

/** Waits for a slow reader, so that the lines do not pile up. */
function createWriter(out: Writable): (text: string) => Promise<void> {
  return async (text) => {
    if (!out.write(text)) await once(out, 'drain');
  };
}

/** Temporary files go away however the command ends. Whoever reads the output may stop early (`| head`): no reason to complain. */
function cleanUpAtEnd(store: RunStore): () => void {
  const stop = (code: number) => () => {
    store.remove();
    process.exit(code);
  };
  const [onInterrupt, onTerminate] = [stop(130), stop(143)];
  const onOutputError = (error: NodeJS.ErrnoException) => {
    store.remove();
    if (error.code !== 'EPIPE') process.stderr.write(`keywarden: the output cannot be written (${error.message})\n`);
    // What was not written nobody read: the code must not look like "no violation".
    process.exit(2);
  };
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onTerminate);
  process.stdout.once('error', onOutputError);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  };
}
