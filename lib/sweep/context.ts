import type { KMSClient } from '@aws-sdk/client-kms';
import type { Fact, Trail } from '../facts/key-facts.ts';
import type { LedgerTable } from '../ledger/read.ts';
import type { Delivery, Pipeline } from '../pipeline.ts';
import type { SendSweep } from './message.ts';
import type { CallCounter } from './pace.ts';
import type { SweepTable } from './store.ts';

/** What a look at all keys works with. */
export interface SweepContext {
  /** Its readers and its changes use the paced client below. */
  readonly pipeline: Pipeline;
  readonly kms: KMSClient;
  readonly counter: CallCounter;
  readonly ledgerTable: LedgerTable;
  readonly table: SweepTable;
  readonly send: SendSweep;
  /** Trails are no fact of a key: read once for many of them. The function reads them when that was long ago. */
  readonly trails: (read: () => Promise<Fact<readonly Trail[]>>) => Promise<Fact<readonly Trail[]>>;
  readonly delivery: Delivery;
  /** Whether to begin nothing new, because what is under way needs the time that is left. */
  readonly outOfTime: () => boolean;
  /** Version of Keywarden. */
  readonly version: string;
}

/** Keys that one invocation looks at side by side: KMS answers in some 20 milliseconds, and the pace lets more begin. */
export const KEYS_AT_ONCE = 5;

/** A sweep that is not over by then ends with what it has: before the next day's begins. Milliseconds. */
export const LONGEST_SWEEP = 20 * 3_600_000;

/** How often a sweep looks whether it goes on, in seconds. The longest delay that SQS takes. */
export const CHECK_SECONDS = 900;

/**
 * Remembers what a function read, for so many milliseconds. A read that failed is forgotten at once.
 *
 * @param now gives milliseconds
 */
export function rememberFor<T>(milliseconds: number, now: () => number): (read: () => Promise<T>) => Promise<T> {
  let value: Promise<T> | undefined;
  let readAt = 0;
  return (read) => {
    if (value !== undefined && now() - readAt < milliseconds) return value;
    const reading = read();
    value = reading;
    readAt = now();
    reading.catch(() => {
      if (value === reading) value = undefined;
    });
    return reading;
  };
}
