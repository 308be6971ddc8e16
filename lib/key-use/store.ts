import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { UseRow } from './count.ts';
import { expiryOf, type FileItem, fileKey, makeUseItems, type UseItem } from './items.ts';
import type { LogFile } from './log-file.ts';

/** Where the uses are. */
export interface UseTable {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** Calls under way at the same time. */
const ABREAST = 16;

/**
 * Writes the rows of one file. Writing them again changes nothing.
 *
 * Single puts instead of batches: they cost the same, and the right to batches is the right to delete too.
 *
 * @param rows sorted, as a counter gives them
 * @throws what DynamoDB throws; some of the items may be written then
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/api-permissions-reference.html
 */
export async function putUses(
  table: UseTable,
  fileId: string,
  rows: readonly UseRow[],
  keepDays: number,
): Promise<void> {
  const items = makeUseItems(fileId, rows, keepDays).values();
  // All of them take from the same items.
  await Promise.all(Array.from({ length: ABREAST }, () => putEach(table, items)));
}

async function putEach({ client, table }: UseTable, items: Iterable<UseItem>): Promise<void> {
  for (const Item of items) await client.send(new PutCommand({ TableName: table, Item }));
}

/** Reads what became of a file; undefined when nobody looked at it. */
export async function findFile(
  { client, table }: UseTable,
  file: LogFile | { readonly key: string },
): Promise<FileItem | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: fileKey(file), ConsistentRead: true }));
  if (Item === undefined) return undefined;
  const { pk: _pk, sk: _sk, expires: _expires, ...item } = Item;
  return item as unknown as FileItem;
}

/**
 * Writes what became of a file. That a file was read is never overwritten by that it could not be read another time.
 *
 * @throws what DynamoDB throws
 */
export async function putFile(
  { client, table }: UseTable,
  file: LogFile | { readonly key: string },
  item: FileItem,
  keepDays: number,
): Promise<void> {
  const Item = { ...fileKey(file), ...item, expires: expiryOf(item.minute ?? item.at, keepDays) };
  const unlessRead = {
    ConditionExpression: 'attribute_not_exists(pk) OR outcome <> :read',
    ExpressionAttributeValues: { ':read': 'read' },
  };
  try {
    await client.send(new PutCommand({ TableName: table, Item, ...(item.outcome === 'read' ? {} : unlessRead) }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
