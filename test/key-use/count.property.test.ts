import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createUseCounter, type UseRow } from '../../lib/key-use/count.ts';
import { makeUseItems, readRows } from '../../lib/key-use/items.ts';
import type { OneUse } from '../../lib/key-use/use.ts';
import { ACCOUNT, KEY, OTHER_KEY, ROLE, useOf } from './rows.ts';

const pad = (value: number) => String(value).padStart(2, '0');
const times = fc
  .record({ hour: fc.nat(2), minute: fc.nat(59), second: fc.nat(59), fraction: fc.constantFrom('', '.5') })
  .map(({ hour, minute, second, fraction }) => `2026-08-03T${pad(9 + hour)}:${pad(minute)}:${pad(second)}${fraction}Z`);

const use: fc.Arbitrary<OneUse> = fc
  .record({
    keys: fc.constantFrom([KEY], [OTHER_KEY], [KEY, OTHER_KEY]),
    account: fc.constantFrom(ACCOUNT, '444455556666'),
    caller: fc.constantFrom(
      { principal: ROLE },
      { principal: ROLE, via: 'lambda.amazonaws.com' },
      { principal: 'untold' },
    ),
    operation: fc.constantFrom('Decrypt', 'Encrypt', 'ReEncrypt'),
    time: times,
    outcome: fc.constantFrom('succeeded' as const, 'denied' as const, 'failed' as const, 'dry-run' as const),
  })
  .map((fields) => useOf(fields));
/** Each has an id of its own, as CloudTrail gives it. */
const uses = fc
  .array(use, { maxLength: 60 })
  .map((list) => list.map((one, index) => ({ ...one, eventId: `event-${index}` })));

function count(list: readonly OneUse[]): UseRow[] {
  const counter = createUseCounter();
  for (const one of list) counter.add(one);
  return counter.rows();
}

describe('the counting of uses', () => {
  test('gives the same sums as adding one by one', () => {
    fc.assert(
      fc.property(uses, (list) => {
        const rows = count(list);
        for (const key of [KEY, OTHER_KEY]) {
          const ofKey = rows.filter((row) => row.key === key);
          const expected = list.filter(({ keys }) => keys.includes(key));
          const sum = (name: 'succeeded' | 'denied' | 'failed' | 'dryRuns') =>
            ofKey.reduce((total, row) => total + row[name], 0);
          const tally = (outcome: OneUse['outcome']) => expected.filter((one) => one.outcome === outcome).length;
          expect([sum('succeeded'), sum('denied'), sum('failed'), sum('dryRuns')]).toEqual([
            tally('succeeded'),
            tally('denied'),
            tally('failed'),
            tally('dry-run'),
          ]);
          const last = expected
            .filter(({ outcome }) => outcome === 'succeeded')
            .map(({ time }) => `${time.slice(0, 19)}Z`)
            .sort()
            .at(-1);
          expect(
            ofKey
              .flatMap(({ lastUse }) => lastUse ?? [])
              .sort()
              .at(-1),
          ).toBe(last);
        }
      }),
    );
  });

  test('gives the same in any order, and with any of them delivered again', () => {
    const shuffled = uses.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)),
    );
    fc.assert(
      fc.property(shuffled, ([list, other, again]) => {
        expect(count([...other, ...again])).toEqual(count(list));
      }),
    );
  });

  test('loses nothing on the way into items and out again, however small they must be', () => {
    fc.assert(
      fc.property(uses, fc.integer({ min: 1, max: 1_000 }), (list, longest) => {
        const rows = count(list);
        const items = makeUseItems('file', rows, 400, longest);
        expect(items.flatMap(readRows)).toEqual(rows);
        expect(new Set(items.map(({ pk, sk }) => `${pk} ${sk}`)).size).toBe(items.length);
      }),
    );
  });
});
