import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawSample, rankRow } from '../../lib/report/sample.ts';

const root = mkdtempSync(join(tmpdir(), 'keywarden-sample-'));
afterAll(() => rmSync(root, { recursive: true }));

function writePopulation(lines: readonly string[]): string {
  const file = join(root, 'population.jsonl');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}
const rows = (count: number) =>
  Array.from({ length: count }, (_none, number) => JSON.stringify({ id: `key#${number}`, api: 'Decrypt' }));

describe('a sample', () => {
  test('has the rows whose sha256 of seed and id are the smallest, in that order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.string(),
        async (count, size, seed) => {
          const file = writePopulation(rows(count));
          const { population, rows: drawn } = await drawSample(file, size, seed);
          const ranked = Array.from({ length: count }, (_none, number) => rankRow(seed, `key#${number}`)).sort();
          expect(population).toBe(count);
          expect(drawn.map(({ rank }) => rank)).toEqual(ranked.slice(0, size));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is the same for the same seed, and another one for another', async () => {
    const file = writePopulation(rows(100));
    const ids = async (seed: string) => (await drawSample(file, 10, seed)).rows.map(({ id }) => id);
    expect(await ids('J. Doe 2026-10-05')).toEqual(await ids('J. Doe 2026-10-05'));
    expect(await ids('J. Doe 2026-10-05')).not.toEqual(await ids('J. Doe 2026-10-06'));
  });

  test('is drawn from rows whatever stands in them, characters included that some take for the end of a line', async () => {
    const odd = JSON.stringify({ id: 'key#1', reason: 'one\u2028two\u2029three\u0085four' });
    const { population, rows: drawn } = await drawSample(writePopulation([odd, ...rows(1)]), 2, 'seed');
    expect([population, drawn.map(({ line }) => line).sort()]).toEqual([2, [odd, ...rows(1)].sort()]);
  });

  test('is not drawn from a file that was cut off', async () => {
    const file = writePopulation(rows(3));
    writeFileSync(file, rows(3).join('\n'));
    await expect(drawSample(file, 2, 'seed')).rejects.toThrow('line 3: the last line does not end');
  });

  test('does not depend on the order of the rows', async () => {
    const forwards = await drawSample(writePopulation(rows(50)), 5, 'seed');
    const backwards = await drawSample(writePopulation(rows(50).reverse()), 5, 'seed');
    expect(backwards).toEqual(forwards);
  });

  test('ranks a row by what sha256sum says of seed and id', () => {
    const by = execFileSync('sha256sum', { input: 'J. Doekey#1' }).toString().slice(0, 64);
    expect(rankRow('J. Doe', 'key#1')).toBe(by);
  });

  test.each<[string, readonly string[], string]>([
    ['a line is no JSON', ['no JSON'], 'Line 1 of'],
    ['a row has no id', ['{"api":"Decrypt"}'], 'is no row of a population'],
    ['an id is there twice', ['{"id":"a"}', '{"id":"a"}'], 'has the id "a" twice'],
  ])('is refused when %s', async (_when, lines, message) => {
    await expect(drawSample(writePopulation(lines), 1, 'seed')).rejects.toThrow(message);
  });

  test('is refused when there is no such file, with what to give', async () => {
    await expect(drawSample(join(root, 'none.jsonl'), 1, 'seed')).rejects.toThrow(
      /none\.jsonl cannot be read .* populations\/actions\.jsonl/,
    );
  });
});
