import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { prepareArchive } from './archive.ts';
import type { Cost, Way } from './ways.ts';

const BYTES = 1_000_000_000;
const SEED = 1;
/** Each way so many times, in turns, so that what else the machine does strikes all of them. */
const ROUNDS = 3;

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const POLICY = pathOf('../../keywarden.policy.yml');
const ARCHIVES = pathOf('../../.keywarden/bench');

const ON_ONE_CORE: readonly Way[] = ['gunzip', 'parse', 'find', 'take', 'audit'];
const IN_THREADS: readonly Way[] = ['one thread', 'two threads', 'whole'];
const NAMES: Readonly<Record<Way, string>> = {
  gunzip: 'gunzip alone, one core',
  parse: 'gunzip + JSON.parse of every record, one core',
  find: 'records found, wanted ones parsed, one core',
  take: 'records found, wanted ones taken by kind, one core',
  audit: 'audit, one core',
  'one thread': 'audit, one thread',
  'two threads': 'audit, two threads',
  whole: 'audit and judging, two threads',
};

/**
 * Measures how fast `keywarden audit` reads an archive of 1 GB, against what it takes only to unpack it, and to parse all of
 * it. Each line is a process of its own.
 *
 * @param onProgress told what is being measured
 * @returns the tables of bench/README.md
 */
export async function measureAudit(onProgress: (text: string) => void): Promise<string> {
  const archive = await prepareArchive(ARCHIVES, BYTES, SEED, (done) =>
    onProgress(`an archive of ${BYTES / 1e9} GB: ${Math.round(done * 100)} %`),
  );
  const scratch = await mkdtemp(join(tmpdir(), 'keywarden-bench-'));
  const pin = await findPin();
  const costs = new Map<Way, Cost[]>();
  try {
    await bundle(scratch);
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const way of [...ON_ONE_CORE, ...IN_THREADS]) {
        onProgress(`${NAMES[way]}, ${round} of ${ROUNDS}`);
        const cost = await runChild(way, archive.folder, scratch, ON_ONE_CORE.includes(way) ? pin : []);
        costs.set(way, [...(costs.get(way) ?? []), cost]);
      }
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
  onProgress('');
  const best = new Map([...costs].map(([way, all]) => [way, all.toSorted(byTime(way))[0] as Cost]));
  const size = `${archive.files} files, ${round(archive.bytes / 1e6)} MB decompressed from ${round(archive.compressedBytes / 1e6)} MB, ${archive.records} records`;
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${size}; the best of ${ROUNDS} rounds. ${explainPin(pin)}`,
    '',
    '| | MB/s | records/s | processor, s | peak MB |',
    '|---|---|---|---|---|',
    ...[...best].map(([way, cost]) => row(way, cost)),
    '',
    '| goal | measured | met |',
    '|---|---|---|',
    ...judgeGoals(best),
  ].join('\n');
}

const round = (value: number): string => Math.round(value).toString();

/**
 * On one core, what counts is the time of the processor: it is what the wall clock shows when nothing else runs there.
 * In threads it is the wall clock.
 */
const secondsOf = (way: Way, cost: Cost): number => (ON_ONE_CORE.includes(way) ? cost.cpuSeconds : cost.seconds);

const byTime = (way: Way) => (one: Cost, other: Cost) => secondsOf(way, one) - secondsOf(way, other);

function row(way: Way, cost: Cost): string {
  const seconds = secondsOf(way, cost);
  const records = cost.records === 0 ? '' : round(cost.records / seconds);
  return `| ${NAMES[way]} | ${round(cost.bytes / 1e6 / seconds)} | ${records} | ${cost.cpuSeconds.toFixed(2)} | ${round(cost.peakBytes / 1e6)} |`;
}

function judgeGoals(best: ReadonlyMap<Way, Cost>): string[] {
  const timeOf = (way: Way) => {
    const cost = best.get(way);
    return cost === undefined ? Number.NaN : secondsOf(way, cost);
  };
  const goal = (what: string, value: number, unit: string, met: boolean) =>
    `| ${what} | ${(Math.floor(value * 100) / 100).toFixed(unit === 'MB' ? 0 : 2)} ${unit} | ${met ? 'yes' : 'no'} |`;
  const ways: readonly Way[] = ['take', 'audit'];
  const speedUp = timeOf('one thread') / timeOf('two threads');
  const peak =
    Math.max(...[...best].filter(([way]) => way !== 'gunzip' && way !== 'parse').map(([, cost]) => cost.peakBytes)) /
    1e6;
  return [
    ...ways.flatMap((way) => {
      const times = timeOf('parse') / timeOf(way);
      const part = timeOf('gunzip') / timeOf(way);
      return [
        goal(`${NAMES[way]}: at least 3 times gunzip + JSON.parse`, times, 'times', times >= 3),
        goal(`${NAMES[way]}: at least 0.60 of gunzip alone`, part, '', part >= 0.6),
      ];
    }),
    goal('two threads: at least 1.8 times one', speedUp, 'times', speedUp >= 1.8),
    goal('peak memory: under 300 MB', peak, 'MB', peak < 300),
  ];
}

/** With the options of scripts/build-cli.ts. */
async function bundle(outdir: string): Promise<void> {
  await build({
    entryPoints: { child: pathOf('./child.ts'), worker: pathOf('../../lib/audit/worker.ts') },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);",
    },
  });
  await writeFile(join(outdir, 'package.json'), '{"type":"module"}');
}

async function runChild(way: Way, folder: string, scratch: string, pin: readonly string[]): Promise<Cost> {
  const child = join(scratch, 'child.js');
  const [command = process.execPath, ...args] = [...pin, process.execPath, child, way, folder, scratch, POLICY];
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as Cost;
}

/** How to hold a process on one core; empty where that is not possible. */
async function findPin(): Promise<readonly string[]> {
  const pin = ['taskset', '-c', '0'];
  try {
    await promisify(execFile)('taskset', ['-c', '0', 'true']);
    return pin;
  } catch {
    return [];
  }
}

const explainPin = (pin: readonly string[]): string =>
  pin.length > 0
    ? '"One core" is pinned with taskset, and timed by the processor.'
    : '"One core" is not pinned, because there is no taskset here; it is timed by the processor.';
