import { describe, expect, test } from '@jest/globals';
import { createTrendCounter } from '../../lib/report/trend.ts';

describe('a trend', () => {
  test('of two months is by day, and of more by week, with every day or week in it', () => {
    const short = createTrendCounter({ from: '2026-07-01T00:00:00Z', to: '2026-09-01T00:00:00Z' }).finish();
    expect([short.per, short.points.length, short.points.at(-1)?.day]).toEqual(['day', 62, '2026-08-31']);
    const long = createTrendCounter({ from: '2026-07-01T00:00:00Z', to: '2026-09-02T00:00:00Z' }).finish();
    expect([long.per, long.points.map(({ day }) => day)]).toEqual([
      'week',
      ...[
        [
          '2026-07-01',
          '2026-07-08',
          '2026-07-15',
          '2026-07-22',
          '2026-07-29',
          '2026-08-05',
          '2026-08-12',
          '2026-08-19',
          '2026-08-26',
        ],
      ],
    ]);
  });

  test('counts what happens at the very beginning and end, and nothing outside', () => {
    const trend = createTrendCounter({ from: '2026-07-01T00:00:00Z', to: '2026-07-03T00:00:00Z' });
    for (const time of [
      '2026-06-30T23:59:59Z',
      '2026-07-01T00:00:00Z',
      '2026-07-02T23:59:59.999Z',
      '2026-07-03T00:00:00Z',
    ]) {
      trend.count('actions', time);
    }
    trend.count('violations', '2026-07-02T10:00:00Z', 3);
    expect(trend.finish().points).toEqual([
      { day: '2026-07-01', actions: 1, violations: 0, unknown: 0, remediations: 0 },
      { day: '2026-07-02', actions: 1, violations: 3, unknown: 0, remediations: 0 },
    ]);
  });

  test('of a part of a day has that day', () => {
    const { points } = createTrendCounter({ from: '2026-07-01T10:00:00Z', to: '2026-07-01T11:00:00Z' }).finish();
    expect(points.map(({ day }) => day)).toEqual(['2026-07-01']);
  });
});
