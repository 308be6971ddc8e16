import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countDue, dueAs, findWindow, listDue, type Window } from '../../lib/reminders/list-due.ts';
import { ALERTS, findingWith } from './due.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-08-03T09:20:00.000Z');
const at = (hours: number) => new Date(START + hours * HOUR).toISOString();
/** The hour that ends so many hours after the finding was opened. */
const hourTo = (hours: number): Window => ({ from: at(hours - 1), until: at(hours) });
const policy = { alerts: ALERTS };

describe('a finding that is open', () => {
  test.each([
    ['is not told again before the hours of its severity have passed', {}, 23, undefined],
    ['is reminded of when they have passed', {}, 24, 'reminder'],
    ['and not an hour later', {}, 25, undefined],
    ['and again when they have passed once more', {}, 48, 'reminder'],
    ['is escalated after the hours for that, and not reminded of besides', {}, 72, 'escalated'],
    ['and again each time they pass', {}, 144, 'escalated'],
    ['counts the hours of its own severity', { severity: 'critical' }, 4, 'reminder'],
    ['is reminded of by when it last changed, and not by when it was opened', { changedAt: at(10) }, 24, undefined],
    ['is reminded of so many hours after it last changed', { changedAt: at(10) }, 34, 'reminder'],
    ['is escalated by when it was opened, however often it has changed', { changedAt: at(70) }, 72, 'escalated'],
    ['and was rejected is not reminded of with the others', { decision: 'rejected' }, 24, undefined],
    ['and was rejected comes back after four times as long', { decision: 'rejected' }, 96, 'reminder'],
    ['and was rejected is never escalated', { decision: 'rejected' }, 72, undefined],
    ['and of a severity that nobody knows counts as the gravest', { severity: 'dire' }, 4, 'reminder'],
  ] as const)('%s', (_title, overrides, hours, expected) => {
    expect(dueAs(findingWith(overrides), policy, hourTo(hours))).toBe(expected);
  });
});

test.each(['waived', 'resolved'] as const)('a finding that is %s is due for nothing', (status) => {
  const whole = { from: at(0), until: at(10_000) };
  expect(dueAs(findingWith({ status }), policy, whole)).toBeUndefined();
  expect(dueAs(findingWith(), policy, whole)).toBe('escalated');
});

test('what is due comes with the gravest first, and the oldest of these before the others', async () => {
  const { reminders, escalations } = await listDue(
    [
      findingWith({ control: 'new-low', severity: 'low', openedAt: at(100), changedAt: at(-68) }),
      findingWith({ control: 'new-high', openedAt: at(50), changedAt: at(76) }),
      findingWith({ control: 'old-high', openedAt: at(40), changedAt: at(76) }),
      findingWith({ control: 'critical', severity: 'critical', openedAt: at(90), changedAt: at(96) }),
      findingWith({ control: 'too-old', openedAt: at(28) }),
      findingWith({ control: 'not-due', openedAt: at(99), changedAt: at(99) }),
    ],
    policy,
    hourTo(100),
  );
  expect(reminders.map(({ control }) => control)).toEqual(['critical', 'old-high', 'new-high', 'new-low']);
  expect(escalations.map(({ control }) => control)).toEqual(['too-old']);
});

describe('the window of a run', () => {
  test('is the last full hour when nothing was ever told', () => {
    expect(findWindow(undefined, new Date('2026-08-03T09:20:00Z'))).toEqual({
      from: '2026-08-03T08:00:00.000Z',
      until: '2026-08-03T09:00:00.000Z',
    });
  });

  test('begins where the last one ended, so that hours without a run are made up for', () => {
    expect(findWindow('2026-08-01T04:00:00.000Z', new Date('2026-08-03T09:20:00Z'))).toEqual({
      from: '2026-08-01T04:00:00.000Z',
      until: '2026-08-03T09:00:00.000Z',
    });
  });

  test('is none when the schedule fires a second time in an hour, or a clock goes back', () => {
    expect(findWindow('2026-08-03T09:00:00.000Z', new Date('2026-08-03T09:59:59Z'))).toBeUndefined();
    expect(findWindow('2026-08-03T09:00:00.000Z', new Date('2026-08-03T07:59:59Z'))).toBeUndefined();
  });
});

const moment = fc.integer({ min: 0, max: 90 * 24 * 60 }).map((minutes) => START + minutes * 60_000);

/** The windows of runs at these times, in order, with that of a run before all of them. */
function windowsOf(runs: readonly number[]): Window[] {
  const windows: Window[] = [];
  let last: string | undefined = new Date(Math.floor(START / HOUR) * HOUR).toISOString();
  for (const run of runs) {
    const window = findWindow(last, new Date(run));
    if (window !== undefined) windows.push(window);
    last = window?.until ?? last;
  }
  return windows;
}

test('over any sequence of runs, every moment at which something is due is in exactly one window', () => {
  fc.assert(
    fc.property(
      fc.array(moment, { minLength: 1, maxLength: 60 }).map((runs) => runs.toSorted((one, other) => one - other)),
      moment,
      fc.integer({ min: 1, max: 200 }),
      (runs, since, hours) => {
        const began = new Date(since).toISOString();
        const windows = windowsOf(runs);
        const told = windows.reduce((sum, window) => sum + countDue(began, hours, window), 0);
        const end = windows.at(-1)?.until ?? began;
        const moments = [];
        for (let due = since + hours * HOUR; due <= Date.parse(end); due += hours * HOUR) moments.push(due);
        expect(told).toBe(moments.length);
        for (const due of moments) {
          const holding = windows.filter(({ from, until }) => Date.parse(from) < due && due <= Date.parse(until));
          expect(holding).toHaveLength(1);
          expect(holding.map((window) => countDue(began, hours, window) > 0)).toEqual([true]);
        }
      },
    ),
    { numRuns: 200 },
  );
});
