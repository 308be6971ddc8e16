import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { createAskedSource } from '../../lib/archive/asked-source.ts';
import { createBucketArchive } from '../../lib/archive/bucket-archive.ts';
import { createGapList } from '../../lib/archive/gaps.ts';
import { mapInOrder } from '../../lib/archive/map-in-order.ts';
import { ArchivePlaceError } from '../../lib/archive/place.ts';

const ACCOUNT = '111122223333';
const LOG = (top: string, region = 'eu-west-1') => `${top}${ACCOUNT}/CloudTrail/${region}/2026/03/02/file.json.gz`;
const KEYS = [
  LOG('AWSLogs/'),
  LOG('AWSLogs/', 'eu-west-2'),
  LOG('AWSLogs/o-a1b2c3d4e5/'),
  LOG('company/AWSLogs/'),
  LOG('company/AWSLogs/o-a1b2c3d4e5/'),
];
const bucket = {
  async *list(prefix: string) {
    for (const key of KEYS) if (key.startsWith(prefix)) yield key;
  },
  open: () => Promise.reject(new Error('nobody opens a file here')),
};

async function listWith(prefix: string, organization?: string): Promise<string[]> {
  const place = { bucket: 'logs', prefix, ...(organization === undefined ? {} : { organization }) };
  const keys: string[] = [];
  for await (const key of createBucketArchive(bucket, place).list('CloudTrail', ACCOUNT, 'eu-west-1', '2026/03/02'))
    keys.push(key);
  return keys;
}

test('Log files are found below the prefix and the organization of the trail, and nowhere else', async () => {
  expect(await listWith('')).toEqual([KEYS[0]]);
  expect(await listWith('', 'o-a1b2c3d4e5')).toEqual([KEYS[2]]);
  expect(await listWith('company/')).toEqual([KEYS[3]]);
  expect(await listWith('company/', 'o-a1b2c3d4e5')).toEqual([KEYS[4]]);
});

test('An archive that a function is asked for is in S3, and says in its queries what is read', () => {
  const access = {
    s3: new S3Client({ region: 'eu-west-1' }),
    cloudTrail: (region: string) => new CloudTrailClient({ region }),
    account: ACCOUNT,
    region: 'eu-west-1',
    clock: () => new Date('2026-11-24T09:00:00Z'),
  };
  const asked = { place: 's3://logs/company', organization: 'o-a1b2c3d4e5', lookAheadHours: 48, digests: true };
  const { queries, digests } = createAskedSource(asked, access);
  expect(queries[0]).toContain(`s3://logs/company/AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/CloudTrail/eu-west-1/`);
  expect(queries[0]).toContain('48 hours after it');
  expect(digests).toBeDefined();
  const taken = createAskedSource({ ...asked, digests: false }, access);
  expect(taken.queries.at(-1)).toContain('without the digests');
  expect(taken.digests).toBeUndefined();
  expect(() => createAskedSource({ ...asked, place: './logs' }, access)).toThrow(ArchivePlaceError);
});

test('Of many gaps the first are named and the others counted', () => {
  const gaps = createGapList('log files', 2);
  for (const what of ['a', 'b']) gaps.add({ what, reason: 'gone' });
  expect(gaps.list()).toHaveLength(2);
  for (const what of ['c', 'd']) gaps.add({ what, reason: 'gone' });
  expect(gaps.list()).toEqual([
    { what: 'a', reason: 'gone' },
    { what: 'b', reason: 'gone' },
    { what: 'log files', reason: '2 more problems of this kind are not named here.' },
  ]);
});

test('Work is done some at a time, and comes out in the order in which it went in', async () => {
  let atWork = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const work = async (number: number) => {
    atWork += 1;
    most = Math.max(most, atWork);
    // The later ones end first.
    await new Promise<void>((resolve) => waiting.unshift(resolve));
    atWork -= 1;
    return number * 2;
  };
  const results: number[] = [];
  const reading = (async () => {
    for await (const result of mapInOrder([1, 2, 3, 4, 5], 2, work)) results.push(result);
  })();
  while (results.length < 5) {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await reading;
  expect(results).toEqual([2, 4, 6, 8, 10]);
  expect(most).toBe(2);
  const failing = mapInOrder([1], 2, () => Promise.reject(new Error('no')));
  await expect(failing.next()).rejects.toThrow('no');
});
