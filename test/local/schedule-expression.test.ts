import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findNextRun } from '../../local/runner/schedule-expression.ts';

const NOON = new Date('2026-11-24T12:00:00Z');

describe('a schedule is due next', () => {
  test.each([
    ['rate(1 minute)', '2026-11-24T12:01:00Z'],
    ['rate(5 minutes)', '2026-11-24T12:05:00Z'],
    ['rate(2 hours)', '2026-11-24T14:00:00Z'],
    ['rate(7 days)', '2026-12-01T12:00:00Z'],
    ['cron(0/15 * * * ? *)', '2026-11-24T12:15:00Z'],
    ['cron(0 3 * * ? *)', '2026-11-25T03:00:00Z'],
    ['cron(30 12 * * ? *)', '2026-11-24T12:30:00Z'],
    ['cron(0 12 * * ? *)', '2026-11-25T12:00:00Z'],
    ['cron(0 0 1 1 ? *)', '2027-01-01T00:00:00Z'],
    // Day 1 of the week is Sunday; 24 November 2026 is a Tuesday.
    ['cron(0 9 ? * 2-6 *)', '2026-11-25T09:00:00Z'],
    ['cron(0 9 ? * 1 *)', '2026-11-29T09:00:00Z'],
    ['cron(5,10 12,13 * * ? 2026-2027)', '2026-11-24T12:05:00Z'],
  ])('%s after noon on 24 November 2026: %s', (expression, due) => {
    expect(findNextRun(expression, NOON).toISOString()).toBe(new Date(due).toISOString());
  });

  test('always later than now, and on a full minute if it is a cron expression', () => {
    const minute = fc.integer({ min: 0, max: 59 });
    const hour = fc.integer({ min: 0, max: 23 });
    const now = fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(minute, hour, now, (m, h, after) => {
        const due = findNextRun(`cron(${m} ${h} * * ? *)`, after);
        const wait = due.getTime() - after.getTime();
        return wait > 0 && wait <= 86_400_000 && due.getTime() % 60_000 === 0 && due.getUTCHours() === h;
      }),
    );
  });
});

describe('a schedule is refused with its own words when it', () => {
  test.each([
    ['is of a form that is not known', 'at(2026-11-24T12:00:00)', /"at\(2026-11-24T12:00:00\)" is unknown/],
    ['has a rate of nothing', 'rate(0 minutes)', /at least 1/],
    ['has too few fields', 'cron(0 3 * * ?)', /5 fields; a cron expression has six/],
    ['names a day', 'cron(0 3 ? * MON *)', /"MON", which is not known here/],
    ['has a minute that no hour has', 'cron(60 3 * * ? *)', /"60"; allowed is 0 to 59/],
    ['is never due', 'cron(0 3 31 2 ? *)', /not due within two years/],
  ])('%s', (_, expression, message) => {
    expect(() => findNextRun(expression, NOON)).toThrow(message);
  });
});
