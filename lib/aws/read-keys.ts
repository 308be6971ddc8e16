import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The most keys that one call takes: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const BATCH = 100;
const MOST_TRIES = 8;

type Item = Readonly<Record<string, unknown>>;

/**
 * Reads items by their keys, by consistent reads. What DynamoDB leaves unanswered is asked for again after a pause.
 *
 * @param keys any number of them, none twice
 * @param pause waits so many milliseconds
 * @returns those that are there, in no order
 * @throws what DynamoDB throws, and an Error when it leaves keys unanswered every time
 */
export async function readKeys(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly Item[],
  pause: (milliseconds: number) => Promise<void>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let at = 0; at < keys.length; at += BATCH) {
    let wanted: Record<string, unknown>[] = keys.slice(at, at + BATCH);
    for (let attempt = 1; wanted.length > 0; attempt += 1) {
      if (attempt > MOST_TRIES)
        throw new Error(`DynamoDB left ${wanted.length} keys of ${table} unanswered ${MOST_TRIES} times; try again.`);
      if (attempt > 1) await pause(50 * 2 ** attempt);
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
      );
      items.push(...(Responses?.[table] ?? []));
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return items;
}
