import { createHash } from 'node:crypto';
import { GetCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import { countKey, DUE, digestKey, eventKey, heldKey, WORK } from '../ledger/keys.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { chooseWait, codesOf, lostRace, type TransactItem } from '../ledger/transact.ts';

/** What is told of a finding that many others came with. */
export interface HeldNews {
  /** As people name it: lib/ledger/finding-ref.ts. */
  readonly finding: string;
  readonly control: string;
  readonly state: string;
  /** `low`, `medium`, `high` or `critical`. */
  readonly severity: string;
  readonly reason: string;
  readonly eventId: string;
  /** sha256 (hex) of the plan that waits for an approval. */
  readonly plan?: string;
}

/** Holds back what is too much to be read, and loses nothing of it. */
export interface Storm {
  /**
   * Counts what is to be told, and holds it when there was more than enough of it.
   *
   * @returns the window whose digest tells it; undefined when it must be told at once
   * @throws what DynamoDB and SQS throw
   */
  hold(news: HeldNews, at: Date): Promise<string | undefined>;
  /** What was held, the gravest first. */
  read(window: string): AsyncGenerator<HeldNews>;
  /** Windows that have ended and whose digest was not sent; a second or so behind. */
  listDue(at: Date): Promise<readonly string[]>;
  /** Notes that the digest of a window was sent. */
  settle(window: string): Promise<void>;
}

/** How many messages may be sent in how many minutes; the grave ones are counted apart from the others. */
export interface StormLimit {
  readonly messages: number;
  readonly minutes: number;
}

/** Id of the entry about the digest of a window. From when it is there, nothing more is held for this window. */
export const digestId = (window: string): string => `digest-${window}`;

/** What `gsiOpen` says of a digest that is due. */
const IS_DUE = 'DIGEST';

/** Attempts to write what others write at the same time; after them it is told at once. */
const MOST_TRIES = 6;

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/**
 * @param options.later sends a message to ourselves that arrives after so many seconds
 * @param options.pause waits so many milliseconds
 */
export function createStorm(options: {
  readonly table: LedgerTable;
  readonly limit: StormLimit;
  readonly later: (message: { readonly digest: { readonly window: string } }, seconds: number) => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
}): Storm {
  const { table, limit, later, pause } = options;
  const { client, table: TableName } = table;

  /** A number that only grows: a retry counts twice, and the limit is reached a little earlier. */
  async function count(window: string, kind: string): Promise<number> {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName,
        Key: { pk: digestKey(window), sk: countKey(kind) },
        UpdateExpression: 'ADD messages :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(Attributes?.messages);
  }

  /** Before anything is held, so that whatever is held has a digest that is due, whatever crashes. */
  async function order(window: string, at: Date): Promise<void> {
    const Key = { pk: digestKey(window), sk: DUE };
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    if (Item !== undefined) return;
    const end = endOf(window, limit.minutes);
    await later({ digest: { window } }, Math.max(0, Math.ceil((end.getTime() - at.getTime()) / 1000)));
    await write([
      {
        Put: {
          TableName,
          Item: { ...Key, window, gsiOpen: IS_DUE, gsiTime: end.toISOString() },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]);
  }

  /** @returns why each item was refused, in their order; empty when all were written */
  async function write(items: TransactItem[]): Promise<readonly string[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.send(new TransactWriteCommand({ TransactItems: items }));
        return [];
      } catch (error) {
        const codes = codesOf(error);
        if (codes.includes('ConditionalCheckFailed')) return codes;
        if (!lostRace(codes) || attempt === MOST_TRIES) throw error;
        await pause(chooseWait(attempt, Math.random));
      }
    }
  }

  return {
    async hold(news, at) {
      const window = windowOf(at, limit.minutes);
      const isGrave = news.severity === 'critical';
      if ((await count(window, isGrave ? 'CRITICAL' : 'OTHERS')) <= limit.messages) return undefined;
      await order(window, at);
      const [digest] = await write([
        {
          ConditionCheck: {
            TableName,
            Key: { pk: eventKey(digestId(window)), sk: WORK },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        { Put: { TableName, Item: heldItem(window, news), ConditionExpression: 'attribute_not_exists(pk)' } },
      ]);
      // Refused for the second reason it is held already, by a delivery before this one.
      return digest === 'ConditionalCheckFailed' ? undefined : window;
    },

    async *read(window) {
      const items = queryItems(client, {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :held)',
        ExpressionAttributeValues: { ':pk': digestKey(window), ':held': 'HELD#' },
        ConsistentRead: true,
      });
      for await (const { pk: _pk, sk: _sk, ...news } of items) yield news as unknown as HeldNews;
    },

    async listDue(at) {
      const due: string[] = [];
      const items = queryItems(client, {
        TableName,
        IndexName: 'openFindings',
        KeyConditionExpression: 'gsiOpen = :due AND gsiTime <= :now',
        ExpressionAttributeValues: { ':due': IS_DUE, ':now': at.toISOString() },
      });
      for await (const { window } of items) due.push(String(window));
      return due;
    },

    async settle(window) {
      await write([{ Put: { TableName, Item: { pk: digestKey(window), sk: DUE, window, sent: true } } }]);
    },
  };
}

const heldItem = (window: string, news: HeldNews) => {
  const { finding, eventId, state } = news;
  const digest = createHash('sha256')
    .update(JSON.stringify([finding, eventId, state]))
    .digest('hex');
  return { pk: digestKey(window), sk: heldKey(rankOf(news), digest), ...news };
};

/** What waits for a person comes before what is only told. */
const rankOf = ({ severity, state }: HeldNews): number => {
  const place = SEVERITIES.indexOf(severity);
  return (place === -1 ? SEVERITIES.length : place) * 2 + (state === 'needs-approval' ? 0 : 1);
};

const MINUTE = 60_000;

/**
 * Which window a time is in.
 *
 * @param minutes how long windows are
 * @returns when it began, e.g. `2026-08-03T09:15Z`
 */
export function windowOf(at: Date, minutes: number): string {
  const began = Math.floor(at.getTime() / (minutes * MINUTE)) * minutes * MINUTE;
  return `${new Date(began).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}Z`;
}

const endOf = (window: string, minutes: number): Date => new Date(Date.parse(window) + minutes * MINUTE);
