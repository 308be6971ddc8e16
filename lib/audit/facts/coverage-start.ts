import type { PlaceTally } from '../tally.ts';

/** Days without a gap, as `2026-08-03`. */
export interface DayRun {
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;

/** Groups days into runs without a gap, in the order of time. */
export function listDayRuns(days: Iterable<string>): readonly DayRun[] {
  const runs: { from: string; to: string }[] = [];
  for (const day of [...days].sort()) {
    const run = runs.at(-1);
    if (run !== undefined && Date.parse(day) - Date.parse(run.to) <= DAY) run.to = day;
    else runs.push({ from: day, to: day });
  }
  return runs;
}

/**
 * Since when the records of an account and Region have no gap of a whole day, at a time: what happened in a gap is not
 * known, and neither is what happened before it.
 *
 * @param runs of the days of the same place
 * @param time ISO 8601 UTC
 * @returns ISO 8601 UTC; undefined when there is no record of that day
 */
export function findCoverageStart({ first }: PlaceTally, runs: readonly DayRun[], time: string): string | undefined {
  const day = time.slice(0, 'yyyy-mm-dd'.length);
  const run = runs.find(({ from, to }) => from <= day && day <= to);
  if (run === undefined) return undefined;
  return first.startsWith(run.from) ? first : `${run.from}T00:00:00Z`;
}
