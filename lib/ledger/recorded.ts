import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import { readKeys } from '../aws/read-keys.ts';
import type { Entry } from './entry.ts';
import type { Work } from './items.ts';
import { eventKey, WORK } from './keys.ts';
import { type LedgerTable, openEntry } from './read.ts';

type Key = { readonly pk: string; readonly sk: string };
type Pause = (milliseconds: number) => Promise<void>;

/**
 * Finds which events the ledger has, by consistent reads.
 *
 * @returns the work items of those that it has, by event id
 * @throws what DynamoDB throws, and an Error when it leaves keys unanswered every time
 */
export async function findRecorded(
  { client, table }: LedgerTable,
  eventIds: readonly string[],
  pause: Pause,
): Promise<ReadonlyMap<string, Work>> {
  const keys = [...new Set(eventIds)].map((id) => ({ pk: eventKey(id), sk: WORK }));
  const items = await readKeys(client, table, keys, pause);
  return new Map(items.map((item) => [String(item.eventId), item as unknown as Work]));
}

/** Where an entry stands, as the index of days tells it. */
export interface Place {
  readonly eventId: string;
  readonly key: Key;
}

/**
 * Lists the entries whose time (that of the action; of anything else the time of record) is in a window, in the order of
 * their times. The index follows the table by moments: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 *
 * @param window ISO 8601 UTC; from `from` on, and before `to`
 */
export async function* listPlaces(
  { client, table }: LedgerTable,
  window: { readonly from: string; readonly to: string },
): AsyncGenerator<Place> {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  for (const day of listDays(from, to)) {
    const items = queryItems(client, {
      TableName: table,
      IndexName: 'byDay',
      KeyConditionExpression: 'gsiDay = :day AND gsiTime BETWEEN :from AND :to',
      // Whole seconds, and a character behind all that may follow them: times come with and without fractions.
      ExpressionAttributeValues: { ':day': day, ':from': toSecond(from), ':to': `${toSecond(to)}~` },
    });
    for await (const { pk, sk, gsiTime } of items) {
      const [time = '', ...id] = String(gsiTime).split('#');
      const at = Date.parse(time);
      if (at >= from && at < to) yield { eventId: id.join('#'), key: { pk: String(pk), sk: String(sk) } };
    }
  }
}

const DAY = 86_400_000;

function listDays(from: number, to: number): readonly string[] {
  const days: string[] = [];
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY)
    days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}

const toSecond = (time: number): string => new Date(time).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);

/**
 * Reads entries by their places. One that is not there, or whose text does not fit its hash, is left out: it is the business of
 * verification, and must not keep others from being compared.
 */
export async function readPlaces(
  { client, table }: LedgerTable,
  places: readonly Place[],
  pause: Pause,
): Promise<readonly Entry[]> {
  const keys = [...new Map(places.map(({ key }) => [`${key.pk} ${key.sk}`, key])).values()];
  const items = await readKeys(client, table, keys, pause);
  return items.map(openEntry).filter((entry) => entry !== undefined);
}

/** How far back the first entry is searched for; a ledger without an entry for so long is taken for a new one. */
const DAYS_BACK = 31;

/**
 * Finds when the ledger begins.
 *
 * @returns the time of its first entry if that was within the last 24 hours; `older` if there are entries before; undefined if
 *   there is none
 */
export async function findFirstTime({ client, table }: LedgerTable, now: Date): Promise<Date | 'older' | undefined> {
  const since = now.getTime() - DAY;
  let earliest: Date | undefined;
  for (let day = 0; day <= DAYS_BACK; day += 1) {
    const gsiDay = new Date(now.getTime() - day * DAY).toISOString().slice(0, 10);
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byDay',
        KeyConditionExpression: 'gsiDay = :day',
        ExpressionAttributeValues: { ':day': gsiDay },
        Limit: 1,
      }),
    );
    const [first] = Items;
    if (first === undefined) continue;
    const time = new Date(String(first.gsiTime).split('#')[0] ?? '');
    if (time.getTime() < since) return 'older';
    earliest = time;
  }
  return earliest;
}
