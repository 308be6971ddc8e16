import { describe, expect, test } from '@jest/globals';
import { lastMonth, readWindow } from '../../lib/report/read-window.ts';

const NOW = new Date('2026-10-05T08:00:00Z');
const read = (from: unknown, to: unknown) => readWindow({ from, to }, NOW);

describe('a window', () => {
  test('goes from the beginning of one day to that of another, in UTC', () => {
    expect(read('2026-07-01', '2026-10-01')).toEqual({
      from: '2026-07-01T00:00:00.000Z',
      to: '2026-10-01T00:00:00.000Z',
    });
  });

  test('may begin and end within a day', () => {
    expect(read('2026-07-01T12:30Z', '2026-07-01T12:30:00.5Z')).toEqual({
      from: '2026-07-01T12:30:00.000Z',
      to: '2026-07-01T12:30:00.500Z',
    });
  });

  test('may end now', () => {
    expect(read('2026-10-05', NOW.toISOString()).to).toBe(NOW.toISOString());
  });

  test.each<[string, unknown, unknown, string]>([
    ['nothing is given', undefined, '2026-10-01', 'from is missing; give a day or a time in UTC'],
    ['a day is written otherwise', '1.7.2026', '2026-10-01', 'from is "1.7.2026"'],
    ['a day does not exist', '2026-06-31', '2026-10-01', 'from is "2026-06-31"'],
    ['a time is of no zone', '2026-07-01T12:00:00', '2026-10-01', 'from is "2026-07-01T12:00:00"'],
    ['it is a number', '2026-07-01', 20261001, 'to is 20261001'],
    ['it is empty', '2026-07-01', '2026-07-01', 'the window would be empty'],
    ['it ends before it begins', '2026-07-02', '2026-07-01', 'the window would be empty'],
    ['it ends in time to come', '2026-07-01', '2026-10-06', 'nobody can report on what is to come'],
  ])('is refused when %s', (_when, from, to, message) => {
    expect(() => read(from, to)).toThrow(message);
  });

  test('is spoken of as the one who asks calls it', () => {
    expect(() => readWindow({ from: 'x', to: 'y' }, NOW, (name) => `--${name}`)).toThrow('--from is "x"');
  });
});

describe('the month before', () => {
  test.each([
    ['2026-10-02T08:40:00Z', '2026-09-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'],
    ['2027-01-02T08:40:00Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2028-03-31T23:59:59Z', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ])('%s is %s to %s', (now, from, to) => {
    expect(lastMonth(new Date(now))).toEqual({ from, to });
  });
});
