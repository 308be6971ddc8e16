import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBucket } from '../../lib/sweep/pace.ts';

/** Callers who come at these times (milliseconds); gives when each may begin. Time is the test's own. */
async function runBucket(perSecond: number, arrivals: readonly number[]): Promise<number[]> {
  let now = 0;
  const begun: number[] = [];
  // Whoever is told to wait begins that much later; the bucket itself never looks at the clock in between.
  const take = createBucket(perSecond, {
    now: () => now,
    pause: async (milliseconds) => {
      begun.push(now + milliseconds);
    },
  });
  for (const at of arrivals) {
    now = at;
    const before = begun.length;
    await take();
    if (begun.length === before) begun.push(now);
  }
  return begun;
}

const rates = fc.double({ min: 0.05, max: 500, noNaN: true });
const arrivals = fc
  .array(fc.double({ min: 0, max: 20_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  .map((times) => times.toSorted((a, b) => a - b));

describe('the bucket', () => {
  test('lets no more calls begin in any time than the rate allows, and one second of them at once', () =>
    fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, times) => {
        const begun = await runBucket(rate, times);
        for (const [first, from] of begun.entries()) {
          for (const [last, to] of begun.entries()) {
            if (last < first) continue;
            const most = Math.max(1, rate) + (rate * (to - from)) / 1000;
            expect(last - first + 1).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
      { numRuns: 60 },
    ));

  test('lets them begin in the order in which they came, none before it came', () =>
    fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, times) => {
        const begun = await runBucket(rate, times);
        expect(begun.toSorted((a, b) => a - b)).toEqual(begun);
        expect(begun.every((at, place) => at >= (times[place] ?? 0))).toBe(true);
      }),
    ));

  test('keeps nobody waiting who comes no faster than the rate', () =>
    fc.assert(
      fc.asyncProperty(rates, fc.integer({ min: 1, max: 100 }), async (rate, count) => {
        const times = Array.from({ length: count }, (_, place) => (place * 1001) / rate);
        expect(await runBucket(rate, times)).toEqual(times);
      }),
    ));

  test('is full again after a quiet time, and holds no more than one second of calls', async () => {
    expect(await runBucket(2, [0, 0, 0, 60_000, 60_000, 60_000])).toEqual([0, 0, 500, 60_000, 60_000, 60_500]);
  });

  test('takes a clock that goes back for one that stands still', async () => {
    let now = 1000;
    const waits: number[] = [];
    const take = createBucket(1, { now: () => now, pause: async (ms) => void waits.push(ms) });
    await take();
    now = 0;
    await take();
    now = 1000;
    await take();
    expect(waits).toEqual([1000, 2000]);
  });
});
