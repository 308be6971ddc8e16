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
  test('are added up', () => {
    const counts = { read: 3, expected: 2, recorded: 1, backfilled: 1, failed: 0, extra: 4 };
    expect(sumCounts([statementWith({ counts }), statementWith({ counts })])).toEqual({
      ...{ read: 6, expected: 4, recorded: 2, backfilled: 2, failed: 0, extra: 8 },
    });
  });
});

describe('a span', () => {
  test('reaches into a window when both have a moment in common, and not when they only touch', () => {
    expect(reachesInto(span(31, 35), WINDOW)).toBe(true);
    expect(reachesInto(span(32, 35), WINDOW)).toBe(false);
    expect(reachesInto(span(-9, 1), WINDOW)).toBe(false);
  });
});
