import { queryItems } from '../lib/aws/query-items.ts';
import type { Finding } from '../lib/ledger/finding.ts';
import { toFinding, toWaiver } from '../lib/ledger/items.ts';
import { findingKey, subjectKey, waiverKey } from '../lib/ledger/keys.ts';
import type { LedgerTable } from '../lib/ledger/read.ts';
import type { GrantedWaiver } from '../lib/ledger/waiver.ts';

/** Every finding that a subject has or had, whatever became of it. */
export const readFindings = (table: LedgerTable, subject: string): Promise<readonly Finding[]> =>
  readBeside(table, subject, findingKey(''), toFinding);

/** Every waiver that was granted by order for a subject, also those that ended. */
export const readWaivers = (table: LedgerTable, subject: string): Promise<readonly GrantedWaiver[]> =>
  readBeside(table, subject, waiverKey(''), toWaiver);

async function readBeside<T>(
  { client, table }: LedgerTable,
  subject: string,
  prefix: string,
  read: (item: Record<string, unknown>) => T,
): Promise<readonly T[]> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':prefix': prefix },
    ConsistentRead: true,
  });
  const found: T[] = [];
  for await (const item of items) found.push(read(item));
  return found;
}
