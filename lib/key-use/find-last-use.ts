import { queryItems } from '../aws/query-items.ts';
import type { SeenUse } from '../facts/key-facts.ts';
import { keyPartition } from './items.ts';
import type { UseTable } from './store.ts';

/**
 * Makes the reader of a key's last use that succeeded, as the files of CloudTrail tell it. It costs little: the items of a
 * key are read from the newest hour back, until one tells of a use.
 *
 * @returns a function of a key's ARN that gives undefined when no file told of one, which says nothing of the hours that
 *   nobody looked at; it throws what DynamoDB throws
 */
export const createLastUseReader =
  ({ client, table }: UseTable) =>
  async (arn: string): Promise<SeenUse | undefined> => {
    const items = queryItems(client, {
      TableName: table,
      KeyConditionExpression: 'pk = :key',
      FilterExpression: 'attribute_exists(lastUse)',
      ExpressionAttributeValues: { ':key': keyPartition(arn) },
      ProjectionExpression: 'sk, lastUse, lastOperation',
      ScanIndexForward: false,
    });
    let newest: SeenUse | undefined;
    let hour: string | undefined;
    for await (const { sk, lastUse, lastOperation } of items) {
      hour ??= String(sk).slice(0, 'yyyy-mm-ddThh'.length);
      // Every file of that hour counts, and none before it.
      if (!String(sk).startsWith(hour)) return newest;
      const use = { at: String(lastUse), operation: String(lastOperation) };
      if (newest === undefined || use.at > newest.at) newest = use;
    }
    return newest;
  };
