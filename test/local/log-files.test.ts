import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { writeLogFiles } from '../../local/log-files.ts';

const RECORD: CloudTrailRecord = {
  eventVersion: '1.11',
  userIdentity: { type: 'Root' },
  eventTime: '2026-11-24T09:01:02Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'DisableKey',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.10',
  userAgent: 'test',
  requestParameters: null,
  responseElements: null,
  eventID: '00000000-0000-4000-8000-000000000001',
  readOnly: false,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-logs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('Records are written where and as CloudTrail delivers them, apart by Region and day, in their order', async () => {
  const records = [
    RECORD,
    { ...RECORD, eventName: 'EnableKey', eventTime: '2026-11-24T23:59:59Z' },
    { ...RECORD, eventName: 'CreateUser', awsRegion: 'us-east-1' },
    { ...RECORD, eventName: 'Sign', eventTime: '2026-11-25T00:00:00Z' },
  ];
  const paths = await writeLogFiles(records, join(folder, 'new'));
  const place = 'AWSLogs/111122223333/CloudTrail';
  expect(paths.map((path) => relative(join(folder, 'new'), path))).toEqual([
    expect.stringMatching(
      `^${place}/eu-west-1/2026/11/24/111122223333_CloudTrail_eu-west-1_20261124T2359Z_[0-9a-f]{16}\\.json\\.gz$`,
    ),
    expect.stringMatching(
      `^${place}/us-east-1/2026/11/24/111122223333_CloudTrail_us-east-1_20261124T0901Z_[0-9a-f]{16}\\.json\\.gz$`,
    ),
    expect.stringMatching(
      `^${place}/eu-west-1/2026/11/25/111122223333_CloudTrail_eu-west-1_20261125T0000Z_[0-9a-f]{16}\\.json\\.gz$`,
    ),
  ]);
  const contents = await Promise.all(
    paths.map(async (path) => JSON.parse(gunzipSync(await readFile(path)).toString()).Records),
  );
  expect(contents).toEqual([records.slice(0, 2), [records[2]], [records[3]]]);
  expect(await writeLogFiles(records, join(folder, 'new'))).toEqual(paths);
});

test('No records are no files', async () => {
  expect(await writeLogFiles([], folder)).toEqual([]);
});
