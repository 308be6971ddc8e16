/**
 * One line of the benchmark of the audit, in a process of its own: reads an archive in one way, and prints what it took. It is
 * bundled with `worker.js` beside it, as the `keywarden` command is: Node's own reading of TypeScript takes time that
 * users never spend.
 */
import { createReadStream } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { createGunzip } from 'node:zlib';
import { listSources } from '../../lib/audit/read/list-sources.ts';
import { runInWorkers } from '../../lib/audit/read/run-in-workers.ts';
import { scanFile } from '../../lib/audit/read/scan-file.ts';
import type { ShortCut } from '../../lib/audit/read/short-cut.ts';
import type { Source } from '../../lib/audit/read/source.ts';
import { AUDITED_SOURCES } from '../../lib/audit/read/wanted.ts';
import { createSourceReader, type SourceResult } from '../../lib/audit/read-source.ts';
import { judgeArchive, readArchive } from '../../lib/audit/run-audit.ts';
import { createRunStore } from '../../lib/audit/runs/run-store.ts';
import type { WorkerData } from '../../lib/audit/worker-data.ts';
import { controlIds } from '../../lib/controls/index.ts';
import { loadPolicy } from '../../lib/policy/load-policy.ts';
import type { Amount, Cost, Way } from './ways.ts';

const [, , way = '', folder = '', scratch = '', policyFile = ''] = process.argv;
const PIECE = 256 * 1024;
const NOTHING: Amount = { bytes: 0, records: 0 };

/** What every thread of `keywarden audit` is given. */
const data: WorkerData = { selfRoleArns: [], ownResources: [], folder: scratch, characters: 16_000_000 };

/** The pieces of a gzip, as fast as Node gives them. */
const unpack = (file: string): AsyncIterable<Buffer> =>
  createReadStream(file, { highWaterMark: PIECE }).pipe(createGunzip({ chunkSize: PIECE }));

async function gunzip(file: string): Promise<Amount> {
  let bytes = 0;
  for await (const piece of unpack(file)) bytes += piece.length;
  return { bytes, records: 0 };
}

async function parse(file: string): Promise<Amount> {
  const pieces: Buffer[] = [];
  for await (const piece of unpack(file)) pieces.push(piece);
  const text = Buffer.concat(pieces);
  const { Records } = JSON.parse(text.toString()) as { Records: readonly { readonly eventSource: string }[] };
  // Each is looked at, as whoever parses all of them has to.
  const wanted = Records.filter(({ eventSource }) => AUDITED_SOURCES.has(eventSource));
  if (wanted.length === 0) throw new Error(`${file} has no record that is audited.`);
  return { bytes: text.length, records: Records.length };
}

const find = (file: string): Promise<Amount> =>
  scanFile({ kind: 'source', file }, AUDITED_SOURCES, () => undefined).then(checkReport);

/** Takes every record but writes of KMS by its kind, and looks at its time and id, as whoever counts uses has to. */
const byKind: ShortCut<true> = {
  varying: [
    'eventTime',
    'eventID',
    'requestID',
    'userIdentity',
    'sourceIPAddress',
    'requestParameters',
    'responseElements',
  ],
  learn: (record) => ((record as { readonly readOnly: unknown }).readOnly === true ? true : undefined),
  take: (_known, textOf) => textOf('eventTime') !== undefined && textOf('eventID') !== undefined,
};

const take = (file: string): Promise<Amount> =>
  scanFile({ kind: 'source', file }, AUDITED_SOURCES, () => undefined, byKind).then(checkReport);

const audit = createSourceReader(data, 'bench');

/** A benchmark of files that were not read is worth nothing. */
function checkReport({ file, problems, bytes, records }: SourceResult['report']): Amount {
  if (problems.length > 0) throw new Error(`${file}: ${problems[0]?.message}`);
  return { bytes, records };
}

async function readOneByOne(read: (file: string) => Promise<Amount>): Promise<Amount> {
  let sum = NOTHING;
  for await (const { file } of findSources()) sum = add(sum, await read(file));
  return sum;
}

async function readInThreads(threads: number): Promise<Amount> {
  let sum = NOTHING;
  await runInWorkers<SourceResult>(
    findSources(),
    new URL('./worker.js', import.meta.url),
    { threads, data },
    (outcome) => {
      if ('lost' in outcome) throw new Error(`${outcome.source.file}: ${outcome.lost}`);
      for (const { report } of outcome.messages) sum = add(sum, checkReport(report));
    },
  );
  return sum;
}

/** As `keywarden audit --threads 2` does it, with the policy that ships. */
async function auditWhole(): Promise<Amount> {
  setFlagsFromString('--semi-space-growth-factor=1');
  const policy = loadPolicy(policyFile, controlIds);
  const court = { policy, ownRoles: [], ownResources: [] };
  const store = createRunStore({ characters: data.characters, files: 64 });
  try {
    const workerUrl = new URL('./worker.js', import.meta.url);
    const coverage = await readArchive([folder], store, {
      ...court,
      workerUrl,
      characters: data.characters,
      threads: 2,
    });
    for await (const { action } of judgeArchive(store, coverage, court)) if (action.eventId === '') break;
    return { bytes: coverage.bytes, records: coverage.records };
  } finally {
    store.remove();
  }
}

async function* findSources(): AsyncGenerator<Source> {
  for await (const found of listSources([folder])) if (found.kind === 'source') yield found;
}

const add = (one: Amount, other: Amount): Amount => ({
  bytes: one.bytes + other.bytes,
  records: one.records + other.records,
});

const WAYS: Readonly<Record<Way, () => Promise<Amount>>> = {
  gunzip: () => readOneByOne(gunzip),
  parse: () => readOneByOne(parse),
  find: () => readOneByOne(find),
  take: () => readOneByOne(take),
  audit: () => readOneByOne((file) => audit({ kind: 'source', file }).then(({ report }) => checkReport(report))),
  'one thread': () => readInThreads(1),
  'two threads': () => readInThreads(2),
  whole: auditWhole,
};

const began = performance.now();
const before = process.cpuUsage();
const amount = await WAYS[way as Way]();
const { user, system } = process.cpuUsage(before);
const cost: Cost = {
  ...amount,
  seconds: (performance.now() - began) / 1_000,
  cpuSeconds: (user + system) / 1_000_000,
  peakBytes: process.resourceUsage().maxRSS * 1_024,
};
process.stdout.write(JSON.stringify(cost));
