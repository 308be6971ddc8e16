import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CompletenessStatement } from '../../lib/ledger/entry.ts';
import { type PlannedWindow, planWindows } from '../../lib/reconcile/plan-windows.ts';
import { ACCOUNT, REGION } from './records.ts';

const SETTINGS = { settleMinutes: 15, lateHours: 6 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (time: string): Date => new Date(`2026-08-03T${time}:00Z`);
const text = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

function statementOf(from: string, to: string, overrides: Partial<CompletenessStatement> = {}): CompletenessStatement {
  return {
    source: 'lookup-events',
    account: ACCOUNT,
    region: REGION,
    queries: [],
    notAsked: [],
    window: { from, to },
    occasion: 'schedule',
    startedAt: to,
    endedAt: to,
    counts: { read: 0, expected: 0, recorded: 0, backfilled: 0, failed: 0, extra: 0 },
    missing: [],
    extra: [],
    omitted: 0,
    gaps: [],
    complete: true,
    by: 'test',
    version: '0',
    ...overrides,
  };
}

const on = (from: string, to: string, overrides: Partial<CompletenessStatement> = {}) =>
  statementOf(`2026-08-03T${from}:00Z`, `2026-08-03T${to}:00Z`, overrides);
const show = (planned: readonly PlannedWindow[]) =>
  planned.map(({ window, occasion }) => `${occasion} ${window.from.slice(11, 16)}-${window.to.slice(11, 16)}`);
const plan = (statements: readonly CompletenessStatement[], now: Date, settings = SETTINGS) =>
  show(planWindows({ statements, first: at('08:20'), now, settings }));

describe('the windows of a run', () => {
  test('begin with the first one of all, are an hour at most, and end where CloudTrail may still deliver', () => {
    expect(plan([], at('11:00'))).toEqual(['schedule 08:20-09:20', 'schedule 09:20-10:20', 'schedule 10:20-10:45']);
  });

  test('go on where the schedule has come to, and not where somebody asked', () => {
    const statements = [on('09:50', '10:30', { occasion: 'asked' }), on('08:20', '09:20')];
    expect(plan(statements, at('10:35'))).toEqual(['schedule 09:20-10:20']);
    expect(plan(statements, at('10:36'))).toEqual(['schedule 09:20-10:20', 'schedule 10:20-10:21']);
  });

  test('are read once more when they are old enough, and then no more', () => {
    const statements = [on('09:20', '10:20'), on('08:20', '09:20')];
    expect(plan(statements, at('15:00'))).toContain('late 08:20-09:00');
    const again = [on('08:20', '09:00', { occasion: 'late' }), ...statements];
    expect(plan(again, at('15:00')).filter((one) => one.startsWith('late'))).toEqual([]);
    expect(plan(again, at('16:30')).filter((one) => one.startsWith('late'))).toEqual([
      'late 09:00-10:00',
      'late 10:00-10:20',
    ]);
    expect(plan(statements, at('15:00'), { ...SETTINGS, lateHours: 0 }).join()).not.toContain('late');
  });

  test('that were not complete are tried again, until a statement completes them or a day has passed', () => {
    const failed = on('08:20', '09:20', { complete: false, counts: { ...on('08:20', '09:20').counts, failed: 1 } });
    expect(plan([failed], at('10:35'))).toEqual(['schedule 09:20-10:20', 'retry 08:20-09:20']);
    expect(plan([on('08:20', '09:20', { occasion: 'retry' }), failed], at('10:35'))).toEqual(['schedule 09:20-10:20']);
    expect(plan([on('08:00', '09:00', { occasion: 'asked' }), failed], at('10:35'))).toEqual([
      'schedule 09:20-10:20',
      'retry 09:00-09:20',
    ]);
    expect(plan([failed], new Date(at('09:20').getTime() + 25 * HOUR)).join()).not.toContain('retry');
  });

  test('that were already old when they were read first are tried again for a day after that', () => {
    const read = { complete: false, counts: { ...on('08:20', '09:20').counts, failed: 1 } };
    const endedAt = text(at('10:00').getTime() + 48 * HOUR);
    const retriesAfter = (statements: readonly CompletenessStatement[], hours: number) =>
      plan(statements, new Date(Date.parse(endedAt) + hours * HOUR)).filter((one) => one.startsWith('retry'));
    for (const occasion of ['schedule', 'late'] as const) {
      const late = on('08:20', '09:20', { ...read, occasion, endedAt });
      expect(retriesAfter([late], 1)).toEqual(['retry 08:20-09:20']);
      const again = on('08:20', '09:20', { ...read, occasion: 'retry', endedAt: text(Date.parse(endedAt) + HOUR) });
      expect(retriesAfter([again, late], 23)).toEqual(['retry 08:20-09:20']);
      expect(retriesAfter([again, late], 24.5)).toEqual([]);
    }
    expect(retriesAfter([on('08:20', '09:20', { ...read, occasion: 'asked', endedAt })], 1)).toEqual([]);
  });

  test('of which Event history keeps nothing are not tried again', () => {
    const gaps = [{ what: 'events', reason: 'Event history keeps 90 days.' }];
    const lost = statementOf('2026-02-01T09:00:00Z', '2026-05-05T11:00:00Z', {
      complete: false,
      gaps,
      endedAt: '2026-08-03T11:00:00Z',
    });
    expect(plan([lost], at('12:00')).filter((one) => one.startsWith('retry'))).toEqual([]);
  });

  test('that could not be read are tried again in halves, which may be halved again', () => {
    const gaps = [{ what: 'a page', reason: 'too much' }];
    const whole = on('08:20', '09:20', { complete: false, gaps });
    expect(plan([whole], at('10:35')).filter((one) => one.startsWith('retry'))).toEqual([
      'retry 08:20-08:50',
      'retry 08:50-09:20',
    ]);
    const half = on('08:20', '08:50', { occasion: 'retry', complete: false, gaps });
    expect(plan([half, whole], at('10:35')).filter((one) => one.startsWith('retry'))).toEqual([
      'retry 08:20-08:35',
      'retry 08:35-08:50',
      'retry 08:50-09:20',
    ]);
    const short = on('08:20', '08:26', { complete: false, gaps });
    expect(plan([short], at('10:35'))).toContain('retry 08:20-08:26');
  });

  test('of which Event history keeps nothing are one window, whose statement names the gap', () => {
    const long = statementOf('2026-02-01T08:00:00Z', '2026-02-01T09:00:00Z');
    const [first, second] = planWindows({
      statements: [long],
      first: at('08:20'),
      now: at('11:00'),
      settings: SETTINGS,
    });
    expect(first?.window).toEqual({ from: '2026-02-01T09:00:00Z', to: '2026-05-05T11:00:00Z' });
    expect(second?.window).toEqual({ from: '2026-05-05T11:00:00Z', to: '2026-05-05T12:00:00Z' });
  });

  test('leave no hole and no overlap, however many runs do however many of them, at whatever times', () => {
    const runs = fc.array(
      fc.record({ pause: fc.integer({ min: 0, max: 6 * 3600 }), done: fc.integer({ min: 0, max: 8 }) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(runs, (list) => {
        let now = at('08:40').getTime();
        let statements: readonly CompletenessStatement[] = [];
        for (const { pause, done } of list) {
          now += pause * 1000;
          const planned = planWindows({ statements, first: at('08:20'), now: new Date(now), settings: SETTINGS });
          for (const { window, occasion } of planned.slice(0, done)) {
            const one = statementOf(window.from, window.to, { occasion, startedAt: text(now), endedAt: text(now) });
            statements = [one, ...statements];
          }
        }
        for (const occasion of ['schedule', 'late'] as const) {
          const windows = statements.filter((one) => one.occasion === occasion).map(({ window }) => window);
          const sorted = windows.toReversed();
          if (sorted.length > 0) expect(sorted[0]?.from).toBe('2026-08-03T08:20:00Z');
          expect(sorted.slice(1).map(({ from }) => from)).toEqual(sorted.slice(0, -1).map(({ to }) => to));
          for (const { from, to } of sorted) {
            const length = Date.parse(to) - Date.parse(from);
            expect(length).toBeGreaterThanOrEqual(MINUTE);
            expect(length).toBeLessThanOrEqual(HOUR);
            expect(Date.parse(to)).toBeLessThanOrEqual(now - SETTINGS.settleMinutes * MINUTE);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
