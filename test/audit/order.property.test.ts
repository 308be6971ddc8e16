import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { auditRecords, createKeyRecord, type JsonRecord, recordOf, useRecord } from './records.ts';

const samples = JSON.parse(readFileSync(new URL('../event/cloudtrail-samples.json', import.meta.url), 'utf8')) as {
  readonly record: JsonRecord;
}[];

const at = (second: number): string => `2026-08-03T09:00:${String(second).padStart(2, '0')}Z`;

/** A life with uses in between, in the same seconds too. */
const LIFE: readonly JsonRecord[] = [
  createKeyRecord(at(0)),
  useRecord(at(0)),
  recordOf('EnableKeyRotation', at(1)),
  useRecord(at(1), 'Encrypt'),
  useRecord(at(1), 'GenerateDataKey'),
  recordOf('DisableKeyRotation', at(2)),
  recordOf('TagResource', at(2), { requestParameters: { keyId: 'x', tags: [{ tagKey: 'owner', tagValue: 'a\nb' }] } }),
  useRecord(at(30)),
  recordOf('ScheduleKeyDeletion', at(40), { requestParameters: { pendingWindowInDays: 7 } }),
  recordOf('CancelKeyDeletion', at(50)),
  useRecord(at(59)),
];

const ALL: readonly JsonRecord[] = [...samples.map(({ record }) => record), ...LIFE];

/** Every record in one of five files, some twice, each file in any order. */
const distribution = fc
  .record({
    files: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: ALL.length, maxLength: ALL.length }),
    again: fc.uniqueArray(fc.integer({ min: 0, max: ALL.length - 1 }), { maxLength: 8 }),
    order: fc.shuffledSubarray([...ALL.keys()], { minLength: ALL.length, maxLength: ALL.length }),
  })
  .map(({ files, again, order }) => {
    const groups: JsonRecord[][] = [[], [], [], [], []];
    for (const index of [...order, ...again]) {
      const record = ALL[index];
      if (record !== undefined) groups[files[index] ?? 0]?.push(record);
    }
    for (const index of again) {
      const record = ALL[index];
      if (record !== undefined) groups[((files[index] ?? 0) + 1) % 5]?.push(record);
    }
    return groups;
  });

describe('the lines of an audit', () => {
  test('are the same, byte for byte, however the records are distributed over files, repeated and held', async () => {
    const { ndjson } = await auditRecords([ALL]);
    expect(ndjson.split('\n').length).toBeGreaterThan(20);
    await fc.assert(
      fc.asyncProperty(
        distribution,
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 2, max: 5 }),
        async (files, characters, open) => {
          const other = await auditRecords(files, { limits: { characters, files: open } });
          expect(other.ndjson).toBe(ndjson);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('come in the order of time', async () => {
    const { judged } = await auditRecords([ALL.toReversed()]);
    const times = judged.map(({ action }) => action.time);
    expect(times).toEqual(times.toSorted());
  });
});
