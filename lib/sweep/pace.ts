import { AsyncLocalStorage } from 'node:async_hooks';
import type { KMSClient } from '@aws-sdk/client-kms';
import { quotaOf } from './quotas.ts';

/** What a bucket measures time with. */
export interface Timing {
  /** Milliseconds; only their differences count. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * A token bucket: lets calls begin at a rate, and after a quiet time as many at once as come in one second. Whoever must wait
 * takes a place in the order of asking.
 *
 * @param perSecond more than 0; may be less than 1
 * @returns a function that settles when the call may begin. In any time of T seconds at most
 *   `max(1, perSecond) + perSecond * T` calls begin
 */
export function createBucket(perSecond: number, { now, pause }: Timing): () => Promise<void> {
  const most = Math.max(1, perSecond);
  let tokens = most;
  let filledAt = now();
  return async () => {
    const at = now();
    tokens = Math.min(most, tokens + (Math.max(0, at - filledAt) * perSecond) / 1000);
    filledAt = Math.max(filledAt, at);
    tokens -= 1;
    // Below zero stand those who wait: each for its own token.
    if (tokens < 0) await pause((-tokens * 1000) / perSecond);
  };
}

/** How fast one process may call KMS. */
export interface Pace extends Timing {
  /** Percent of the quotas that all processes may take together. */
  readonly quotaPercent: number;
  /** Processes that call at the same time. */
  readonly processes: number;
}

/** Calls by operation. */
export type Calls = Readonly<Record<string, number>>;

/** Counts the calls that are made within some work, whatever runs beside it. */
export interface CallCounter {
  /** @returns what the work returns, and the calls to KMS that it made, repeated ones included */
  count<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly calls: Calls }>;
  /** The calls that the work which asks has made so far. */
  soFar(): Calls;
}

/**
 * Makes a client of KMS keep to a share of the quotas, by operation, and count its calls. Every attempt is a call: what the SDK
 * repeats after throttling waits for its turn again.
 *
 * @param client is changed: give it to nobody who is in a hurry
 */
export function paceClient(client: KMSClient, { quotaPercent, processes, now, pause }: Pace): CallCounter {
  const buckets = new Map<string, () => Promise<void>>();
  const counting = new AsyncLocalStorage<Map<string, number>>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace(/Command$/, '');
      const share = (quotaOf(operation) * quotaPercent) / 100 / processes;
      const take = buckets.get(operation) ?? createBucket(share, { now, pause });
      buckets.set(operation, take);
      await take();
      const calls = counting.getStore();
      calls?.set(operation, (calls.get(operation) ?? 0) + 1);
      return next(args);
    },
    // After the retries of the SDK, which stand at the front of this step.
    { step: 'finalizeRequest', priority: 'low', name: 'keepToTheShareOfTheQuotas' },
  );
  return {
    count: async (work) => {
      const calls = new Map<string, number>();
      const result = await counting.run(calls, work);
      return { result, calls: Object.fromEntries(calls) };
    },
    soFar: () => Object.fromEntries(counting.getStore() ?? []),
  };
}
