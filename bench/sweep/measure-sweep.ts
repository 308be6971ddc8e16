import { cpus, loadavg } from 'node:os';
import { runKilledSweep, type SweptRun } from './run-sweep.ts';

const KEYS = 10_000;

/**
 * Measures a sweep of many keys whose workers are killed half way, and writes the tables of bench/README.md.
 *
 * @param progress gets a line for each step
 */
export async function measureSweep(progress: (text: string) => void, keys: number = KEYS): Promise<string> {
  const run = await runKilledSweep(keys, progress);
  progress('');
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, with a load of ${loadavg()[0]?.toFixed(0)}; ${keys} keys on moto, two workers with 96 MB for JavaScript objects each, killed when ${run.finishedAtKill} keys were finished, and two others after them.`,
    '',
    '| | |',
    '|---|---|',
    ...rowsOf(run).map(([what, value]) => `| ${what} | ${value} |`),
    '',
    '| operation | calls per key |',
    '|---|---|',
    ...Object.entries(run.calls).map(([operation, count]) => `| ${operation} | ${(count / keys).toFixed(2)} |`),
  ].join('\n');
}

function rowsOf({ record, calls, repeated, peakMegabytes, listSeconds, sweepSeconds }: SweptRun) {
  const { judged, listed, notReached, unread } = record.counts;
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return [
    ['keys listed', String(listed)],
    ['keys judged', String(judged)],
    ['keys not judged', String(notReached + unread)],
    ['keys that were finished and looked at again', String(repeated)],
    ['calls of KMS per key', (all / judged).toFixed(2)],
    ['time to list all keys and to send them to the queue, s', listSeconds.toFixed(1)],
    ['time per key, both workers together, ms', ((sweepSeconds * 1000) / judged).toFixed(1)],
    ['peak memory of a process, MB', peakMegabytes.toFixed(0)],
  ] as const;
}
