const UNITS = [
  { name: 'day', milliseconds: 86_400_000 },
  { name: 'hour', milliseconds: 3_600_000 },
  { name: 'minute', milliseconds: 60_000 },
] as const;

/**
 * Says for how long something has been so, in the largest unit of which there is a whole one.
 *
 * @param since ISO 8601 UTC
 * @returns e.g. `3 days`; `less than a minute`, also for a time to come; the text itself when it is no time
 */
export function describeAge(since: string, now: Date): string {
  const age = now.getTime() - Date.parse(since);
  if (Number.isNaN(age)) return `an unknown time (${since.slice(0, 40)})`;
  for (const { name, milliseconds } of UNITS) {
    const count = Math.floor(age / milliseconds);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
