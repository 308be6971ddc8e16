import { setTimeout as pause } from 'node:timers/promises';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerTable } from '../ledger/read.ts';

/** What is put, and when. */
export interface ConditionalPut {
  readonly item: Record<string, unknown>;
  readonly condition: string;
  readonly values?: Record<string, unknown>;
}

const MOST_TRIES = 6;

/**
 * Puts one item under a condition, in a transaction of one: the roles may put nothing outside of transactions.
 *
 * @returns false when the condition is not met; then nothing was written
 * @throws what DynamoDB throws; another transaction on the same item is waited for, and thrown after some attempts
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export async function putIf(
  { client, table }: LedgerTable,
  { item, condition, values }: ConditionalPut,
): Promise<boolean> {
  const put = { TableName: table, Item: item, ConditionExpression: condition, ExpressionAttributeValues: values };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: [{ Put: put }] }));
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ConditionalCheckFailed') return false;
      if (code !== 'TransactionConflict' || attempt === MOST_TRIES) throw error;
      await pause(20 * attempt * attempt);
    }
  }
}

/** Why the one item was refused; undefined for any other error. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return undefined;
  const { CancellationReasons: [reason] = [] } = error as { CancellationReasons?: readonly { Code?: string }[] };
  return reason?.Code;
}
