import type { TimeWindow, Trend, TrendPoint } from './pack-data.ts';

const DAY = 86_400_000;

/** A chart of more bars than this is read by nobody. */
const MOST_DAYS = 62;

type Kind = Exclude<keyof TrendPoint, 'day'>;

/** Counts what happened, by day, or by week when the window is long. */
export interface TrendCounter {
  /** @param time ISO 8601 UTC; what is outside the window is not counted */
  count(kind: Kind, time: string, by?: number): void;
  finish(): Trend;
}

/**
 * Days are those of UTC. Weeks are seven days from the first day of the window, so that the first one is whole.
 *
 * @param window of any length
 */
export function createTrendCounter(window: TimeWindow): TrendCounter {
  const first = Math.floor(Date.parse(window.from) / DAY);
  const last = Math.floor((Date.parse(window.to) - 1) / DAY);
  const per = last - first + 1 > MOST_DAYS ? 7 : 1;
  const points = Array.from({ length: Math.floor((last - first) / per) + 1 }, (_none, place) => ({
    day: new Date((first + place * per) * DAY).toISOString().slice(0, 10),
    actions: 0,
    violations: 0,
    unknown: 0,
    remediations: 0,
  }));
  return {
    count(kind, time, by = 1) {
      const point = points[Math.floor((Math.floor(Date.parse(time) / DAY) - first) / per)];
      if (point !== undefined) point[kind] += by;
    },
    finish: () => ({ per: per === 1 ? 'day' : 'week', points }),
  };
}
