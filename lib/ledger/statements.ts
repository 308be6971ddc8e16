import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { hashText } from './chain.ts';
import type { CompletenessStatement, Entry } from './entry.ts';
import { COMPLETENESS, subjectKey } from './keys.ts';
import type { LedgerTable } from './read.ts';

/**
 * Reads the completeness statements, the newest first. An entry whose text does not fit its hash counts as not there: what it
 * says must not let a window be skipped. `keywarden ledger verify` names it.
 */
export async function* readStatements({ client, table }: LedgerTable): AsyncGenerator<CompletenessStatement> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :seq)',
        ExpressionAttributeValues: { ':pk': subjectKey(COMPLETENESS), ':seq': 'SEQ#' },
        ConsistentRead: true,
        ScanIndexForward: false,
        ExclusiveStartKey: start,
      }),
    );
    for (const { entry: text, hash } of page.Items ?? []) {
      if (typeof text !== 'string' || hashText(text) !== hash) continue;
      const entry = JSON.parse(text) as Entry;
      if (entry.type === 'statement') yield entry.statement;
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}
