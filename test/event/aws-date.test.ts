import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAwsDate, readIsoTime } from '../../lib/event/aws-date.ts';

describe('a date in the request or the response', () => {
  test.each([
    ['the current shape', 'Oct 21, 2024, 2:25:29 PM', '2024-10-21T14:25:29Z'],
    ['the older shape, without a comma after the year', 'Jan 1, 2021 8:00:00 PM', '2021-01-01T20:00:00Z'],
    ['an hour of 24 with PM', 'Apr 12, 2021 18:58:30 PM', '2021-04-12T18:58:30Z'],
    ['an hour of 24 with PM, after midnight', 'Apr 12, 2021 0:58:30 PM', '2021-04-12T00:58:30Z'],
    ['a narrow no-break space before PM', 'Oct 21, 2024, 2:25:29\u202fPM', '2024-10-21T14:25:29Z'],
    ['midnight', 'Aug 3, 2026, 12:00:00 AM', '2026-08-03T00:00:00Z'],
    ['noon', 'Aug 3, 2026, 12:00:00 PM', '2026-08-03T12:00:00Z'],
    ['the last second of a leap day', 'Feb 29, 2028, 11:59:59 PM', '2028-02-29T23:59:59Z'],
    ['ISO 8601', '2026-08-03T09:01:02Z', '2026-08-03T09:01:02Z'],
  ])('is read in %s', (_shape, text, expected) => {
    expect(parseAwsDate(text)).toBe(expected);
  });

  test.each(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'])(
    'is read in %s, up to its last day',
    (month) => {
      const number =
        ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(month) + 1;
      const last = new Date(Date.UTC(2026, number, 0)).getUTCDate();
      const date = `2026-${String(number).padStart(2, '0')}-${last}T01:00:00Z`;
      expect(parseAwsDate(`${month} ${last}, 2026, 1:00:00 AM`)).toBe(date);
      expect(parseAwsDate(`${month} ${last + 1}, 2026, 1:00:00 AM`)).toBeUndefined();
    },
  );

  test.each([
    [2024, true],
    [2026, false],
    [2000, true],
    [2100, false],
    [2400, true],
  ])('is read on 29 February %i: %s', (year, exists) => {
    expect(readIsoTime(`${year}-02-29T00:00:00Z`) !== undefined).toBe(exists);
    expect(readIsoTime(`${year}-03-31T00:00:00Z`)).toBeDefined();
    expect(readIsoTime(`${year}-04-31T00:00:00Z`)).toBeUndefined();
  });

  test.each([
    'Feb 30, 2026, 1:00:00 PM',
    'Foo 1, 2026, 1:00:00 PM',
    'Aug 3, 2026, 25:00:00 PM',
    'Aug 3, 2026, 1:60:00 PM',
    'Aug 3, 2026, 1:00:00 PM UTC',
    'on Aug 3, 2026, 1:00:00 PM',
    '2026-08-03T09:01:02Z (about)',
    'about 2026-08-03T09:01:02Z',
    '2026-08-03',
    '2026-08-03T09:01:02+02:00',
    '2026-02-30T00:00:00Z',
    '2026-08-03T24:00:00Z',
    '+012026-08-03T09:01:02Z',
    '2026-08-03T09:01:02Z (UTC)',
    ['Oct 21, 2024, 2:25:29 PM'],
    '',
    1_785_000_000,
    null,
  ])('is not made up from %j', (value) => {
    expect(parseAwsDate(value)).toBeUndefined();
  });

  test('reads back every second that the current shape can spell', () => {
    const seconds = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2099, 11, 31) / 1000 });
    const format = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });
    fc.assert(
      fc.property(seconds, (second) => {
        const date = new Date(second * 1000);
        expect(parseAwsDate(format.format(date))).toBe(date.toISOString().replace('.000', ''));
      }),
    );
  });

  test('takes exactly the days and times that there are', () => {
    const part = (most: number, digits: number) =>
      fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(digits, '0'));
    const year = fc.oneof(part(9999, 4), fc.constantFrom('1900', '2000', '2024', '2026', '2100'));
    const texts = fc
      .tuple(year, part(13, 2), part(32, 2), part(25, 2), part(61, 2), part(61, 2))
      .map(([y, m, d, hour, minute, second]) => `${y}-${m}-${d}T${hour}:${minute}:${second}Z`);
    const isReal = (text: string) => {
      const date = new Date(text);
      return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 19));
    };
    fc.assert(
      fc.property(texts, (text) => {
        expect(readIsoTime(text)).toBe(isReal(text) ? text : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['2026-08-03T09:01:02Z', '2026-08-03T09:01:02.123Z', '2026-08-03T09:01:02.123456789Z'])(
    'takes the time %s as it is',
    (text) => {
      expect(readIsoTime(text)).toBe(text);
    },
  );
});
