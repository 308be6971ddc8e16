import type { Origin } from '../event/key-action.ts';
import type { ActionEntry } from '../ledger/entry.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { listPlaces, type Place, readPlaces } from '../ledger/recorded.ts';
import type { Pipeline } from '../pipeline.ts';
import { isWithin } from './read-window.ts';
import type { RecordSource, Window } from './record-source.ts';

/**
 * Finds entries of a window that CloudTrail does not know of, although it was asked for them: somebody may have sent Keywarden
 * an event that never happened.
 *
 * No extras are: what a person ordered, and what Keywarden looked at by itself; what KMS told directly, and whatever else the source was not asked for; and what could
 * not be read, which names no event.
 *
 * @param known ids of what CloudTrail knows
 * @throws what DynamoDB throws
 */
export async function findExtra(
  { table, pipeline }: { readonly table: LedgerTable; readonly pipeline: Pick<Pipeline, 'pause'> },
  source: RecordSource,
  window: Window,
  known: ReadonlySet<string>,
): Promise<readonly ActionEntry[]> {
  const unknown: Place[] = [];
  for await (const place of listPlaces(table, window)) if (!known.has(place.eventId)) unknown.push(place);
  const entries = await readPlaces(table, unknown, pipeline.pause);
  return entries.flatMap((entry) =>
    entry.type === 'action' &&
    !WITHOUT_RECORD.has(entry.action.origin) &&
    isWithin(entry.action.time, window) &&
    source.covers(entry.action)
      ? [entry]
      : [],
  );
}

/** Where an action comes from that AWS has no record of. No event can say so of itself: who reads it says where it came from. */
const WITHOUT_RECORD: ReadonlySet<Origin> = new Set(['on-demand', 'sweep']);
