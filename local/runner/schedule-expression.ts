/** A schedule expression is malformed or of a form the local AWS does not know; the message quotes it. */
export class ScheduleError extends Error {
  override name = 'ScheduleError';
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const MINUTE = 60_000;
/** A schedule that has no date within two years, such as 31 February, will have none. */
const SEARCH_LIMIT = 2 * 366 * 86_400_000;

/**
 * When a schedule is due next. Known are `rate(<n> minutes|hours|days)` and `cron(minutes hours day-of-month month
 * day-of-week year)` in UTC, with numbers, `*`, `?`, lists, ranges and steps; days and months by name, `L`, `W` and `#`
 * are not known.
 *
 * @param expression such as `rate(1 hour)` or `cron(0 3 * * ? *)`
 * @param after the time from which on it counts; the result is later
 * @throws ScheduleError if the expression is not one of these, or never due
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function findNextRun(expression: string, after: Date): Date {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) return addRate(expression, Number(rate[1]), UNITS[rate[2] ?? ''] ?? 0, after);
  const cron = /^cron\((.+)\)$/.exec(expression);
  if (cron !== null) return findNextMatch(expression, readFields(expression, cron[1] ?? ''), after);
  throw new ScheduleError(`Schedule "${expression}" is unknown here. Use rate(<n> minutes|hours|days) or cron(...).`);
}

function addRate(expression: string, count: number, unit: number, after: Date): Date {
  if (count < 1) throw new ScheduleError(`Schedule "${expression}" must have a rate of at least 1.`);
  return new Date(after.getTime() + count * unit);
}

type Fields = readonly [minute: Test, hour: Test, day: Test, month: Test, weekday: Test, year: Test];
type Test = (value: number) => boolean;

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2199],
] as const;

function readFields(expression: string, text: string): Fields {
  const parts = text.trim().split(/\s+/);
  const [minute, hour, day, month, weekday, year] = RANGES.map((range, index) => {
    const part = parts[index];
    return part === undefined ? undefined : readField(expression, part, range);
  });
  if (parts.length !== 6 || !minute || !hour || !day || !month || !weekday || !year) {
    throw new ScheduleError(`Schedule "${expression}" has ${parts.length} fields; a cron expression has six.`);
  }
  return [minute, hour, day, month, weekday, year];
}

function readField(expression: string, field: string, [lowest, highest]: readonly [number, number]): Test {
  const tests = field.split(',').map((part): Test => {
    const match = /^(?:([*?])|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw new ScheduleError(`Schedule "${expression}" has "${part}", which is not known here.`);
    const [, any, first, last, step] = match;
    const from = any === undefined ? Number(first) : lowest;
    // `5/15` counts from 5 to the end; `5` alone is just 5.
    const to = last !== undefined ? Number(last) : any === undefined && step === undefined ? from : highest;
    const by = Number(step ?? 1);
    if (from < lowest || to > highest || from > to || by < 1) {
      throw new ScheduleError(`Schedule "${expression}" has "${part}"; allowed is ${lowest} to ${highest}.`);
    }
    return (value) => value >= from && value <= to && (value - from) % by === 0;
  });
  return (value) => tests.some((test) => test(value));
}

function findNextMatch(expression: string, fields: Fields, after: Date): Date {
  const [minute, hour, ...date] = fields;
  const end = after.getTime() + SEARCH_LIMIT;
  let time = (Math.floor(after.getTime() / MINUTE) + 1) * MINUTE;
  while (time < end) {
    const at = new Date(time);
    if (!matchesDate(at, date)) time = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1);
    else if (hour(at.getUTCHours()) && minute(at.getUTCMinutes())) return at;
    else time += MINUTE;
  }
  throw new ScheduleError(`Schedule "${expression}" is not due within two years.`);
}

function matchesDate(at: Date, [day, month, weekday, year]: readonly [Test, Test, Test, Test]): boolean {
  return (
    month(at.getUTCMonth() + 1) && day(at.getUTCDate()) && weekday(at.getUTCDay() + 1) && year(at.getUTCFullYear())
  );
}
