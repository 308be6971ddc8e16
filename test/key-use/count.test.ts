import { describe, expect, test } from '@jest/globals';
import { createUseCounter, TooManyUsesError } from '../../lib/key-use/count.ts';
import type { OneUse } from '../../lib/key-use/use.ts';
import { KEY, OTHER_KEY, rowOf, useOf } from './rows.ts';

function count(...uses: Partial<OneUse>[]) {
  const counter = createUseCounter();
  for (const [index, use] of uses.entries()) {
    counter.add(useOf({ eventId: `7c1f0b5e-0000-4000-8000-${String(index + 1).padStart(12, '0')}`, ...use }));
  }
  return counter.rows();
}

describe('uses are counted', () => {
  test('by what became of them, and a call that did not succeed is no use', () => {
    expect(count({ outcome: 'denied' }, { outcome: 'failed' }, { outcome: 'dry-run' })).toEqual([
      {
        ...rowOf({
          succeeded: 0,
          denied: 1,
          failed: 1,
          dryRuns: 1,
          lastEventId: '7c1f0b5e-0000-4000-8000-000000000003',
        }),
        lastUse: undefined,
      },
    ]);
    expect(count({ outcome: 'denied' })[0]).not.toHaveProperty('lastUse');
  });

  test('with the first and the last call, and the last that succeeded', () => {
    const rows = count(
      { time: '2026-08-03T09:30:00Z' },
      { time: '2026-08-03T09:10:00Z' },
      { time: '2026-08-03T09:40:00Z', outcome: 'denied' },
    );
    expect(rows).toEqual([
      rowOf({
        succeeded: 2,
        denied: 1,
        first: '2026-08-03T09:10:00Z',
        last: '2026-08-03T09:40:00Z',
        lastEventId: '7c1f0b5e-0000-4000-8000-000000000003',
        lastUse: '2026-08-03T09:30:00Z',
      }),
    ]);
  });

  test('to the second, so that a fraction does not make one later than it is', () => {
    const [row] = count({ time: '2026-08-03T09:01:02.999Z' }, { time: '2026-08-03T09:01:02Z' });
    expect(row).toMatchObject({ first: '2026-08-03T09:01:02Z', last: '2026-08-03T09:01:02Z' });
  });

  test('for both keys of a ReEncrypt', () => {
    expect(count({ operation: 'ReEncrypt', keys: [KEY, OTHER_KEY] })).toEqual([
      rowOf({ operation: 'ReEncrypt', key: OTHER_KEY }),
      rowOf({ operation: 'ReEncrypt' }),
    ]);
  });

  test.each<[string, Partial<OneUse>]>([
    ['caller', { caller: { principal: 'arn:aws:iam::111122223333:user/dana' } }],
    ['service that called', { caller: { principal: useOf().caller.principal, via: 'lambda.amazonaws.com' } }],
    ['operation', { operation: 'Encrypt' }],
    ['hour', { time: '2026-08-03T10:00:00Z' }],
    ['key', { keys: [OTHER_KEY] }],
    ['account whose trail it is', { account: '444455556666' }],
  ])('apart for each %s', (_what, other) => {
    expect(count({}, other)).toHaveLength(2);
  });

  test('once, however often the record is delivered', () => {
    const twice = { eventId: '7c1f0b5e-0000-4000-8000-000000000009' };
    expect(count(twice, twice, twice)).toMatchObject([{ succeeded: 1 }]);
  });

  test('twice when two accounts were told of it under one id', () => {
    const eventId = '7c1f0b5e-0000-4000-8000-000000000009';
    expect(count({ eventId }, { eventId, account: '444455556666' })).toHaveLength(2);
  });

  test('up to a number that no log file reaches', () => {
    const counter = createUseCounter(2);
    counter.add(useOf({ eventId: 'a' }));
    counter.add(useOf({ eventId: 'b' }));
    counter.add(useOf({ eventId: 'b' }));
    expect(() => counter.add(useOf({ eventId: 'c' }))).toThrow(TooManyUsesError);
    expect(() => counter.add(useOf({ eventId: 'c' }))).toThrow('more than 2 uses of keys');
  });
});
