import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSourceReader } from '../../lib/audit/read-source.ts';
import { readRun } from '../../lib/audit/runs/run-file.ts';
import { OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { auditLines, auditRecords, createKeyRecord, type JsonRecord, recordOf, useRecord } from './records.ts';

const home = mkdtempSync(join(tmpdir(), 'keywarden-source-test-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const at = (second: number): string => `2026-08-03T09:00:${String(second).padStart(2, '0')}Z`;

/** Text that looks like the end of a record, or needs escapes, or has characters of several bytes. */
const hostile = fc.constantFrom(
  '"}]}',
  '\\"eventSource\\":\\"kms.amazonaws.com\\"',
  'ключ 🔑',
  '\u2028',
  '\\',
  '{"Records":[',
  '\n\t',
);

const records = fc.array(
  fc.record({ second: fc.integer({ min: 1, max: 59 }), kind: fc.integer({ min: 0, max: 8 }), text: hostile }),
  { maxLength: 30 },
);

const toRecord = ({ second, kind, text }: { second: number; kind: number; text: string }): JsonRecord => {
  const overrides = { userAgent: text };
  switch (kind) {
    case 0:
      return recordOf('DisableKeyRotation', at(second), overrides);
    case 1:
      return useRecord(at(second), 'Decrypt', overrides);
    case 2:
      return recordOf('RunInstances', at(second), { ...overrides, eventSource: 'ec2.amazonaws.com' });
    case 3:
      return recordOf('DisableKey', at(second), { ...overrides, eventTime: text });
    case 4:
      return useRecord(at(second), 'Encrypt', { ...overrides, resources: [{ ARN: text }] });
    case 5:
      return useRecord(at(second), 'Encrypt', { ...overrides, requestParameters: { keyId: text } });
    case 6:
      return useRecord(at(second), 'Encrypt', {
        ...overrides,
        requestParameters: { dryRun: true, encryptionContext: { text } },
      });
    case 7:
      return useRecord(at(second), 'Decrypt', { ...overrides, eventTime: text });
    default:
      return recordOf('DescribeKey', at(second), { ...overrides, requestParameters: { keyId: text } });
  }
};

/** As CloudTrail writes it, with spaces, or one record per line. */
const WAYS: readonly ((all: readonly JsonRecord[]) => string)[] = [
  (all) => JSON.stringify({ Records: all }),
  (all) => JSON.stringify({ Records: all }, undefined, 3),
  (all) => all.map((record) => JSON.stringify(record)).join('\n'),
];

describe('a file', () => {
  test('gives the same lines and counts as its records parsed one by one, whatever is in them and however it is written', async () => {
    const reader = createSourceReader(
      { selfRoleArns: OWN_ROLES, ownResources: OWN_RESOURCES, folder: join(home, 'runs'), characters: 3_000 },
      'test',
    );
    let files = 0;
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 0, max: 2 }), fc.boolean(), async (shapes, way, packed) => {
        const all = [createKeyRecord(at(0)), ...shapes.map(toRecord)];
        const text = WAYS[way]?.(all) ?? '';
        files += 1;
        const file = join(home, `${files}.json`);
        writeFileSync(file, packed ? gzipSync(text) : text);
        const { report, lines, runs, tally } = await reader({ kind: 'source', file });
        const expected = await auditRecords([all.filter(({ eventSource }) => eventSource !== 'ec2.amazonaws.com')]);
        expect(report.problems).toEqual([]);
        expect(report.records).toBe(all.length);
        expect({ ...tally, bad: [] }).toEqual({ ...expected.coverage.tally, bad: [] });
        expect(await auditLines([lines, ...runs.map((run) => [...readRun(run)])], tally)).toBe(expected.ndjson);
      }),
      { numRuns: 200 },
    );
  });

  test('names the byte of a record that cannot be judged', async () => {
    const reader = createSourceReader(
      { selfRoleArns: [], ownResources: [], folder: join(home, 'runs'), characters: 1_000_000 },
      'bad',
    );
    const good = JSON.stringify(recordOf('DisableKey', at(1)));
    const file = join(home, 'bad.json');
    writeFileSync(file, `{"Records":[${good},${JSON.stringify(recordOf('DisableKey', 'now'))}]}`);
    const { tally } = await reader({ kind: 'source', file });
    expect(tally.bad).toEqual([
      { file, byte: '{"Records":['.length + good.length + 1, reason: expect.stringMatching(/^eventTime is "now"/) },
    ]);
  });
});
