import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileOf, recordOf } from './records.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** The Node that runs this test, and those that are installed here besides: users have any from 20.12 on. */
const installed = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .filter((path) => existsSync(path));
const nodes = [...new Set([process.execPath, ...installed].map((path) => realpathSync(path)))];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-built-'));
  await run(process.execPath, ['scripts/build-cli.ts', join(folder, 'dist/cli')], { cwd: PROJECT });
  await cp(join(PROJECT, 'keywarden.policy.yml'), join(folder, 'keywarden.policy.yml'));
  await mkdir(join(folder, 'logs'));
  for (let file = 0; file < 4; file += 1) {
    const records = Array.from({ length: 500 }, (_, at) => {
      const eventID = `0f0f0f0f-aaaa-4bbb-8ccc-${String(file * 1000 + at).padStart(12, '0')}`;
      return recordOf({ eventID, eventSource: at % 100 === 0 ? 'kms.amazonaws.com' : 'ec2.amazonaws.com' });
    });
    await writeFile(join(folder, 'logs', `${file}.json.gz`), gzipSync(fileOf(...records)));
  }
});
afterAll(() => rm(folder, { recursive: true }));

test.each(nodes)('%s reads files in the threads of the built command', async (node) => {
  const args = [
    join(folder, 'dist/cli/keywarden.js'),
    'audit',
    join(folder, 'logs'),
    '--threads',
    '2',
    '--format',
    'ndjson',
  ];
  // What is judged does not matter here: a violation makes it end with 1.
  const { stdout, stderr } = await run(node, args, { cwd: join(folder, 'logs') }).catch((failure) => {
    if (failure.code !== 1) throw failure;
    return failure as { stdout: string; stderr: string };
  });
  expect(stderr).toBe('');
  const ids = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { eventId: string }).eventId);
  expect(new Set(ids).size).toBe(4 * 5);
});
