import type { CompletenessStatement } from '../ledger/entry.ts';
import type { Coverage, Place, TimeWindow } from './pack-data.ts';

/** What a statement tells of the coverage. */
export type Stated = Pick<
  CompletenessStatement,
  'account' | 'region' | 'window' | 'complete' | 'counts' | 'notAsked' | 'endedAt' | 'occasion'
>;

/** Whether a time span and the window have a moment in common. */
export const reachesInto = (span: TimeWindow, window: TimeWindow): boolean =>
  Date.parse(span.from) < Date.parse(window.to) && Date.parse(span.to) > Date.parse(window.from);

/**
 * What the comparisons found in all. Every part of the time is read twice or more, for what CloudTrail delivers late: of each
 * the newest statement counts, so that no record is counted twice. What was back-filled once is found recorded later; it is
 * taken from all statements, and taken off what the ledger had by itself.
 */
export function sumCounts(statements: readonly Stated[]): Coverage['counts'] {
  const last = listLastWords(statements);
  const sum = (all: readonly Stated[], name: keyof Coverage['counts']) =>
    all.reduce((total, { counts }) => total + counts[name], 0);
  const [expected, failed, backfilled] = [sum(last, 'expected'), sum(last, 'failed'), sum(statements, 'backfilled')];
  const recorded = Math.max(0, expected - failed - backfilled);
  return { read: sum(last, 'read'), expected, recorded, backfilled, failed, extra: sum(last, 'extra') };
}

/** The newest first; one of which newer ones say more than half says nothing new, for windows of two rounds meet at seconds. */
function listLastWords(statements: readonly Stated[]): readonly Stated[] {
  const taken = new Map<string, TimeWindow[]>();
  return statements
    .toSorted((one, other) => Date.parse(other.endedAt) - Date.parse(one.endedAt))
    .filter((statement) => {
      const { account, region, window } = statement;
      const days = listDays(window).map((day) => `${account} ${region} ${day}`);
      const near = [...new Set(days.flatMap((day) => taken.get(day) ?? []))];
      const left = subtract(window, near).reduce((total, part) => total + lengthOf(part), 0);
      if (left * 2 <= lengthOf(window)) return false;
      for (const day of days) taken.set(day, [...(taken.get(day) ?? []), window]);
      return true;
    });
}

const lengthOf = ({ from, to }: TimeWindow): number => Date.parse(to) - Date.parse(from);

const DAY = 86_400_000;

/** Numbers of the days that a window touches, so that only windows of the same days are compared. */
function listDays({ from, to }: TimeWindow): readonly number[] {
  const first = Math.floor(Date.parse(from) / DAY);
  const count = Math.floor(Date.parse(to) / DAY) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_none, place) => first + place);
}

/**
 * The parts of the window that no complete statement covers. A statement that is not complete covers nothing: what it could
 * not look at may be anywhere in its window. One that Keywarden made later, to read the time again for what CloudTrail
 * delivered late, takes back what an earlier one covered, until a still later one is complete.
 *
 * @param places every account and Region that is known of
 */
export const findUncovered = (
  window: TimeWindow,
  places: readonly Place[],
  statements: readonly Stated[],
): Coverage['uncovered'] =>
  places.flatMap(({ account, region }) => {
    const here = statements.filter((one) => one.account === account && one.region === region);
    const doubts = here.filter((one) => !one.complete && one.occasion !== 'asked');
    const complete = here
      .filter((one) => one.complete)
      .flatMap((one) =>
        subtract(
          one.window,
          doubts.filter(({ endedAt }) => Date.parse(endedAt) > Date.parse(one.endedAt)).map((later) => later.window),
        ),
      );
    const others = here.filter((one) => !one.complete).map((one) => one.window);
    return subtract(window, complete).flatMap((part) => {
      const silent = subtract(part, others);
      return [
        ...silent.map((span) => ({ account, region, ...span, why: SILENT })),
        ...subtract(part, silent).map((span) => ({ account, region, ...span, why: INCOMPLETE })),
      ].toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from));
    });
  });

const SILENT = 'No comparison with CloudTrail was recorded for this time.';
const INCOMPLETE = 'A comparison with CloudTrail was made and is not complete; its gaps say what it could not look at.';

/** @returns what is left of a window, in order */
export function subtract(window: TimeWindow, covered: readonly TimeWindow[]): readonly TimeWindow[] {
  const left: TimeWindow[] = [];
  const end = Date.parse(window.to);
  let from = Date.parse(window.from);
  const spans = covered
    .map((one) => ({ from: Date.parse(one.from), to: Date.parse(one.to) }))
    .filter((span) => span.to > span.from)
    .toSorted((one, other) => one.from - other.from);
  for (const span of spans) {
    if (span.from >= end) break;
    if (span.from > from) left.push(toWindow(from, span.from));
    from = Math.max(from, span.to);
  }
  if (from < end) left.push(toWindow(from, end));
  return left;
}

const toWindow = (from: number, to: number): TimeWindow => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
