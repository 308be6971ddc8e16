import { queryItems } from '../aws/query-items.ts';
import { hashText } from './chain.ts';
import type { CompletenessStatement, Entry } from './entry.ts';
import { COMPLETENESS, subjectKey } from './keys.ts';
import type { LedgerTable } from './read.ts';

/**
 * Reads the completeness statements, the newest first. An entry whose text does not fit its hash counts as not there: what it
 * says must not let a window be skipped. `keywarden ledger verify` names it.
 */
export async function* readStatements({ client, table }: LedgerTable): AsyncGenerator<CompletenessStatement> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :seq)',
    ExpressionAttributeValues: { ':pk': subjectKey(COMPLETENESS), ':seq': 'SEQ#' },
    ConsistentRead: true,
    ScanIndexForward: false,
  });
  for await (const { entry: text, hash } of items) {
    if (typeof text !== 'string' || hashText(text) !== hash) continue;
    const entry = JSON.parse(text) as Entry;
    if (entry.type === 'statement') yield entry.statement;
  }
}
