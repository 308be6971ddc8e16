import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { KeyAction } from '../event/key-action.ts';
import { areTwins, earliestTwin, happensOnce, mayBeToldTwice, timeBetween } from '../event/same-action.ts';
import type { ActionEntry } from './entry.ts';
import { eventKey, seqKey, subjectKey, WORK } from './keys.ts';
import { type LedgerTable, openEntry, readNewest } from './read.ts';

/** The entry that records the action that another record tells of, and how it is known. */
export interface Same {
  readonly entry: ActionEntry;
  readonly how: 'twin' | 'addendum';
}

/** A chain is read back this far for a twin; a record that comes so late is judged as an action of its own. */
const MOST_ENTRIES = 5_000;

/**
 * Finds the action in the chain of its subject that this record tells of too. Costs nothing for actions that AWS tells of
 * once, and one consistent read of the newest entries for the others, as a rule.
 *
 * An entry that does not fit its hash is no proof of having been judged, and is not matched.
 *
 * @param table of the ledger
 * @throws what DynamoDB throws
 */
export async function findSame(table: LedgerTable, action: KeyAction): Promise<Same | undefined> {
  if (!mayBeToldTwice(action)) return undefined;
  const original = await findOriginal(table, action);
  if (original !== undefined) return { entry: original, how: 'addendum' };
  const twin = await findTwin(table, action);
  return twin === undefined ? undefined : { entry: twin, how: 'twin' };
}

/** The record that an addendum amends, when this chain has it. */
async function findOriginal({ client, table }: LedgerTable, action: KeyAction): Promise<ActionEntry | undefined> {
  const original = action.addendum?.originalEventId;
  if (original === undefined || original === action.eventId) return undefined;
  const { Item: work } = await client.send(
    new GetCommand({ TableName: table, Key: { pk: eventKey(original), sk: WORK }, ConsistentRead: true }),
  );
  if (work === undefined || work.subject !== action.subject) return undefined;
  const key = { pk: subjectKey(action.subject), sk: seqKey(Number(work.seq)) };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  const entry = Item === undefined ? undefined : openEntry(Item);
  return entry?.type === 'action' ? entry : undefined;
}

/** Of several that fit, the nearest in time; what matches an entry comes before the entry. One that was matched is not matched again, unless it can happen only once. */
async function findTwin(table: LedgerTable, action: KeyAction): Promise<ActionEntry | undefined> {
  const since = Date.parse(action.time) - earliestTwin(action);
  const matched = new Set<number>();
  let nearest: ActionEntry | undefined;
  for await (const entry of readNewest(table, action.subject, MOST_ENTRIES)) {
    if (entry === undefined) continue;
    if (Date.parse(entry.recordedAt) < since) break;
    if (entry.type !== 'action') continue;
    if (entry.sameAs !== undefined) {
      if (entry.sameAs.how === 'twin' && !happensOnce(action)) matched.add(entry.sameAs.seq);
    } else if (areTwins(action, entry.action) && !matched.has(entry.seq)) {
      const isNearer = nearest === undefined || timeBetween(action, entry.action) < timeBetween(action, nearest.action);
      if (isNearer) nearest = entry;
    }
  }
  return nearest;
}
