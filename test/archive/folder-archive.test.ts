import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createArchiveSource } from '../../lib/archive/archive-source.ts';
import { createFolderArchive } from '../../lib/archive/folder-archive.ts';
import { ArchivePlaceError, readArchivePlace } from '../../lib/archive/place.ts';
import type { ReadPart } from '../../lib/reconcile/record-source.ts';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { writeLogFiles } from '../../local/log-files.ts';
import { ACCOUNT, recordAt } from './archive-of.ts';

const WINDOW = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T12:00:00Z' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(validates: boolean): Promise<ReadPart[]> {
  const parts: ReadPart[] = [];
  const source = createArchiveSource({
    archive: createFolderArchive(folder),
    account: ACCOUNT,
    region: 'eu-west-1',
    clock: () => new Date('2026-09-01T00:00:00Z'),
    ...(validates ? { readPublicKeys: async () => new Map() } : {}),
  });
  for await (const part of source.read(WINDOW)) parts.push(part);
  return parts;
}

const asRecords = (records: unknown[]) => records as CloudTrailRecord[];

test('A folder of downloaded files is read by the names of the files, however they are arranged', async () => {
  const [kept, there] = [
    recordAt('2026-03-02T11:00:00Z', 'one'),
    recordAt('2026-03-02T11:00:00Z', 'two', {
      awsRegion: 'us-east-1',
      eventSource: 'iam.amazonaws.com',
      eventName: 'PutRolePolicy',
    }),
  ];
  const others = [
    recordAt('2026-03-02T12:00:00Z', 'after'),
    recordAt('2026-03-02T11:00:00Z', 'elsewhere', { awsRegion: 'eu-north-1' }),
  ];
  await writeLogFiles(asRecords([kept, there, ...others]), folder);
  await writeFile(
    join(folder, `${ACCOUNT}_CloudTrail_eu-west-1_20260302T1030Z_flat000000000000.json`),
    JSON.stringify({ Records: [recordAt('2026-03-02T10:10:00Z', 'flat')] }),
  );
  await writeFile(join(folder, 'notes.txt'), 'no log file');
  const parts = await read(false);
  expect(parts.map((part) => ('record' in part ? (part.record as { eventID: string }).eventID : part)).sort()).toEqual([
    'flat',
    'one',
    'two',
  ]);
  // Nobody asked for proof before; asked for, it cannot be had.
  const [gap] = (await read(true)).filter((part) => 'gap' in part);
  expect(gap).toEqual({ gap: { what: folder, reason: expect.stringContaining('cannot be validated') } });
});

test('A folder that is not there is a gap and no error', async () => {
  await rm(folder, { recursive: true });
  expect(await read(false)).toContainEqual({
    gap: expect.objectContaining({ reason: expect.stringContaining('There is no such file or folder') }),
  });
});

test.each<[string, object]>([
  ['s3://company-logs', { kind: 'bucket', bucket: 'company-logs', prefix: '' }],
  ['s3://company-logs/', { kind: 'bucket', bucket: 'company-logs', prefix: '' }],
  ['s3://company-logs/a/b', { kind: 'bucket', bucket: 'company-logs', prefix: 'a/b/' }],
  ['s3://company-logs/a/AWSLogs/111122223333/CloudTrail/', { kind: 'bucket', bucket: 'company-logs', prefix: 'a/' }],
  ['s3://company-logs/AWSLogs', { kind: 'bucket', bucket: 'company-logs', prefix: '' }],
  ['./logs', { kind: 'folder', folder: './logs' }],
])('The place %s is read', (text, place) => {
  expect(readArchivePlace(text)).toEqual(place);
});

test.each(['', 's3://', 's3://A', 's3:///prefix', 'https://company-logs.s3.amazonaws.com'])(
  'The place %j is refused',
  (text) => {
    expect(() => readArchivePlace(text)).toThrow(ArchivePlaceError);
  },
);
