import { parentPort } from 'node:worker_threads';
import type { Source } from './source.ts';

/**
 * The other side of `runInWorkers`: what a thread does with each source it is sent.
 *
 * @param work what to make of one source: plain data, which is copied to the main thread. What it throws ends the thread,
 *   and the main thread tells the source as lost
 * @throws {Error} when it is not called in a thread
 */
export function serveSources<T>(work: (source: Source) => Promise<readonly T[]>): void {
  const port = parentPort;
  if (port === null)
    throw new Error('serveSources is for a thread that runInWorkers started; this is the main thread.');
  port.on('message', async (source: Source) => {
    port.postMessage({ messages: await work(source) });
  });
}
