import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';
import { prepareArchive } from '../audit/archive.ts';
import { createRandom } from '../audit/random.ts';
import { createRecords } from '../audit/records.ts';
import type { UseCost } from './cost.ts';

const BYTES = 200_000_000;
const SEED = 1;
/** The largest file that CloudTrail writes, decompressed. */
const LARGEST = 50_000_000;
const ROUNDS = 3;

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Measures what the key-use function takes for an archive of log files, and for a single one of the largest kind; and counts
 * what it writes.
 *
 * @param onProgress told what is being measured
 * @returns the tables of bench/README.md
 */
export async function measureKeyUse(onProgress: (text: string) => void): Promise<string> {
  const archive = await prepareArchive(pathOf('../../.keywarden/bench'), BYTES, SEED, (done) =>
    onProgress(`an archive of ${BYTES / 1e6} MB: ${Math.round(done * 100)} %`),
  );
  const scratch = await mkdtemp(join(tmpdir(), 'keywarden-bench-'));
  try {
    const child = await bundle(scratch);
    const large = await makeLargeFile(join(scratch, 'large'));
    onProgress('key use');
    const whole = await runBest(child, archive.folder);
    const single = await runBest(child, large);
    onProgress('');
    return [
      `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${archive.files} files, ${Math.round(archive.bytes / 1e6)} MB decompressed, ${archive.records} records; the best of ${ROUNDS} rounds.`,
      '',
      '| | an archive | one file of 50 MB |',
      '|---|---|---|',
      ...rowsOf(whole, single),
    ].join('\n');
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function rowsOf(...costs: readonly UseCost[]): string[] {
  const row = (what: string, say: (cost: UseCost) => string) => `| ${what} | ${costs.map(say).join(' | ')} |`;
  const perMillion = (cost: UseCost, value: number) => (value / cost.uses) * 1e6;
  return [
    row('files', ({ files }) => String(files)),
    row('uses of keys', ({ uses }) => String(uses)),
    row('rows', ({ rows }) => String(rows)),
    row('items, of which the mean has', ({ items, itemBytes }) => `${items}, ${Math.round(itemBytes / items)} bytes`),
    row('write units per million uses', (cost) =>
      Math.round(perMillion(cost, cost.writeUnits + cost.files)).toString(),
    ),
    row('processor, seconds per million uses', (cost) => perMillion(cost, cost.cpuSeconds).toFixed(1)),
    row('records per second', ({ records, cpuSeconds }) => Math.round(records / cpuSeconds).toString()),
    row('peak memory, MB', ({ peakBytes }) => Math.round(peakBytes / 1e6).toString()),
  ];
}

async function makeLargeFile(folder: string): Promise<string> {
  await mkdir(folder);
  const next = createRecords(createRandom(SEED + 1));
  const records: string[] = [];
  for (let length = 0; length < LARGEST; length += records.at(-1)?.length ?? 0) records.push(next());
  const name = '111122223333_CloudTrail_eu-west-1_20261001T0000Z_AAAABBBBCCCCDDDD.json.gz';
  await writeFile(join(folder, name), await promisify(gzip)(`{"Records":[${records.join(',')}]}`));
  return folder;
}

/** With the options that the function is bundled with. */
async function bundle(outdir: string): Promise<string> {
  const outfile = join(outdir, 'child.mjs');
  await build({
    entryPoints: [pathOf('./child.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
  });
  return outfile;
}

async function runBest(child: string, folder: string): Promise<UseCost> {
  const costs: UseCost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [child, folder]);
    costs.push(JSON.parse(stdout) as UseCost);
  }
  return costs.toSorted((one, other) => one.cpuSeconds - other.cpuSeconds)[0] as UseCost;
}
