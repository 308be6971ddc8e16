import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unzip } from '../../local/runner/unzip.ts';
import { zip } from './zip.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keywarden-unzip-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test('Every file of an archive is written as it was packed', async () => {
  const name = fc.stringMatching(/^[a-z]{1,8}\.mjs$/);
  const files = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 2000 }), { minKeys: 1, maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(files, async (packed) => {
      await unzip(zip(packed), directory);
      for (const [file, text] of Object.entries(packed)) {
        expect(await readFile(join(directory, file), 'utf8')).toBe(Buffer.from(text).toString('utf8'));
      }
    }),
    { numRuns: 30 },
  );
});

test('Folders are made as needed', async () => {
  await unzip(zip({ 'handlers/deep/lifecycle.mjs': 'export {}' }), directory);
  expect(await readFile(join(directory, 'handlers/deep/lifecycle.mjs'), 'utf8')).toBe('export {}');
});

test('An entry that leads out of the directory is refused by name', async () => {
  await expect(unzip(zip({ '../escape.mjs': '' }), directory)).rejects.toThrow('../escape.mjs leads out');
});

test('What is no archive is refused with its size', async () => {
  await expect(unzip(Buffer.from('<html>not a zip, but an answer of a proxy</html>'), directory)).rejects.toThrow(
    /These \d+ bytes are not a zip archive/,
  );
});
