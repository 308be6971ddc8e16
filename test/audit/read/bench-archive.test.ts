import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Archive, prepareArchive } from '../../../bench/audit/archive.ts';
import { listSources } from '../../../lib/audit/read/list-sources.ts';
import { scanFile } from '../../../lib/audit/read/scan-file.ts';

const KMS = new Set(['kms.amazonaws.com']);
const BYTES = 5_000_000;

let folder: string;
let archive: Archive;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-archive-'));
  archive = await prepareArchive(folder, BYTES, 7, () => undefined);
});
afterAll(() => rm(folder, { recursive: true }));

async function readArchive(place: string) {
  const sum = { bytes: 0, records: 0, writes: 0, reads: 0, problems: 0, digest: createHash('sha256') };
  for await (const source of listSources([place])) {
    if (source.kind === 'skipped') throw new Error(`${source.file}: ${source.reason}`);
    const report = await scanFile(source, KMS, (record) => {
      sum[(record as { readOnly: boolean }).readOnly ? 'reads' : 'writes'] += 1;
    });
    sum.bytes += report.bytes;
    sum.records += report.records;
    sum.problems += report.problems.length;
    sum.digest.update(await readFile(source.file));
  }
  return { ...sum, digest: sum.digest.digest('hex') };
}

test('the archive of the benchmark is as large as it says, and has the mix that the goals are for', async () => {
  const { bytes, records, writes, reads, problems } = await readArchive(archive.folder);
  expect(problems).toBe(0);
  expect(bytes).toBe(archive.bytes);
  expect(bytes).toBeGreaterThanOrEqual(BYTES);
  expect(records).toBe(archive.records);
  expect(writes / records).toBeCloseTo(0.01, 2);
  expect(reads / records).toBeCloseTo(0.2, 1);
  // CloudTrail's files are packed about as well.
  expect(archive.bytes / archive.compressedBytes).toBeGreaterThan(8);
  expect(archive.bytes / archive.compressedBytes).toBeLessThan(14);
});

test('the archive of the benchmark is the same for the same seed, and another for another', async () => {
  const { digest } = await readArchive(archive.folder);
  const again = join(folder, 'again');
  const same = await prepareArchive(again, BYTES, 7, () => undefined);
  const other = await prepareArchive(again, BYTES, 8, () => undefined);
  expect((await readArchive(same.folder)).digest).toBe(digest);
  expect((await readArchive(other.folder)).digest).not.toBe(digest);
});

test('the archive of the benchmark is made once', async () => {
  const progress: number[] = [];
  expect(await prepareArchive(folder, BYTES, 7, (done) => progress.push(done))).toEqual(archive);
  expect(progress).toEqual([]);
});
