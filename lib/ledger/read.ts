import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems, scanItems } from '../aws/query-items.ts';
import { type Head, hashText } from './chain.ts';
import type { Entry } from './entry.ts';
import type { Finding } from './finding.ts';
import { toFinding } from './items.ts';
import { findingKey, HEAD, subjectKey, WORK } from './keys.ts';

/** An entry as the table holds it; nothing of it is believed before it is verified. */
export type StoredEntry = Readonly<Record<string, unknown>>;

/** Where to read. */
export interface LedgerTable {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** Entries of one chain in the order of their keys, page by page. */
export async function* readEntries({ client, table }: LedgerTable, subject: string): AsyncGenerator<StoredEntry> {
  yield* queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :seq)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':seq': 'SEQ#' },
    ConsistentRead: true,
  });
}

/**
 * Entries of one chain, the newest first, without what only keys and indexes need.
 *
 * @param page how many DynamoDB reads at once; as many as it likes unless said
 */
export function readEntriesBack(
  { client, table }: LedgerTable,
  subject: string,
  page?: number,
): AsyncGenerator<StoredEntry> {
  return queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :seq)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':seq': 'SEQ#' },
    ProjectionExpression: 'entry, #hash',
    ExpressionAttributeNames: { '#hash': 'hash' },
    ConsistentRead: true,
    ScanIndexForward: false,
    ...(page === undefined ? {} : { Limit: page }),
  });
}

/**
 * Entries of one chain, the newest first, opened.
 *
 * @param most so many at most: what is older is not read
 * @returns undefined in place of an entry whose text does not fit its hash
 */
export async function* readNewest(
  table: LedgerTable,
  subject: string,
  most: number,
): AsyncGenerator<Entry | undefined> {
  let count = 0;
  for await (const item of readEntriesBack(table, subject, PAGE)) {
    yield openEntry(item);
    count += 1;
    if (count === most) return;
  }
}

/** What is looked for is among the newest entries as a rule. */
const PAGE = 50;

/** @returns undefined when the text does not fit its hash; whether it follows the one before is another question */
export function openEntry({ entry: text, hash }: StoredEntry): Entry | undefined {
  return typeof text === 'string' && hashText(text) === hash ? (JSON.parse(text) as Entry) : undefined;
}

/** Reads the head of a chain; undefined when there is none. */
export async function readHead({ client, table }: LedgerTable, subject: string): Promise<Head | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: { pk: subjectKey(subject), sk: HEAD }, ConsistentRead: true }),
  );
  return Item === undefined ? undefined : { seq: Number(Item.seq), hash: String(Item.hash) };
}

/** Every subject that the table knows of, and the newest entry of it that any work item names (0 when none does). */
export async function listSubjects({ client, table }: LedgerTable): Promise<ReadonlyMap<string, number>> {
  const subjects = new Map<string, number>();
  const note = (subject: string, seq: number) => subjects.set(subject, Math.max(seq, subjects.get(subject) ?? 0));
  const items = scanItems(client, {
    TableName: table,
    ProjectionExpression: 'pk, sk, subject, seq',
    ConsistentRead: true,
  });
  for await (const { pk, sk, subject, seq } of items) {
    if (sk === WORK) note(String(subject), Number(seq));
    else if (String(pk).startsWith(PREFIX)) note(String(pk).slice(PREFIX.length), 0);
  }
  return subjects;
}

const PREFIX = subjectKey('');

/**
 * The findings of one subject, whatever became of them, in the order of their ids.
 *
 * @param start how their ids begin, e.g. `grant-least-privilege#`; all of them when it is left out
 */
export async function* readFindings(
  { client, table }: LedgerTable,
  subject: string,
  start = '',
): AsyncGenerator<Finding> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :start)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':start': findingKey(start) },
    ConsistentRead: true,
  });
  for await (const item of items) yield toFinding(item);
}

/** The open findings, the one that changed last first. They are a projection: the chain of the subject is the proof. */
export async function* readOpenFindings({ client, table }: LedgerTable): AsyncGenerator<Finding> {
  const items = queryItems(client, {
    TableName: table,
    IndexName: 'openFindings',
    KeyConditionExpression: 'gsiOpen = :open',
    ExpressionAttributeValues: { ':open': 'OPEN' },
    ScanIndexForward: false,
  });
  for await (const item of items) yield toFinding(item);
}
