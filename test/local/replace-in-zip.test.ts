import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replaceInZip } from '../../local/replace-in-zip.ts';
import { unzip } from '../../local/runner/unzip.ts';
import { zip } from './zip.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keywarden-replace-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('One file has other content, however often it is replaced, and the others stay as they were', async () => {
  const content = fc.string({ unit: 'grapheme', maxLength: 500 });
  const others = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}\.mjs$/), content, { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(others, content, content, content, async (packed, first, second, third) => {
      const name = 'keywarden.policy.yml';
      const once = replaceInZip(zip({ [name]: first, ...packed }), name, Buffer.from(second));
      const twice = replaceInZip(once, name, Buffer.from(third));
      const into = await mkdtemp(join(directory, 'unpacked-'));
      await unzip(twice, into);
      const files = await readdir(into);
      expect(files.sort()).toEqual([name, ...Object.keys(packed)].sort());
      expect(await readFile(join(into, name), 'utf8')).toBe(Buffer.from(third).toString());
      for (const [file, text] of Object.entries(packed)) {
        expect(await readFile(join(into, file), 'utf8')).toBe(Buffer.from(text).toString());
      }
    }),
    { numRuns: 30 },
  );
});

test('What is not in the archive, and what is no archive, is refused', () => {
  expect(() => replaceInZip(zip({ 'a.mjs': '' }), 'b.mjs', Buffer.from(''))).toThrow('no entry b.mjs');
  expect(() => replaceInZip(Buffer.from('text'), 'b.mjs', Buffer.from(''))).toThrow('These 4 bytes are not a zip');
  expect(() => replaceInZip(Buffer.alloc(40), 'b.mjs', Buffer.from(''))).toThrow('These 40 bytes are not a zip');
});
