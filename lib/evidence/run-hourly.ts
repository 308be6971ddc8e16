import type { InventoryEntry } from '../ledger/entry.ts';
import type { Writer } from '../ledger/ledger.ts';
import type { Evidence } from './evidence.ts';
import { type CheckpointResult, runCheckpoint } from './run-checkpoint.ts';
import { takeDailyInventory } from './take-inventory.ts';

/** What one hour's run did. */
export interface HourlyResult extends CheckpointResult {
  /** The inventory that was taken now; null when that of the day is on record already, or waits for the next hour. */
  readonly inventory: InventoryEntry['inventory'] | null;
}

/**
 * What is done once an hour: checkpoints, and the first time of a day the inventory of keys. Each is tried when the other fails.
 *
 * @throws what either throws, and an AggregateError when both do
 */
export async function runHourly(evidence: Evidence, writer: Writer): Promise<HourlyResult> {
  const [checkpoint] = await Promise.allSettled([runCheckpoint(evidence, writer)]);
  const [inventory] = await Promise.allSettled([evidence.hasTime() ? takeDailyInventory(evidence, writer) : undefined]);
  const failures = [checkpoint, inventory].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (checkpoint.status === 'fulfilled' && inventory.status === 'fulfilled') {
    return { ...checkpoint.value, inventory: inventory.value ?? null };
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join(' '));
  throw failures[0];
}
