import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import { createEvidenceStore } from '../lib/aws/evidence-store.ts';
import { createSigner, type Signer } from '../lib/aws/signer.ts';
import { controlIds } from '../lib/controls/index.ts';
import { type Anchors, readAnchors } from '../lib/evidence/kept.ts';
import { openExport } from '../lib/ledger/export/folder-source.ts';
import type { LedgerSource } from '../lib/ledger/source.ts';
import { createTableSource } from '../lib/ledger/table-source.ts';
import { PolicyError, parsePolicy } from '../lib/policy/load-policy.ts';
import { createKeyLists } from '../lib/report/key-lists.ts';
import { createKeyUseSource } from '../lib/report/key-use-source.ts';
import { renderPage } from '../lib/report/page/page.ts';
import { readWindow, WindowError } from '../lib/report/read-window.ts';
import { drawSample, SampleError } from '../lib/report/sample.ts';
import { verifyPack } from '../lib/report/verify-pack.ts';
import { type WrittenPack, writePack, zipPack } from '../lib/report/write-pack.ts';
import manifest from '../package.json' with { type: 'json' };
import { connectKms, connectLedger, connectS3 } from './connect.ts';
import { showEntries } from './ledger-progress.ts';
import { readKeyFile } from './ledger-verify.ts';
import type { GlobalOptions, Output } from './options.ts';
import { UsageError } from './usage-error.ts';

interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly export?: string;
  readonly policy: string;
  readonly publicKey: readonly string[];
  readonly evidenceBucket?: string;
  readonly signingKey?: string;
  readonly keyUseTable?: string;
  readonly by?: string;
  /** False with --no-sign. */
  readonly sign: boolean;
}

const HELP = `
--from and --to are days or times in UTC; --to is not part of the window. The folder and the archive beside it have the
report (index.html), every population as CSV and JSON lines, and a README for the auditor.

Examples:
  $ keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --table keywarden-prod-ledger
  $ keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --export ledger-2026-10 --no-sign
  $ keywarden report verify pack --public-key checkpoints.pem
  $ keywarden report sample --population pack/populations/actions.jsonl --size 25 --seed "J. Doe 2026-10-05"

Exit codes:
  0  the pack was written, and the ledger is whole
  1  the pack was written, and the ledger is not whole or not wholly checked; the pack says where
  2  no pack was written; the message says why and what to do`;

const VERIFY_HELP = `
Example:
  $ keywarden report verify pack --public-key checkpoints.pem

Exit codes:
  0  every file is what the manifest says, and the manifest is signed by a key
  1  something was altered, removed, added or is not rightly signed
  2  the files are what the manifest says, and nobody signed it: whoever altered one could have altered the manifest too`;

const SAMPLE_HELP = `
Example:
  $ keywarden report sample --population pack/populations/actions.jsonl --size 25 --seed "J. Doe 2026-10-05"

Exit codes:
  0  the sample was drawn
  2  it was not; the message says why`;

/** Adds `keywarden report`, `report verify` and `report sample` to the program. */
export function addReportCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const { KEYWARDEN_EVIDENCE_BUCKET: bucket, KEYWARDEN_SIGNING_KEY: key, KEYWARDEN_KEY_USE_TABLE: uses } = process.env;
  const report = program
    .command('report')
    .description('writes an evidence pack for an auditor, and verifies and samples one')
    .option('--from <day>', 'first day of the window, or a time, in UTC')
    .option('--to <day>', 'day or time, in UTC, before which the window ends')
    .option('--out <folder>', 'where to; it must not exist, or be empty')
    .option('--export <folder>', 'read the ledger from an export instead of the table; AWS is not asked for it')
    .option('--policy <file>', 'policy file that is in force', 'keywarden.policy.yml')
    .option(
      '--public-key <file>',
      'public key of the checkpoints, PEM or DER, that you have from AWS; may be repeated',
      collect,
      [],
    )
    .option(
      '--evidence-bucket <name>',
      'where the lists of keys are; its public keys and newest checkpoint count',
      bucket,
    )
    .option('--signing-key <arn>', 'KMS key that signs the manifest', key)
    .option('--key-use-table <name>', 'where the uses of keys are counted', uses)
    .option('--by <who>', 'who makes the pack (default: your user on this machine)')
    .option('--no-sign', 'do not sign the manifest')
    .addHelpText('after', HELP)
    .action(async (options: ReportOptions) => {
      process.exitCode = await makePack(options, global(), process.stdout, process.stderr);
    });
  report
    .command('verify')
    .description('verifies that no file of a pack was altered, removed or added since it was made')
    .argument('<folder>', 'the unpacked pack')
    .option('--public-key <file>', 'public key of the signing key that you have from AWS, PEM or DER')
    .addHelpText('after', VERIFY_HELP)
    .action(async (folder: string, { publicKey }: { readonly publicKey?: string }) => {
      // Commander gives an option that both commands know to the upper one.
      const key = publicKey ?? report.opts<ReportOptions>().publicKey[0];
      process.exitCode = await verifyFolder(folder, key, global(), process.stdout);
    });
  report
    .command('sample')
    .description('draws a sample that anybody can draw again')
    .requiredOption('--population <file>', 'a population of a pack, e.g. populations/actions.jsonl')
    .requiredOption('--size <rows>', 'how many rows', parseSize)
    .requiredOption('--seed <text>', 'any text, chosen after the pack was made')
    .addHelpText('after', SAMPLE_HELP)
    .action(async (options: SampleOptions) => {
      process.exitCode = await samplePopulation(options, global(), process.stdout);
    });
}

/**
 * Writes a pack into a folder, and an archive of it beside that.
 *
 * @returns exit code: 0, or 1 when the ledger is not whole
 * @throws {UsageError} for options that cannot be used
 */
export async function makePack(
  options: ReportOptions,
  global: GlobalOptions,
  out: Output,
  progress: Output,
): Promise<number> {
  const now = new Date();
  const window = readNamedWindow(options, now);
  const folder = readFolder(options.out);
  const { policy, policyText } = readPolicyFile(options.policy);
  const publicKeys = await Promise.all(options.publicKey.map(readKeyFile));
  const source = await openSource(options, global);
  const { keyUseTable, evidenceBucket } = options;
  const store = evidenceBucket === undefined ? undefined : createEvidenceStore(connectS3(global), evidenceBucket);
  // An export may be older than the newest checkpoint in the bucket.
  const anchors: Anchors =
    store === undefined || options.export !== undefined ? { publicKeys: [] } : await readAnchors(source, store);
  const trusted = [...anchors.publicKeys, ...publicKeys];
  const shown = showEntries(progress);
  const pack = await writePack(
    {
      source,
      window,
      generator: {
        ...{ name: 'keywarden', version: manifest.version, at: now.toISOString() },
        by: options.by ?? `${userInfo().username}@${hostname()}`,
        source:
          options.export === undefined
            ? `table ${global.table}${global.region === undefined ? '' : `, ${global.region}`}`
            : `export ${options.export}`,
        query: `keywarden report --from ${window.from} --to ${window.to}: every entry of the ledger; of the window are actions by when they happened, and everything else by when it was recorded`,
      },
      policy,
      policyText,
      ...(anchors.lastCheckpoint === undefined ? {} : { lastCheckpoint: anchors.lastCheckpoint }),
      ...(trusted.length === 0 ? {} : { publicKeys: trusted }),
      keyLists:
        store === undefined
          ? { problem: 'no evidence bucket was named; give it with --evidence-bucket' }
          : createKeyLists(store),
      keyUse:
        keyUseTable === undefined
          ? { problem: 'no table of key use was named; give it with --key-use-table.' }
          : createKeyUseSource({ client: connectLedger(global).client, table: keyUseTable }),
      onProgress: shown.update,
    },
    folder,
    { signer: chooseSigner(options, global), renderPage },
  );
  shown.end();
  const archive = `${folder}.zip`;
  await zipPack(folder, pack, archive);
  out.write(describePack({ folder, archive, pack }, global));
  return pack.data.integrity.state === 'whole' ? 0 : 1;
}

function readNamedWindow({ from, to }: ReportOptions, now: Date) {
  try {
    return readWindow({ from, to }, now, (name) => `--${name}`);
  } catch (error) {
    throw error instanceof WindowError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** A folder with something in it may be another pack, and its files would be in neither manifest. */
function readFolder(out: string | undefined): string {
  if (out === undefined || out === '')
    throw new UsageError('--out is missing; give a folder that is not there yet, e.g. --out pack.');
  const folder = out.replace(/[/\\]+$/, '');
  const isTaken = existsSync(folder) && readdirSync(folder).length > 0;
  if (isTaken)
    throw new UsageError(`${folder} is there and not empty. Give a folder that is not there yet with --out.`);
  if (existsSync(`${folder}.zip`))
    throw new UsageError(`${folder}.zip is there already. Give another folder with --out.`);
  return folder;
}

function readPolicyFile(file: string) {
  try {
    const policyText = readFileSync(file, 'utf8');
    return { policyText, policy: parsePolicy(policyText, file, controlIds) };
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : new Error(String(cause));
    if (cause instanceof PolicyError) throw new UsageError(message, { cause });
    throw new UsageError(`The policy file ${file} cannot be read (${message}). Give its path with --policy.`, {
      cause,
    });
  }
}

const openSource = async (options: ReportOptions, global: GlobalOptions): Promise<LedgerSource> =>
  options.export === undefined ? createTableSource(connectLedger(global)) : openExport(options.export);

function chooseSigner(
  { sign, signingKey }: ReportOptions,
  global: GlobalOptions,
): Signer | { readonly missing: string } {
  if (!sign) return { missing: 'It was made with --no-sign.' };
  if (signingKey === undefined)
    return { missing: 'No signing key was named; give it with --signing-key, or say --no-sign.' };
  return createSigner(connectKms(global), signingKey);
}

interface Made {
  readonly folder: string;
  readonly archive: string;
  readonly pack: WrittenPack;
}

function describePack({ folder, archive, pack }: Made, { format }: GlobalOptions): string {
  const { data, manifestSha256, signature } = pack;
  const { integrity, coverage, entries, window, populations } = data;
  const signedBy = 'by' in signature ? signature.by.fingerprint : null;
  const rows = Object.fromEntries(populations.map(({ id, total }) => [id, total]));
  if (format === 'json') {
    const { state } = integrity;
    const result = {
      folder,
      archive,
      window,
      manifestSha256,
      signedBy,
      ledger: state,
      complete: coverage.complete,
      entries,
      rows,
    };
    return `${JSON.stringify(result)}\n`;
  }
  return [
    `Evidence pack from ${window.from}, before ${window.to}, in ${safeText(folder)} and ${safeText(archive)}.`,
    `  ${entries.read} entries read: ${entries.inWindow} of the window, ${entries.unverified} that do not verify.`,
    `  ${rows.actions} actions, ${rows.rotations} rotations, ${rows.grants} grants, ${rows.deletions} deletions, ${rows.remediations} remediations, ${data.findings.atEnd} findings open at the end.`,
    integrity.state === 'whole'
      ? '  The ledger is whole.'
      : `  THE LEDGER IS ${integrity.state === 'not-whole' ? 'NOT WHOLE' : 'NOT WHOLLY CHECKED'}: see verification.txt.`,
    coverage.complete
      ? '  All of the window is covered by complete comparisons with CloudTrail.'
      : '  NOT ALL of the window is covered by complete comparisons with CloudTrail; the report says which parts.',
    ...data.inventory.map(
      (one) =>
        `  Keys of ${one.account}, ${one.region}: ${one.looked ? (one.balanced ? 'the equation holds.' : `${one.differences.length + one.differencesLeft} DIFFERENCES.`) : one.reason}`,
    ),
    'by' in signature ? `  Signed by ${signature.by.keyArn}.` : `  NOT SIGNED. ${safeText(signature.missing, 1000)}`,
    `sha256 of its manifest: ${manifestSha256}`,
    '',
  ].join('\n');
}

async function verifyFolder(
  folder: string,
  keyFile: string | undefined,
  { format }: GlobalOptions,
  out: Output,
): Promise<number> {
  if (!existsSync(folder))
    throw new UsageError(`There is no folder ${folder}. Give the folder of a pack; unpack an archive first.`);
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  const result = await verifyPack(folder, key);
  const { files, problems, signature, fingerprint, manifestSha256 } = result;
  if (format === 'json') out.write(`${JSON.stringify({ folder, ...result })}\n`);
  else {
    const lines = problems.map((problem) => `  ${safeText(problem, 4096)}`);
    const head =
      problems.length === 0
        ? `The pack is what its manifest says: ${files} files.`
        : `THE PACK IS NOT WHAT ITS MANIFEST SAYS: ${problems.length} problems in ${files} files.`;
    const sha = manifestSha256 === undefined ? [] : [`sha256 of its manifest: ${manifestSha256}`];
    out.write(`${[head, ...lines, SIGNED[signature](fingerprint ?? ''), ...sha].join('\n')}\n`);
  }
  if (problems.length > 0) return 1;
  return signature === 'none' ? 2 : 0;
}

const SIGNED = {
  given: (key: string) => `Signed by the key that you gave (${key}).`,
  own: (key: string) =>
    `Signed by the key in the pack (${key}). Whoever made the pack could have chosen it: verify again with --public-key and the key from AWS.`,
  none: () => 'NOT SIGNED: nothing but its own digests protects it.',
} as const;

interface SampleOptions {
  readonly population: string;
  readonly size: number;
  readonly seed: string;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function parseSize(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Give a number of rows from 1 on.');
}

async function samplePopulation(
  { population, size, seed }: SampleOptions,
  { format }: GlobalOptions,
  out: Output,
): Promise<number> {
  // The CSV has ids that a spreadsheet cannot run, which need not be the ids.
  const file = population.replace(/\.csv$/, '.jsonl');
  try {
    const sample = await drawSample(file, size, seed);
    if (format === 'json')
      out.write(
        `${JSON.stringify({ file, seed, size, population: sample.population, rows: sample.rows.map(({ rank, line }) => ({ rank, row: JSON.parse(line) as unknown })) })}\n`,
      );
    else {
      const lines = sample.rows.map(({ rank, id }) => `${rank}  ${safeText(id, 4096)}`);
      out.write(
        `${[`${sample.rows.length} of ${sample.population} rows of ${safeText(file)}, seed ${JSON.stringify(seed)}`, ...lines].join('\n')}\n`,
      );
    }
    return 0;
  } catch (error) {
    throw error instanceof SampleError ? new UsageError(error.message, { cause: error }) : error;
  }
}
