import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createUseCounter } from '../../lib/key-use/count.ts';
import { readUses } from '../../lib/use-files/read-uses.ts';
import { sortUse } from '../../lib/use-files/sort-use.ts';
import { type JsonRecord, nextEventId, recordOf, useRecord } from '../audit/records.ts';
import { ACCOUNT, KEY_ARN } from '../facts/key.ts';
import { packRecords, writeTo } from './log-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-uses-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (content: Uint8Array | string, most?: number) => readUses(await writeTo(folder, content), most);
const TIME = '2026-08-03T09:01:02Z';
const pending = { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY_ARN} is pending deletion.` };

describe('a log file', () => {
  test('is counted, whatever else it holds', async () => {
    const uses = await read(
      packRecords([
        useRecord(TIME),
        recordOf('CreateGrant', TIME),
        useRecord('2026-08-03T09:01:03Z'),
        recordOf('DescribeInstances', TIME, { eventSource: 'ec2.amazonaws.com', resources: undefined }),
        useRecord(TIME, 'Encrypt'),
      ]),
    );
    expect(uses).toMatchObject({ outcome: 'read', records: 5, keyless: 0, warnings: [] });
    expect(uses.rows).toMatchObject([
      { operation: 'Decrypt', succeeded: 2, lastUse: '2026-08-03T09:01:03Z' },
      { operation: 'Encrypt', succeeded: 1 },
    ]);
    expect(uses).not.toHaveProperty('reason');
  });

  test('is read no further than CloudTrail can have written it', async () => {
    const file = await writeTo(
      folder,
      gzipSync(`{"Records":[${JSON.stringify(useRecord(TIME))}${' '.repeat(2_000_000)}]}`),
    );
    const uses = await readUses(file, undefined, 1_000_000);
    expect(uses).toMatchObject({ outcome: 'partial', records: 1 });
    expect(uses.reason).toContain('it unpacks to more than 1000000 bytes');
    expect(await readUses(file)).toMatchObject({ outcome: 'read', records: 1 });
  });

  test('may be empty', async () => {
    expect(await read(packRecords([]))).toEqual({ outcome: 'read', rows: [], warnings: [], records: 0, keyless: 0 });
  });

  test('gives back, as they are, the records that must be judged', async () => {
    const warnings = [useRecord(TIME, 'Decrypt', pending), useRecord(TIME, 'GetPublicKey', pending)];
    const uses = await read(packRecords([useRecord(TIME), ...warnings, useRecord(TIME)]));
    expect(uses.warnings).toEqual(warnings);
    expect(uses.rows).toMatchObject([{ succeeded: 2, failed: 1 }]);
  });

  test('says how many uses it tells without their key', async () => {
    const denied = useRecord(TIME, 'Decrypt', {
      errorCode: 'AccessDenied',
      errorMessage: 'No.',
      requestParameters: null,
      resources: [],
    });
    expect(await read(packRecords([denied, useRecord(TIME), denied]))).toMatchObject({ outcome: 'read', keyless: 2 });
  });
});

describe('a file that is not as CloudTrail writes it', () => {
  test.each<[string, Uint8Array | string, string]>([
    ['no gzip', JSON.stringify({ Records: [] }), 'The file is no gzip'],
    ['empty', '', 'The file is no gzip'],
    ['one byte', '\x1f', 'The file is no gzip'],
    ['a gzip of text', gzipSync('hello'), 'something here that is no record'],
    ['a gzip of nothing but its beginning', gzipSync('x'.repeat(1_000)).subarray(0, 12), 'cut off'],
    [
      'a digest',
      gzipSync(JSON.stringify({ awsAccountId: ACCOUNT, digestStartTime: TIME, logFiles: [] })),
      'no CloudTrail record: it has no eventSource',
    ],
  ])('is unread, with the reason: %s', async (_what, content, reason) => {
    expect(await read(content)).toMatchObject({
      outcome: 'unread',
      reason: expect.stringContaining(reason),
      rows: [],
      records: 0,
    });
  });

  test('and is cut off, is read as far as it goes', async () => {
    const records = Array.from({ length: 2_000 }, (_, index) =>
      useRecord(TIME, index % 2 === 0 ? 'Decrypt' : 'Encrypt'),
    );
    const whole = packRecords(records);
    const uses = await read(whole.subarray(0, whole.length / 2));
    expect(uses).toMatchObject({ outcome: 'partial', reason: expect.stringContaining('cut off') });
    expect(uses.records).toBeGreaterThan(500);
    expect(uses.rows.reduce((sum, row) => sum + row.succeeded, 0)).toBe(uses.records);
  });

  test('but for one record, is partial, and the rest counts', async () => {
    const bad = [1, 2, 3, 4, 5].map((index) => useRecord(TIME, 'Decrypt', { eventID: `?${index}` }));
    const uses = await read(packRecords([useRecord(TIME), ...bad, useRecord(TIME)]));
    expect(uses).toMatchObject({
      outcome: 'partial',
      reason: expect.stringMatching(
        /^A record of KMS cannot be read: .*"\?1".*"\?2".*"\?3".*There are 2 more problems\.$/,
      ),
      rows: [{ succeeded: 2 }],
    });
  });

  test('and holds more uses than any log file, is left alone', async () => {
    expect(await read(packRecords([useRecord(TIME), useRecord(TIME), useRecord(TIME)]), 2)).toMatchObject({
      outcome: 'unread',
      reason: expect.stringContaining('more than 2 uses'),
    });
  });
});

test('The short way round the parser says the same as parsing every record', async () => {
  const identity = (name: string) => ({
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEEXAMPLE001:${name}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/session`,
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/${name}` } },
  });
  const resource = (id: string) => ({ accountId: ACCOUNT, ARN: KEY_ARN.replace(/[^/]+$/, id) });
  const overrides: fc.Arbitrary<JsonRecord> = fc.record(
    {
      userIdentity: fc.constantFrom(identity('ops'), identity('orders'), { invokedBy: 'AWS Internal' }, {}),
      resources: fc.constantFrom([resource('k-1')], [resource('k-2'), resource('k-1')], [], [{ ARN: 'no key' }]),
      requestParameters: fc.constantFrom(
        { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
        { keyId: 'alias/orders' },
        { dryRun: true },
        null,
        { keyId: 'k-3' },
      ),
      errorCode: fc.constantFrom('AccessDenied', 'KMSInvalidStateException', 5),
      errorMessage: fc.constantFrom('No.', `${KEY_ARN} is pending deletion.`),
      eventID: fc.constantFrom('0f0f0f0f-aaaa-4bbb-8ccc-000000000001', 'not an id', ''),
      recipientAccountId: fc.constantFrom(ACCOUNT, '444455556666', 'nobody'),
      addendum: fc.constantFrom({ reason: 'UPDATED_DATA' }, { reason: 'DELIVERY_DELAY' }),
      eventSource: fc.constantFrom('kms.amazonaws.com', 's3.amazonaws.com'),
    },
    { requiredKeys: ['userIdentity'] },
  );
  const record = fc
    .tuple(
      fc.constantFrom(
        'Decrypt',
        'Encrypt',
        'GenerateDataKeyPair',
        'DescribeKey',
        'GetPublicKey',
        'CreateGrant',
        'NewCall',
      ),
      fc.constantFrom('2026-08-03T09:01:02Z', '2026-08-03T09:59:59Z', '2026-08-03T10:00:00Z', '2026-02-30T10:00:00Z'),
      overrides,
    )
    .map(([name, time, more]) => useRecord(time, name, { eventID: nextEventId(), ...more }));

  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 40 }), async (records) => {
      const counter = createUseCounter();
      const expected = { warnings: [] as unknown[], keyless: 0, malformed: 0 };
      for (const one of records.filter(({ eventSource }) => eventSource === 'kms.amazonaws.com')) {
        const sorted = sortUse(one);
        if (sorted.kind === 'use') counter.add(sorted.use);
        if (sorted.kind === 'warning' || (sorted.kind === 'use' && sorted.isLastWarning)) expected.warnings.push(one);
        expected.keyless += sorted.kind === 'keyless' ? 1 : 0;
        expected.malformed += sorted.kind === 'malformed' ? 1 : 0;
      }
      const uses = await read(packRecords(records));
      expect(uses.rows).toEqual(counter.rows());
      expect(uses).toMatchObject({ warnings: expected.warnings, keyless: expected.keyless, records: records.length });
      expect(uses.outcome).toBe(expected.malformed > 0 ? 'partial' : 'read');
    }),
    { numRuns: 60 },
  );
});
