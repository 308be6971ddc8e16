import type { TimeWindow } from './pack-data.ts';

/** A window cannot be used; the message names the value and says what to give. */
export class WindowError extends Error {
  override name = 'WindowError';
}

/**
 * Reads a window of time.
 *
 * @param from a day (`2026-07-01`, from its beginning) or a time (`2026-07-01T12:00:00Z`), in UTC
 * @param to the same; it is not part of the window
 * @param now what is to come cannot be reported on
 * @param call how messages call the two, e.g. `--from`
 * @throws {WindowError}
 */
export function readWindow(
  { from, to }: { readonly from: unknown; readonly to: unknown },
  now: Date,
  call: (name: 'from' | 'to') => string = (name) => name,
): TimeWindow {
  const [begin, end] = [readTime(from, call('from')), readTime(to, call('to'))];
  if (begin >= end) {
    throw new WindowError(
      `${call('from')} is ${from} and ${call('to')} is ${to}: the window would be empty. ${call('to')} is not part of the window; for July give 2026-07-01 and 2026-08-01.`,
    );
  }
  if (end > now.getTime()) {
    throw new WindowError(
      `${call('to')} is ${to}, and it is ${now.toISOString()}: nobody can report on what is to come. Give a day or time that has passed.`,
    );
  }
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString() };
}

const DAY = /^(\d{4}-\d\d-\d\d)$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/;

function readTime(value: unknown, name: string): number {
  const text = typeof value === 'string' ? value : '';
  const time = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : TIME.test(text) ? Date.parse(text) : Number.NaN;
  // Engines take the 31st of a shorter month for a day of the next.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    const shown = value === undefined ? 'missing' : JSON.stringify(value);
    throw new WindowError(`${name} is ${shown}; give a day or a time in UTC, e.g. 2026-07-01 or 2026-07-01T12:00:00Z.`);
  }
  return time;
}

/** The calendar month before a moment, in UTC. */
export function lastMonth(now: Date): TimeWindow {
  const first = (back: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString();
  return { from: first(1), to: first(0) };
}
