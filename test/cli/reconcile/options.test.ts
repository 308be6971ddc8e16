import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nameOwnResources, sliceDays } from '../../../cli/reconcile.ts';
import { createExpected } from '../../../lib/reconcile/expected.ts';
import { recordAt } from '../../archive/archive-of.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1' };

describe('what Keywarden is made of', () => {
  test('is told by the name of its table, so that changes of it are expected in the ledger', () => {
    const isExpected = createExpected(nameOwnResources('keywarden-prod-ledger', PLACE));
    const disable = (name: string) =>
      recordAt('2026-03-02T11:00:00Z', 'one', {
        eventSource: 'events.amazonaws.com',
        eventName: 'DisableRule',
        requestParameters: { name },
      });
    expect(isExpected(disable('keywarden-prod-kms-calls'))).toBe(true);
    expect(isExpected(disable('keywarden-dev-kms-calls'))).toBe(false);
    const kill = { eventSource: 'ssm.amazonaws.com', eventName: 'PutParameter' };
    const put = (name: string) => recordAt('2026-03-02T11:00:00Z', 'one', { ...kill, requestParameters: { name } });
    expect(isExpected(put('/keywarden/prod/kill-switch'))).toBe(true);
    expect(isExpected(put('/keywarden/dev/kill-switch'))).toBe(false);
  });

  test('is not told by a table of another name', () => {
    expect(nameOwnResources('ledger', PLACE)).toEqual([]);
  });
});

test('A window is asked for in days that leave no hole and do not overlap', () => {
  const start = Date.UTC(2026, 2, 2, 10, 30);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 * 86_400 }), (seconds) => {
      const [from, to] = [start, start + seconds * 1000].map((time) => new Date(time).toISOString());
      const days = sliceDays({ from: from ?? '', to: to ?? '' });
      expect(Date.parse(days[0]?.from ?? '')).toBe(start);
      expect(Date.parse(days.at(-1)?.to ?? '')).toBe(start + seconds * 1000);
      days.forEach((day, place) => {
        if (place > 0) expect(day.from).toBe(days[place - 1]?.to);
        const length = Date.parse(day.to) - Date.parse(day.from);
        expect(length > 0 && length <= 86_400_000).toBe(true);
      });
    }),
  );
});
