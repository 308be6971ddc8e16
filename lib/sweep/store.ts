import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import { readKeys } from '../aws/read-keys.ts';
import type { Calls } from './pace.ts';

/**
 * Keys and attributes of the table of sweeps; nobody else spells them. docs/sweep.md describes them for people. Everything in
 * it is written so that writing it twice changes nothing: messages come more than once.
 */
export interface SweepTable {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** One look at all keys. */
export interface Sweep {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** Nothing was looked at before: what is found was so before Keywarden was there. */
  readonly baseline: boolean;
  /** When the first sweep of all began, ISO 8601 UTC. */
  readonly firstStartedAt: string;
  /** The newest sweep before it that listed all keys. */
  readonly previous?: string;
  /** Of the list of keys, once it is whole. */
  readonly pages?: number;
  readonly listed?: number;
  readonly vanished?: number;
  /** Numbers of the pages of which every key is done. */
  readonly pagesDone?: ReadonlySet<number>;
  readonly endedAt?: string;
}

/** A thousand keys at most, as KMS listed them; or keys that it does not list any more. */
export interface Page {
  readonly page: number;
  readonly kind: 'listed' | 'gone';
  /** ARNs. */
  readonly keys: readonly string[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
  /** Messages about all of its keys were sent. */
  readonly sent?: boolean;
}

/** What became of one key. */
export interface KeyResult {
  /**
   * `judged`: by every control, and all its grants; `aws`: AWS manages it; `gone`: KMS knows it no more; `unread`: KMS did not
   * tell what the controls need; `not-reached`: Keywarden failed.
   */
  readonly outcome: 'judged' | 'aws' | 'gone' | 'unread' | 'not-reached';
  /** Why it was not judged. */
  readonly reason?: string;
  readonly tally: Tally;
}

/** What was counted on one key. */
export interface Tally {
  readonly grants: number;
  readonly compliant: number;
  readonly violation: number;
  readonly unknown: number;
  /** Entries that were written. */
  readonly news: number;
  /** Calls to KMS, by operation. */
  readonly calls: Calls;
}

export const NO_TALLY: Tally = { grants: 0, compliant: 0, violation: 0, unknown: 0, news: 0, calls: {} };

/** @returns the sums */
export const addTallies = (one: Tally, other: Tally): Tally => ({
  grants: one.grants + other.grants,
  compliant: one.compliant + other.compliant,
  violation: one.violation + other.violation,
  unknown: one.unknown + other.unknown,
  news: one.news + other.news,
  calls: Object.fromEntries(
    [...new Set([...Object.keys(one.calls), ...Object.keys(other.calls)])]
      .sort()
      .map((operation) => [operation, (one.calls[operation] ?? 0) + (other.calls[operation] ?? 0)]),
  ),
});

/** How far the walk over the grants of one key has come. */
export interface Walk {
  /** Where the next page of grants begins. */
  readonly marker: string;
  readonly tally: Tally;
}

/** How long the progress of a sweep is kept, in days: the next one needs it, for the keys that are gone since then. */
const KEPT_DAYS = 40;

const sweepKey = (id: string): string => `SWEEP#${id}`;
const META = 'META';
const CURRENT = { pk: 'SWEEPS', sk: 'CURRENT' } as const;
const numbered = (name: string, number: number): string => `${name}#${String(number).padStart(6, '0')}`;
/** Key ids are unique in an account and Region, and shorter than ARNs. */
const named = (name: string, arn: string): string => `${name}#${arn.slice(arn.indexOf('/') + 1)}`;

const expiryOf = (time: string): number => Math.floor(Date.parse(time) / 1000) + KEPT_DAYS * 86_400;

async function readItem({ client, table }: SweepTable, pk: string, sk: string) {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }));
  return Item;
}

/** @returns false when the condition does not hold; then nothing was written */
async function put({ client, table }: SweepTable, Item: Readonly<Record<string, unknown>>, condition?: string) {
  try {
    await client.send(
      new PutCommand({
        TableName: table,
        Item,
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

/** The sweep that was begun last; undefined when there was none. */
export async function readCurrent(table: SweepTable): Promise<Sweep | undefined> {
  const item = await readItem(table, CURRENT.pk, CURRENT.sk);
  return item === undefined ? undefined : readSweep(table, String(item.id));
}

/** @returns undefined when nobody knows this sweep, or its progress was forgotten */
export async function readSweep(table: SweepTable, id: string): Promise<Sweep | undefined> {
  const item = await readItem(table, sweepKey(id), META);
  return item === undefined ? undefined : toSweep(item);
}

function toSweep({
  pk: _pk,
  sk: _sk,
  expires: _expires,
  leaseOwner: _owner,
  leaseUntil: _until,
  ...item
}: object & Record<string, unknown>): Sweep {
  return item as unknown as Sweep;
}

/**
 * Begins a sweep, unless somebody else began one after `before`.
 *
 * @param before the sweep that was begun last
 */
export async function beginSweep(table: SweepTable, sweep: Sweep, before: string | undefined): Promise<boolean> {
  await put(
    table,
    { pk: sweepKey(sweep.id), sk: META, ...sweep, expires: expiryOf(sweep.startedAt) },
    'attribute_not_exists(pk)',
  );
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.table,
        Item: { ...CURRENT, id: sweep.id },
        ...(before === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'id = :before',
              ExpressionAttributeValues: { ':before': before },
            }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

/**
 * Takes what only one invocation may do at a time: to list, or to end. The lease ends by itself.
 *
 * @param work `lister` or `end`
 * @param until milliseconds since 1970
 */
export async function takeLease(
  { client, table }: SweepTable,
  id: string,
  work: 'lister' | 'end',
  owner: string,
  until: number,
  now: number,
): Promise<boolean> {
  try {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: sweepKey(id), sk: `LEASE#${work}` },
        UpdateExpression: 'SET leaseOwner = :owner, leaseUntil = :until, expires = :expires',
        ConditionExpression: 'attribute_not_exists(pk) OR leaseUntil < :now OR leaseOwner = :owner',
        ExpressionAttributeValues: {
          ':owner': owner,
          ':until': until,
          ':now': now,
          ':expires': expiryOf(new Date(now).toISOString()),
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

/** Gives a lease back before its end. */
export async function dropLease(table: SweepTable, id: string, work: 'lister' | 'end', owner: string): Promise<void> {
  await takeLease(table, id, work, owner, 0, 0);
}

/** @returns false when there is such a page already */
export const addPage = (table: SweepTable, { id, startedAt }: Sweep, page: Page): Promise<boolean> =>
  put(
    table,
    { pk: sweepKey(id), sk: numbered('PAGE', page.page), ...page, expires: expiryOf(startedAt) },
    'attribute_not_exists(pk)',
  );

/** Says that messages about all keys of a page were sent. */
export async function markSent({ client, table }: SweepTable, id: string, page: number): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: sweepKey(id), sk: numbered('PAGE', page) },
      UpdateExpression: 'SET sent = :sent',
      ExpressionAttributeValues: { ':sent': true },
    }),
  );
}

/** The pages of a sweep, in order. */
export async function* readPages({ client, table }: SweepTable, id: string): AsyncGenerator<Page> {
  for await (const item of queryItems(client, startingWith(table, id, 'PAGE#'))) yield item as unknown as Page;
}

/** What is on record of every key of a sweep, with the last part of the key's ARN. */
export async function* readResults(
  { client, table }: SweepTable,
  id: string,
): AsyncGenerator<KeyResult & { readonly keyId: string }> {
  for await (const item of queryItems(client, startingWith(table, id, 'KEY#'))) {
    yield { ...(item as unknown as KeyResult), keyId: String(item.sk).slice('KEY#'.length) };
  }
}

const startingWith = (table: string, id: string, start: string) => ({
  TableName: table,
  KeyConditionExpression: 'pk = :pk AND begins_with(sk, :start)',
  ExpressionAttributeValues: { ':pk': sweepKey(id), ':start': start },
  ConsistentRead: true,
});

/** Says that the list of keys is whole. */
export async function markListed(
  { client, table }: SweepTable,
  id: string,
  list: { readonly pages: number; readonly listed: number; readonly vanished: number },
): Promise<Sweep> {
  const { Attributes = {} } = await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: sweepKey(id), sk: META },
      UpdateExpression: 'SET pages = :pages, listed = :listed, vanished = :vanished',
      ExpressionAttributeValues: { ':pages': list.pages, ':listed': list.listed, ':vanished': list.vanished },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return toSweep(Attributes);
}

/** What is done of some keys: their results, and how far the walks over their grants have come. By ARN. */
export interface Done {
  readonly results: ReadonlySet<string>;
  readonly walks: ReadonlyMap<string, Walk>;
}

/** @param arns 50 at most */
export async function readDone(
  { client, table }: SweepTable,
  id: string,
  arns: readonly string[],
  pause: (milliseconds: number) => Promise<void>,
): Promise<Done> {
  const pk = sweepKey(id);
  const keys = arns.flatMap((arn) => [
    { pk, sk: named('KEY', arn) },
    { pk, sk: named('WALK', arn) },
  ]);
  const items = new Map((await readKeys(client, table, keys, pause)).map((item) => [String(item.sk), item]));
  const walks = arns.flatMap((arn) => {
    const walk = items.get(named('WALK', arn));
    return walk === undefined ? [] : [[arn, walk as unknown as Walk] as const];
  });
  return { results: new Set(arns.filter((arn) => items.has(named('KEY', arn)))), walks: new Map(walks) };
}

/** Puts the result of a key on record. The first one stays. */
export const putResult = (
  table: SweepTable,
  { id, startedAt }: Sweep,
  arn: string,
  result: KeyResult,
): Promise<boolean> =>
  put(
    table,
    { pk: sweepKey(id), sk: named('KEY', arn), ...result, expires: expiryOf(startedAt) },
    'attribute_not_exists(pk)',
  );

/** Says how far the walk over the grants of a key has come. */
export async function putWalk(table: SweepTable, { id, startedAt }: Sweep, arn: string, walk: Walk): Promise<void> {
  await put(table, { pk: sweepKey(id), sk: named('WALK', arn), ...walk, expires: expiryOf(startedAt) });
}

/** Remembers why a key was not done by now. It may be done by the next delivery. */
export async function putTrouble(
  table: SweepTable,
  { id, startedAt }: Sweep,
  arn: string,
  reason: string,
): Promise<void> {
  await put(table, { pk: sweepKey(id), sk: named('WHY', arn), reason, expires: expiryOf(startedAt) });
}

/** Why keys are not done, by the last part of their ARNs. */
export async function* readTroubles(
  { client, table }: SweepTable,
  id: string,
): AsyncGenerator<{ readonly keyId: string; readonly reason: string }> {
  for await (const { sk, reason } of queryItems(client, startingWith(table, id, 'WHY#'))) {
    yield { keyId: String(sk).slice('WHY#'.length), reason: String(reason) };
  }
}

/**
 * Crosses a chunk off its page, and the page off the sweep when it was the last one.
 *
 * @param chunks how many the page has
 * @returns the sweep as it is now, when a page was crossed off
 */
export async function crossOff(
  { client, table }: SweepTable,
  { id, startedAt }: Sweep,
  { page, chunk, chunks }: { readonly page: number; readonly chunk?: number; readonly chunks: number },
): Promise<Sweep | undefined> {
  if (chunk !== undefined) {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: sweepKey(id), sk: numbered('TALLY', page) },
        UpdateExpression: 'ADD done :chunk SET expires = :expires',
        ExpressionAttributeValues: { ':chunk': new Set([chunk]), ':expires': expiryOf(startedAt) },
        ReturnValues: 'ALL_NEW',
      }),
    );
    if (((Attributes?.done as ReadonlySet<number> | undefined)?.size ?? 0) < chunks) return undefined;
  }
  const { Attributes = {} } = await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: sweepKey(id), sk: META },
      UpdateExpression: 'ADD pagesDone :page',
      ExpressionAttributeValues: { ':page': new Set([page]) },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return toSweep(Attributes);
}

/** Says that a sweep is over: its messages mean nothing any more. */
export async function markEnded({ client, table }: SweepTable, id: string, endedAt: string): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: sweepKey(id), sk: META },
      UpdateExpression: 'SET endedAt = if_not_exists(endedAt, :at)',
      ExpressionAttributeValues: { ':at': endedAt },
    }),
  );
}

/** Whether every key is listed and done. */
export const isWhole = ({ pages, pagesDone }: Sweep): boolean => pages !== undefined && (pagesDone?.size ?? 0) >= pages;
