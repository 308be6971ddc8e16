import { hostname, userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Command, InvalidArgumentError } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import { createArchiveSource } from '../lib/archive/archive-source.ts';
import { createAskedSource } from '../lib/archive/asked-source.ts';
import { createFolderArchive } from '../lib/archive/folder-archive.ts';
import { ArchivePlaceError, readArchivePlace } from '../lib/archive/place.ts';
import { createLookUp } from '../lib/aws/lookup-events.ts';
import { createPublicKeyReader } from '../lib/aws/public-keys.ts';
import type { CompletenessStatement } from '../lib/ledger/entry.ts';
import { compareWindow } from '../lib/reconcile/compare-window.ts';
import { createLookupSource } from '../lib/reconcile/lookup-source.ts';
import type { RecordSource, Window } from '../lib/reconcile/record-source.ts';
import type { AskedArchive, ReconcileDone, ReconcileResult } from '../lib/reconcile/run-reconcile.ts';
import { readWindow, WindowError } from '../lib/report/read-window.ts';
import manifest from '../package.json' with { type: 'json' };
import { connectLedger } from './connect.ts';
import {
  connectCloudTrail,
  connectLambda,
  connectTrailBucket,
  findLedgerPlace,
  type LedgerPlace,
} from './connect-trail.ts';
import type { GlobalOptions, Output } from './options.ts';
import { type Completeness, describeStatement, judgeStatement } from './statement-text.ts';
import { UsageError } from './usage-error.ts';

/** As the command line gives them. */
export interface ReconcileOptions {
  readonly from?: string;
  readonly to?: string;
  readonly archive?: string;
  readonly organization?: string;
  readonly lookAhead: number;
  /** False with --no-digests. */
  readonly digests: boolean;
  readonly backfill?: boolean;
  readonly function?: string;
}

const HELP = `
By itself it reads with your own credentials, compares, and changes nothing. With --backfill the function of Keywarden does it,
and records what is missing (docs/reconcile.md says why).

Examples:
  $ keywarden reconcile --from 2026-11-23 --to 2026-11-24 --table keywarden-prod-ledger
  $ keywarden reconcile --from 2026-03-01 --to 2026-04-01 --archive s3://company-trail/logs
  $ keywarden reconcile --from 2026-03-01 --to 2026-04-01 --archive ./logs --no-digests
  $ keywarden reconcile --from 2026-11-23 --to 2026-11-24 --backfill

Exit codes:
  0  CloudTrail was read whole, and the ledger has what it has
  1  something is missing from the ledger, was until now, or is in it and unknown to CloudTrail
  2  not everything could be looked at; what and why is said`;

/** Adds `keywarden reconcile` to the program. */
export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('compares what CloudTrail recorded with what the ledger has')
    .option('--from <day>', 'first day of the window, or a time, in UTC')
    .option('--to <day>', 'day or time, in UTC, before which the window ends')
    .option('--archive <place>', 'log files instead of Event history: s3://bucket/prefix, or a folder')
    .option('--organization <id>', 'id of the organization, when the trail is one of an organization', readOrganization)
    .option('--look-ahead <hours>', 'how long after the window log files are looked at, up to 720', readHours, 24)
    .option('--no-digests', 'take log files without proof that they are as CloudTrail wrote them')
    .option('--backfill', 'let the function of Keywarden record what is missing')
    .option('--function <name>', 'function that does it (default: by the name of the table)')
    .addHelpText('after', HELP)
    .action(async (options: ReconcileOptions) => {
      process.exitCode = await reconcile(options, program.opts<GlobalOptions>(), process.stdout);
    });
}

function readOrganization(value: string): string {
  // https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
  if (/^o-[a-z0-9]{10,32}$/.test(value)) return value;
  throw new InvalidArgumentError('The id of an organization looks like o-a1b2c3d4e5.');
}

function readHours(value: string): number {
  const hours = Number(value);
  if (/^\d+$/.test(value) && hours <= 720) return hours;
  throw new InvalidArgumentError('Give whole hours, up to 720: CloudTrail tries to deliver for 30 days.');
}

const EXIT: Readonly<Record<Completeness, number>> = { complete: 0, different: 1, unknown: 2 };

/**
 * Compares a window, and writes the statements.
 *
 * @returns exit code: 0 complete, 1 something is missing or extra, 2 not everything could be looked at
 * @throws {UsageError} for options that cannot be used, and what AWS throws when the ledger cannot be read
 */
export async function reconcile(options: ReconcileOptions, global: GlobalOptions, out: Output): Promise<number> {
  const window = readNamedWindow(options);
  refuseWithoutArchive(options);
  const statements =
    options.backfill === true ? await askFunction(options, global, window) : [await compare(options, global, window)];
  if (global.format === 'json') out.write(`${JSON.stringify(statements, null, 2)}\n`);
  else for (const statement of statements) out.write(`${describeStatement(statement)}\n`);
  return Math.max(...statements.map((statement) => EXIT[judgeStatement(statement)]));
}

function readNamedWindow({ from, to }: ReconcileOptions): Window {
  try {
    const window = readWindow({ from, to }, new Date(), (name) => `--${name}`);
    return { from: toText(Date.parse(window.from)), to: toText(Date.parse(window.to)) };
  } catch (error) {
    throw error instanceof WindowError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function refuseWithoutArchive({ archive, organization, digests }: ReconcileOptions): void {
  if (archive !== undefined || (organization === undefined && digests)) return;
  const option = organization === undefined ? '--no-digests' : '--organization';
  throw new UsageError(`${option} is about log files; name them with --archive, or leave it out.`);
}

async function compare(
  options: ReconcileOptions,
  global: GlobalOptions,
  window: Window,
): Promise<CompletenessStatement> {
  const table = connectLedger(global);
  const place = await findLedgerPlace(table);
  const source = openSource(options, global, place);
  return compareWindow(
    {
      table,
      account: place.account,
      ownResources: nameOwnResources(global.table, place),
      clock: () => new Date(),
      pause,
      by: `${userInfo().username}@${hostname()}`,
      version: manifest.version,
    },
    source,
    window,
  );
}

function openSource(options: ReconcileOptions, global: GlobalOptions, { account, region }: LedgerPlace): RecordSource {
  const clock = () => new Date();
  const clientOf = connectCloudTrail(global);
  if (options.archive === undefined) {
    return createLookupSource({
      account,
      region,
      lookUp: createLookUp(clientOf),
      clock,
      pause,
      outOfTime: () => false,
    });
  }
  const place = readPlace(options.archive);
  if (place.kind === 'bucket') {
    const s3 = connectTrailBucket(global, region);
    return createAskedSource(toAsked(options, options.archive), { s3, cloudTrail: clientOf, account, region, clock });
  }
  const archive = createFolderArchive(place.folder);
  const proof = options.digests ? { readPublicKeys: createPublicKeyReader(clientOf) } : {};
  return createArchiveSource({ archive, account, region, lookAheadHours: options.lookAhead, clock, ...proof });
}

const toAsked = ({ organization, lookAhead, digests }: ReconcileOptions, place: string): AskedArchive => ({
  place,
  ...(organization === undefined ? {} : { organization }),
  lookAheadHours: lookAhead,
  digests,
});

function readPlace(text: string) {
  try {
    return readArchivePlace(text);
  } catch (error) {
    throw error instanceof ArchivePlaceError ? new UsageError(error.message, { cause: error }) : error;
  }
}

const TABLE = /^(.+)-([^-]+)-ledger$/;

/**
 * What Keywarden is made of, by the name of the table: everything is called by service and stage (serverless.yml). A table of
 * another name says nothing of it.
 *
 * @returns patterns of ARNs; empty when the name says nothing
 */
export function nameOwnResources(table: string, { account }: LedgerPlace): string[] {
  const given = process.env.KEYWARDEN_OWN_RESOURCES;
  if (given !== undefined) return given.split(',').map((arn) => arn.trim());
  const [, service, stage] = TABLE.exec(table) ?? [];
  if (service === undefined || stage === undefined) return [];
  return [
    `arn:aws:*:*:${account}:*${service}-${stage}-*`,
    `arn:aws:ssm:*:${account}:parameter/${service}/${stage}/kill-switch`,
  ];
}

/**
 * The function reads and records; it answers with the statements that are in the ledger by then. It is asked for a day at a
 * time, because a function works for 15 minutes at most, and again for what its time was too short for.
 */
async function askFunction(
  options: ReconcileOptions,
  global: GlobalOptions,
  window: Window,
): Promise<readonly CompletenessStatement[]> {
  const order = orderArchive(options);
  const name = options.function ?? nameFunction(global.table);
  const { region } = await findLedgerPlace(connectLedger(global));
  const lambda = connectLambda(global, region);
  const statements: CompletenessStatement[] = [];
  const pending = sliceDays(window);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const done = await invoke(lambda, name, { ...next, ...order });
    statements.push(...done.statements);
    if (done.statements.length === 0)
      throw new UsageError(`The function ${name} came to nothing: ${safeText(done.message, 1000)}`);
    pending.unshift(...done.notDone);
  }
  return statements;
}

async function invoke(lambda: LambdaClient, name: string, payload: object): Promise<ReconcileDone> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) {
    throw new UsageError(`The function ${name} could not do it: ${safeText(text, 1000)}`);
  }
  const result = JSON.parse(text) as ReconcileResult;
  if (result.status === 'refused')
    throw new UsageError(`The function ${name} refused: ${safeText(result.message, 1000)}`);
  return result;
}

const DAY = 86_400_000;

/** @returns windows of a day, and the rest */
export function sliceDays({ from, to }: Window): Window[] {
  const windows: Window[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += DAY) {
    windows.push({ from: toText(at), to: toText(Math.min(at + DAY, Date.parse(to))) });
  }
  return windows;
}

/** CloudTrail's times have no fractions. */
const toText = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

function nameFunction(table: string): string {
  if (TABLE.test(table)) return table.replace(/-ledger$/, '-reconcile');
  throw new UsageError(
    `The name of the table ${table} does not say how the function is called; give it with --function.`,
  );
}

/** A function reads no folder of this machine. */
function orderArchive(options: ReconcileOptions): { readonly archive?: AskedArchive } {
  const { archive } = options;
  if (archive === undefined) return {};
  if (readPlace(archive).kind === 'bucket') return { archive: toAsked(options, archive) };
  throw new UsageError(
    `--backfill cannot read ${archive}, because the function cannot; name the bucket, s3://bucket/prefix.`,
  );
}
