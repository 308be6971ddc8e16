import type { CompletenessStatement } from '../ledger/entry.ts';
import type { Policy } from '../policy/policy.ts';
import { oldestInHistory } from './lookup-source.ts';
import type { Window } from './record-source.ts';

/** A window that is to be compared, and why. */
export interface PlannedWindow {
  readonly window: Window;
  readonly occasion: Exclude<CompletenessStatement['occasion'], 'asked'>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The longest window, in milliseconds: each gets a statement of its own. */
const SLICE = HOUR;
/** Shorter windows are left for the next run. */
const SHORTEST = MINUTE;
/** A window that was not complete is tried again by every run for so long after it was read first, however old it was by then. */
const RETRY_HOURS = 24;
/** A window that could not be read for its size is tried again in halves, down to this length. */
const SMALLEST_HALF = 5 * MINUTE;

/** How far back statements matter for the next plan; older ones need not be read. */
export const reachOf = ({ lateHours }: Policy['reconcile'], now: Date): Date =>
  new Date(now.getTime() - (Math.max(lateHours, RETRY_HOURS) + RETRY_HOURS) * HOUR);

/** What a plan is made from. */
export interface PlanInput {
  /** Of this source, account and Region, the newest first: all that end after `reachOf`, and one of the schedule before if there is one. */
  readonly statements: readonly CompletenessStatement[];
  /** Where the first run of all begins. */
  readonly first: Date;
  readonly now: Date;
  readonly settings: Policy['reconcile'];
}

/**
 * Says which windows are to be compared now, in this order: those that the schedule has not come to, the oldest first, so that
 * they leave no hole; those that an earlier statement could not complete; and those that are old enough to be read once more
 * for what CloudTrail delivered late. Each window is so read twice, and only twice, because the quota of LookupEvents is shared
 * with everyone in the account.
 */
export function planWindows(input: PlanInput): readonly PlannedWindow[] {
  const frontier = findFrontier(input);
  return [
    ...planSchedule(frontier, input).map((window) => ({ window, occasion: 'schedule' as const })),
    ...planRetries(input).map((window) => ({ window, occasion: 'retry' as const })),
    ...planLate(frontier, input).map((window) => ({ window, occasion: 'late' as const })),
  ];
}

const ends = (statements: readonly CompletenessStatement[], occasion: CompletenessStatement['occasion']): number[] =>
  statements.filter((one) => one.occasion === occasion).map(({ window }) => Date.parse(window.to));

/** Where the schedule has come to. */
const findFrontier = ({ statements, first }: PlanInput): number => {
  const done = ends(statements, 'schedule');
  return done.length === 0 ? toWholeSecond(first.getTime()) : Math.max(...done);
};

const toWholeSecond = (time: number): number => Math.floor(time / 1000) * 1000;

function planSchedule(frontier: number, { now, settings }: PlanInput): readonly Window[] {
  const target = toWholeSecond(now.getTime() - settings.settleMinutes * MINUTE);
  // What Event history does not keep is one window, which names the gap.
  const oldest = Math.ceil(oldestInHistory(now).getTime() / MINUTE) * MINUTE;
  if (frontier >= oldest) return slice(frontier, target);
  return [toWindow(frontier, oldest), ...slice(oldest, target)];
}

function slice(from: number, to: number): readonly Window[] {
  const windows: Window[] = [];
  for (let at = from; to - at >= SHORTEST; at += SLICE) windows.push(toWindow(at, Math.min(at + SLICE, to)));
  return windows;
}

const toWindow = (from: number, to: number): Window => ({ from: toText(from), to: toText(to) });

const toText = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

/** What of the windows that were not complete no later statement completes. What Event history does not keep is given up. */
function planRetries({ statements, now }: PlanInput): readonly Window[] {
  const since = now.getTime() - RETRY_HOURS * HOUR;
  const open = new Map<string, Window>();
  statements.forEach((statement, place) => {
    if (statement.complete || findBegin(statement, statements.slice(place)) < since) return;
    if (Date.parse(statement.window.to) <= oldestInHistory(now).getTime()) return;
    const later = statements
      .slice(0, place)
      .filter(({ complete }) => complete)
      .map(({ window }) => window);
    const isTooLarge = statement.gaps.length > 0;
    for (const rest of subtract(statement.window, later)) {
      for (const window of isTooLarge ? halve(rest) : [rest]) open.set(`${window.from} ${window.to}`, window);
    }
  });
  return dropContained([...open.values()]).toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from));
}

/** From when on a window is tried again; a retry counts from the reading that it repeats. */
function findBegin({ window, occasion, endedAt }: CompletenessStatement, before: PlanInput['statements']): number {
  // Who asked for a window has the answer: the schedule takes it up only while it is new.
  if (occasion === 'asked') return Date.parse(window.to);
  if (occasion !== 'retry') return Date.parse(endedAt);
  const repeated = before.filter((one) => one.occasion !== 'retry' && subtract(window, [one.window]).length === 0);
  return Math.max(...repeated.map((one) => findBegin(one, [])));
}

/** What of a window is in none of the others. */
function subtract(window: Window, others: readonly Window[]): readonly Window[] {
  let rest: (readonly [number, number])[] = [[Date.parse(window.from), Date.parse(window.to)]];
  for (const other of others) {
    const [start, end] = [Date.parse(other.from), Date.parse(other.to)];
    rest = rest.flatMap(([from, to]) =>
      end <= from || start >= to
        ? [[from, to] as const]
        : ([
            [from, start],
            [end, to],
          ].filter(([a = 0, b = 0]) => b > a) as [number, number][]),
    );
  }
  return rest.map(([from, to]) => toWindow(from, to));
}

function halve({ from, to }: Window): readonly Window[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (end - start < 2 * SMALLEST_HALF) return [{ from, to }];
  const middle = toWholeSecond((start + end) / 2);
  return [toWindow(start, middle), toWindow(middle, end)];
}

/** A window that was halved and halved again is open in both lengths: the smaller ones are enough when they are all of it. */
const dropContained = (windows: readonly Window[]): readonly Window[] =>
  windows.filter((one) => {
    const inside = windows.filter((other) => other !== one && subtract(other, [one]).length === 0);
    return subtract(one, inside).length > 0;
  });

/** From where the last such reading ended, or the first window of all, up to what is old enough. */
function planLate(frontier: number, { statements, now, settings }: PlanInput): readonly Window[] {
  if (settings.lateHours === 0) return [];
  const done = ends(statements, 'late');
  const starts = statements
    .filter(({ occasion }) => occasion === 'schedule')
    .map(({ window }) => Date.parse(window.from));
  if (done.length === 0 && starts.length === 0) return [];
  const from = done.length === 0 ? Math.min(...starts) : Math.max(...done);
  const target = Math.min(frontier, toWholeSecond(now.getTime() - settings.lateHours * HOUR));
  const oldest = Math.ceil(oldestInHistory(now).getTime() / MINUTE) * MINUTE;
  return slice(Math.max(from, oldest), target);
}
