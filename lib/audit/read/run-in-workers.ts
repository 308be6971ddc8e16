import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Source } from './source.ts';

/** How a pool of threads works. */
export interface PoolOptions {
  /** How many threads. Default: as many as there are cores. */
  readonly threads?: number;
  /** What every thread gets with its start, as `workerData`. */
  readonly data?: unknown;
}

/** What a thread makes of one source: its messages, or why it could not end it. */
export type Outcome<T> =
  | { readonly source: Source; readonly messages: readonly T[] }
  | { readonly source: Source; readonly lost: string };

interface Reply<T> {
  readonly messages: readonly T[];
  readonly lost?: string;
}

/**
 * Has threads work on sources, one source at a time each. A thread gets its next source when `onOutcome` is done with
 * what it made of the last one, so that results never pile up.
 *
 * A thread that dies takes one source with it: that source is told as lost, and a new thread goes on with the rest.
 *
 * @param workerUrl the module of the threads, which calls `serveSources`
 * @param onOutcome called once for each source; what it throws ends everything
 * @throws what `sources` or `onOutcome` throws
 */
export async function runInWorkers<T>(
  sources: AsyncIterable<Source> | Iterable<Source>,
  workerUrl: URL,
  options: PoolOptions,
  onOutcome: (outcome: Outcome<T>) => void | Promise<void>,
): Promise<void> {
  const queue = iterate(sources);
  const threads = Math.max(1, options.threads ?? availableParallelism());
  const lanes = Array.from({ length: threads }, () => runLane(queue, workerUrl, options, onOutcome));
  // When one fails, the others have ended their threads too before that is told.
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** One async generator for all lanes: it hands out each source once, and its requests wait for each other. */
async function* iterate(sources: AsyncIterable<Source> | Iterable<Source>): AsyncGenerator<Source> {
  yield* sources;
}

async function runLane<T>(
  queue: AsyncGenerator<Source>,
  workerUrl: URL,
  options: PoolOptions,
  onOutcome: (outcome: Outcome<T>) => void | Promise<void>,
): Promise<void> {
  let worker: Worker | undefined;
  try {
    for (let next = await queue.next(); !next.done; next = await queue.next()) {
      // A thread that ended between two sources has this id.
      if (worker === undefined || worker.threadId === -1) worker = startWorker(workerUrl, options);
      const source = next.value;
      const reply = await ask<T>(worker, source);
      if (reply.lost === undefined) await onOutcome({ source, messages: reply.messages });
      else {
        await worker.terminate();
        worker = undefined;
        await onOutcome({ source, lost: reply.lost });
      }
    }
  } finally {
    // Ends the other lanes too when this one failed.
    await queue.return(undefined);
    await worker?.terminate();
  }
}

function startWorker(workerUrl: URL, { data }: PoolOptions): Worker {
  const worker = new Worker(workerUrl, { workerData: data });
  // What goes wrong between two sources is no one's; without a listener it would end the main thread.
  worker.on('error', () => undefined);
  return worker;
}

function ask<T>(worker: Worker, source: Source): Promise<Reply<T>> {
  return new Promise((resolve) => {
    const lose = (lost: string) => end({ messages: [], lost });
    const onError = (error: unknown) => lose(String(error));
    const onExit = (code: number) => lose(`The thread ended with code ${code}.`);
    const end = (reply: Reply<T>) => {
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(reply);
    };
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(source);
  });
}
