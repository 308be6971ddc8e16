import {
  type DynamoDBDocumentClient,
  paginateQuery,
  paginateScan,
  type QueryCommandInput,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';

type Item = Readonly<Record<string, unknown>>;

/**
 * Gives the items of a query in its order; the next page is asked for when the one before is used up.
 *
 * @param query with `Limit`, pages have no more items than that
 * @throws what DynamoDB throws
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 */
export async function* queryItems(client: DynamoDBDocumentClient, query: QueryCommandInput): AsyncGenerator<Item> {
  for await (const { Items } of paginateQuery({ client }, { ...query })) yield* Items ?? [];
}

/**
 * Gives the items of a whole table, or of what a filter leaves of it; DynamoDB charges for all that it reads.
 *
 * @throws what DynamoDB throws
 */
export async function* scanItems(client: DynamoDBDocumentClient, scan: ScanCommandInput): AsyncGenerator<Item> {
  for await (const { Items } of paginateScan({ client }, { ...scan })) yield* Items ?? [];
}
