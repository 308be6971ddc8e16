import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findUncovered, reachesInto, subtract, sumCounts } from '../../lib/report/coverage.ts';
import { ACCOUNT, REGION, statementWith, WINDOW } from './story.ts';

const PLACE = { account: ACCOUNT, region: REGION };
const day = (number: number) => new Date(Date.UTC(2026, 6, number)).toISOString();
const span = (from: number, to: number) => ({ from: day(from), to: day(to) });

describe('the parts of a window that nobody compared with CloudTrail', () => {
  test('are all of it when there is no statement', () => {
    expect(findUncovered(WINDOW, [PLACE], [])).toEqual([
      { ...PLACE, ...WINDOW, why: 'No comparison with CloudTrail was recorded for this time.' },
    ]);
  });

  test('are none when complete statements follow each other without a hole', () => {
    const statements = [span(1, 10), span(10, 32)].map((window) => statementWith({ window }));
    expect(findUncovered(WINDOW, [PLACE], statements)).toEqual([]);
  });

  test('are those of a statement that is not complete, with that reason', () => {
    const statements = [
      statementWith({ window: span(1, 20) }),
      statementWith({ window: span(20, 25), complete: false }),
    ];
    expect(findUncovered(WINDOW, [PLACE], statements)).toEqual([
      { ...PLACE, ...span(20, 25), why: expect.stringContaining('is not complete') },
      { ...PLACE, ...span(25, 32), why: expect.stringContaining('No comparison') },
    ]);
  });

  test('are not covered by a statement about another Region or account', () => {
    const elsewhere = [statementWith({ region: 'us-east-1' }), statementWith({ account: '444455556666' })];
    expect(findUncovered(WINDOW, [PLACE], elsewhere)).toHaveLength(1);
  });

  test('are covered by a later statement about the same time', () => {
    const statements = [statementWith({ complete: false }), statementWith({ window: span(0, 40) })];
    expect(findUncovered(WINDOW, [PLACE], statements)).toEqual([]);
  });

  test('are those that Keywarden read again for late records and could not look at then', () => {
    const first = statementWith({ window: span(1, 32), endedAt: day(32) });
    const again = { window: span(10, 12), complete: false, endedAt: day(33) };
    const reread = [first, statementWith({ ...again, occasion: 'late' })];
    expect(findUncovered(WINDOW, [PLACE], reread)).toEqual([
      { ...PLACE, ...span(10, 12), why: expect.stringContaining('is not complete') },
    ]);
    const retried = statementWith({ window: span(10, 12), endedAt: day(34), occasion: 'retry' });
    expect(findUncovered(WINDOW, [PLACE], [...reread, retried])).toEqual([]);
    // What somebody asked for and could not have says nothing about what Keywarden had.
    expect(findUncovered(WINDOW, [PLACE], [first, statementWith({ ...again, occasion: 'asked' })])).toEqual([]);
  });

  test('and those that are covered make up the window, whatever the statements', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: -5, max: 40 }), fc.integer({ min: -5, max: 40 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(spans, (pairs) => {
        const covered = pairs.map(([from, to]) => span(from, to));
        const left = subtract(WINDOW, covered);
        for (let hour = 0; hour < 31 * 24; hour += 6) {
          const at = Date.parse(WINDOW.from) + hour * 3_600_000;
          const isIn = (one: { from: string; to: string }) => Date.parse(one.from) <= at && at < Date.parse(one.to);
          expect(left.some(isIn)).toBe(!covered.some(isIn));
        }
      }),
    );
  });
});

describe('the counts of statements', () => {
  const at = (from: string, to: string) => ({ from: `2026-07-03T${from}Z`, to: `2026-07-03T${to}Z` });
  const count = (overrides: Partial<typeof NONE>) => ({ ...NONE, ...overrides });
  const NONE = { read: 0, expected: 0, recorded: 0, backfilled: 0, failed: 0, extra: 0 };

  test('about different times and places are added up', () => {
    const counts = count({ read: 3, expected: 3, recorded: 2, backfilled: 1, extra: 4 });
    const statements = [
      statementWith({ counts, window: at('01:00:00', '02:00:00') }),
      statementWith({ counts, window: at('02:00:00', '03:00:00') }),
      statementWith({ counts, window: at('01:00:00', '02:00:00'), region: 'us-east-1' }),
    ];
    expect(sumCounts(statements)).toEqual({ read: 9, expected: 9, recorded: 6, backfilled: 3, failed: 0, extra: 12 });
  });

  test('count no record twice that two rounds have read, and keep what the first one added', () => {
    const first = [
      statementWith({
        counts: count({ read: 5, expected: 5, recorded: 3, backfilled: 1, failed: 1 }),
        window: at('01:00:00', '02:00:00'),
        endedAt: '2026-07-03T02:20:00Z',
      }),
      statementWith({
        counts: count({ read: 4, expected: 4, recorded: 4 }),
        window: at('02:00:00', '03:00:00'),
        endedAt: '2026-07-03T03:20:00Z',
      }),
    ];
    const late = statementWith({
      counts: count({ read: 6, expected: 6, recorded: 5, backfilled: 1 }),
      window: at('01:00:02', '02:00:02'),
      endedAt: '2026-07-03T08:20:00Z',
    });
    expect(sumCounts([...first, late])).toEqual({
      read: 10,
      expected: 10,
      recorded: 8,
      backfilled: 2,
      failed: 0,
      extra: 0,
    });
  });

  test('add up to what CloudTrail gave, whatever the rounds were', () => {
    const rounds = fc.array(fc.tuple(fc.integer({ min: 0, max: 23 }), fc.nat(9), fc.nat(9), fc.nat(9)), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(rounds, (all) => {
        const statements = all.map(([hour, recorded, backfilled, failed], place) =>
          statementWith({
            counts: count({ read: 30, expected: recorded + backfilled + failed, recorded, backfilled, failed }),
            window: {
              from: `2026-07-03T${String(hour).padStart(2, '0')}:00:00Z`,
              to: `2026-07-03T${String(hour).padStart(2, '0')}:59:59Z`,
            },
            endedAt: new Date(Date.UTC(2026, 6, 4) + place).toISOString(),
          }),
        );
        const sum = sumCounts(statements);
        const newest = new Map(all.map((one) => [one[0], one]));
        expect(sum.read).toBe(30 * newest.size);
        expect(sum.failed).toBe([...newest.values()].reduce((total, [, , , failed]) => total + failed, 0));
        expect(sum.recorded + sum.failed).toBeLessThanOrEqual(sum.expected);
      }),
    );
  });
});

describe('a span', () => {
  test('reaches into a window when both have a moment in common, and not when they only touch', () => {
    expect(reachesInto(span(31, 35), WINDOW)).toBe(true);
    expect(reachesInto(span(32, 35), WINDOW)).toBe(false);
    expect(reachesInto(span(-9, 1), WINDOW)).toBe(false);
  });
});
