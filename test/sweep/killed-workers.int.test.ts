import { expect, test } from '@jest/globals';
import { runKilledSweep } from '../../bench/sweep/run-sweep.ts';

const KEYS = 200;

// The benchmark, with fewer keys: workers are processes with a limit of memory, and are killed by the system, not by an error.
test('Workers that are killed half way are followed by others, which look at every key that is left and at no finished one', async () => {
  const { record, calls, repeated, finishedAtKill, peakMegabytes } = await runKilledSweep(KEYS, () => undefined);
  expect(record).toMatchObject({
    complete: true,
    baseline: true,
    counts: { listed: KEYS, judged: KEYS, notReached: 0, unread: 0 },
  });
  expect(finishedAtKill).toBeGreaterThanOrEqual(KEYS / 2);
  expect(finishedAtKill).toBeLessThan(KEYS);
  expect(repeated).toBe(0);
  for (const operation of ['DescribeKey', 'GetKeyPolicy', 'ListGrants', 'ListResourceTags']) {
    expect([operation, calls[operation]]).toEqual([operation, KEYS]);
  }
  expect(peakMegabytes).toBeLessThan(512);
}, 240_000);
