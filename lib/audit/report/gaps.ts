import { listDayRuns } from '../facts/coverage-start.ts';
import type { PlaceTally } from '../tally.ts';

/** Days without a record, in between days with some. */
export interface Gap {
  /** First and last day of it, as `2026-08-03`. */
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;

/** The days of which there is no record of any service that is looked at. */
export function listGaps({ days }: PlaceTally): readonly Gap[] {
  const runs = listDayRuns(days);
  return runs.slice(1).flatMap(({ from }, index) => {
    const before = runs[index];
    return before === undefined ? [] : [{ from: shiftDay(before.to, 1), to: shiftDay(from, -1) }];
  });
}

const shiftDay = (day: string, by: number): string =>
  new Date(Date.parse(day) + by * DAY).toISOString().slice(0, 'yyyy-mm-dd'.length);
