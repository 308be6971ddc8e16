import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readReconcileInput } from '../../lib/reconcile/run-reconcile.ts';

const NOW = new Date('2026-08-03T12:00:00Z');
const read = (input: unknown) => readReconcileInput(input, NOW, 15);

describe('the input of a comparison', () => {
  test('that is empty goes on where the schedule is', () => {
    expect(read({})).toBe('schedule');
  });

  test('that names a time has it compared, in whole seconds', () => {
    expect(read({ from: '2026-08-03T09:00:00.900Z', to: '2026-08-03T11:45:00Z' })).toEqual({
      from: '2026-08-03T09:00:00Z',
      to: '2026-08-03T11:45:00Z',
    });
  });

  test.each<[string, unknown, string]>([
    ['is nothing', undefined, 'The input is undefined.'],
    ['is text', 'now', 'The input is "now".'],
    ['has one end', { from: '2026-08-03T09:00:00Z' }, 'The input is {"from":"2026-08-03T09:00:00Z"}.'],
    ['has a day for a time', { from: '2026-08-03', to: '2026-08-04' }, 'The input is'],
    [
      'has a field that nobody knows',
      { from: '2026-08-03T09:00:00Z', to: '2026-08-03T10:00:00Z', x: 1 },
      'The input is',
    ],
    [
      'ends before it begins',
      { from: '2026-08-03T10:00:00Z', to: '2026-08-03T09:00:00Z' },
      'from is "2026-08-03T10:00:00Z", which is not before to ("2026-08-03T09:00:00Z").',
    ],
    [
      'ends where CloudTrail may still deliver',
      { from: '2026-08-03T10:00:00Z', to: '2026-08-03T11:45:01Z' },
      'only what was before 2026-08-03T11:45:00.000Z can be compared now.',
    ],
  ])('that %s is refused with what to send instead', (_name, input, says) => {
    const refused = read(input);
    expect(refused).toMatchObject({ status: 'refused', message: expect.stringContaining(says) });
    expect(refused).toMatchObject({ message: expect.stringContaining('Send { "from": "2026-08-03T09:00:00Z"') });
  });

  test('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(() => read(input)).not.toThrow();
      }),
    );
  });
});
