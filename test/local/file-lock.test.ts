import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withFileLock } from '../../local/file-lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keywarden-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('Works that want the same lock run one after the other', async () => {
  const lock = join(directory, 'lock');
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return 'done';
  };
  const results = await Promise.all(Array.from({ length: 4 }, () => withFileLock(lock, work)));
  expect(results).toEqual(['done', 'done', 'done', 'done']);
  expect(most).toBe(1);
});

test('The lock is released when the work fails, and nothing is left behind', async () => {
  const lock = join(directory, 'lock');
  await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withFileLock(lock, async () => 'next')).resolves.toBe('next');
  expect(await readdir(directory)).toEqual([]);
});

test('The lock of a process that died is taken over by one of those who wait', async () => {
  const lock = join(directory, 'lock');
  await writeFile(lock, '99999999');
  const results = await Promise.all(['a', 'b', 'c'].map((name) => withFileLock(lock, async () => name)));
  expect(results).toEqual(['a', 'b', 'c']);
  expect(await readdir(directory)).toEqual([]);
});

test('A directory that does not exist is an error, not an endless wait', async () => {
  await expect(withFileLock(join(directory, 'none', 'lock'), async () => 1)).rejects.toMatchObject({ code: 'ENOENT' });
});
