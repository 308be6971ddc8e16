import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listSources } from '../../../lib/audit/read/list-sources.ts';
import type { Skipped, Source } from '../../../lib/audit/read/source.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'keywarden-list-'));
  const files = [
    'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/b.json.gz',
    'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/a.json.gz',
    'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/02/z.json.gz',
    'AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/d.json.gz',
    'AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/i.json.gz',
    'other/events.ndjson',
    'other/events.jsonl.gz',
    'other/EVENTS.JSON',
    'other/notes.txt',
    'other/json',
  ];
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
});
afterAll(() => rm(root, { recursive: true }));

async function list(...paths: string[]): Promise<(Source | Skipped)[]> {
  const found: (Source | Skipped)[] = [];
  for await (const one of listSources(paths.map((path) => (path === '-' ? path : join(root, path))))) {
    found.push({ ...one, file: one.file.replace(`${root}/`, '') });
  }
  return found;
}

const read = (found: readonly (Source | Skipped)[]) =>
  found.filter(({ kind }) => kind === 'source').map(({ file }) => file);

describe('the sources of an audit', () => {
  test('are the log files below a folder, in the order of their names', async () => {
    expect(read(await list('.'))).toEqual([
      'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/02/z.json.gz',
      'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/a.json.gz',
      'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/b.json.gz',
      'other/EVENTS.JSON',
      'other/events.jsonl.gz',
      'other/events.ndjson',
    ]);
  });

  test('are told with what is not read, and why', async () => {
    expect((await list('.')).filter(({ kind }) => kind === 'skipped')).toEqual([
      expect.objectContaining({
        file: 'AWSLogs/111122223333/CloudTrail-Digest',
        reason: expect.stringMatching(/digests/),
      }),
      expect.objectContaining({
        file: 'AWSLogs/111122223333/CloudTrail-Insight',
        reason: expect.stringMatching(/statistics/),
      }),
      expect.objectContaining({
        file: 'other/json',
        unreadable: false,
        reason: expect.stringMatching(/name does not end/),
      }),
      expect.objectContaining({ file: 'other/notes.txt', unreadable: false }),
    ]);
  });

  test('are also files that were named, whatever their name, and the standard input, in the order given', async () => {
    expect(await list('other/notes.txt', '-', 'other/events.ndjson')).toEqual([
      { kind: 'source', file: 'other/notes.txt' },
      { kind: 'source', file: '-' },
      { kind: 'source', file: 'other/events.ndjson' },
    ]);
  });

  test('may be missing', async () => {
    expect(await list('none', 'other/events.ndjson')).toEqual([
      { kind: 'skipped', file: 'none', reason: 'There is no such file or folder.', unreadable: true },
      { kind: 'source', file: 'other/events.ndjson' },
    ]);
  });

  test('may be links: in a circle, to a folder that is read already, or to nothing', async () => {
    await mkdir(join(root, 'links'));
    await writeFile(join(root, 'links/log.json'), '');
    await symlink('..', join(root, 'links/up'));
    await symlink('.', join(root, 'links/itself'));
    await symlink('log.json', join(root, 'links/same.json'));
    await symlink('nowhere', join(root, 'links/zero.json'));
    const found = await list('links', 'links');
    expect(read(found)).toContain('links/log.json');
    expect(read(found)).toContain('links/same.json');
    expect(found).toContainEqual(
      expect.objectContaining({
        file: 'links/itself',
        kind: 'skipped',
        reason: expect.stringMatching(/is read already/),
      }),
    );
    expect(found).toContainEqual(expect.objectContaining({ file: 'links/zero.json', unreadable: true }));
    // What the link upwards leads to is listed once.
    expect(read(found).filter((file) => file.endsWith('events.ndjson'))).toHaveLength(1);
    await rm(join(root, 'links'), { recursive: true });
  });

  test('may be in a folder that this user may not read', async () => {
    const folder = join(root, 'closed');
    await mkdir(folder);
    await chmod(folder, 0);
    try {
      // The root user may read everything.
      const expected =
        process.getuid?.() === 0
          ? []
          : [{ kind: 'skipped', file: 'closed', reason: 'It may not be read by this user.', unreadable: true }];
      expect(await list('closed')).toEqual(expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
