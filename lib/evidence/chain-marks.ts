import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import type { Head } from '../ledger/chain.ts';
import { COVERED, HEAD, subjectKey } from '../ledger/keys.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { putIf } from './put-if.ts';

/** How far checkpoints cover a chain; undefined when they do not cover it at all. */
export async function readMark({ client, table }: LedgerTable, subject: string): Promise<Head | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: { pk: subjectKey(subject), sk: COVERED }, ConsistentRead: true }),
  );
  return Item === undefined ? undefined : { seq: Number(Item.seq), hash: String(Item.hash) };
}

/**
 * Marks a chain as covered up to an entry. A mark never moves back, so that runs may do this twice and at once.
 *
 * @param at ISO 8601 UTC: when the checkpoint was made
 */
export async function writeMark(
  table: LedgerTable,
  { subject, covered, at }: { readonly subject: string; readonly covered: Head; readonly at: string },
): Promise<void> {
  const { seq, hash } = covered;
  const keys = { pk: subjectKey(subject), sk: COVERED, gsiHead: COVERED, gsiTime: `${at}#${subject}` };
  await putIf(table, {
    item: { ...keys, seq, hash },
    condition: 'attribute_not_exists(pk) OR seq < :seq',
    values: { ':seq': seq },
  });
}

/**
 * The heads or the marks of all chains, from the index; what was written within the last seconds may be missing.
 *
 * @param since ISO 8601 UTC: only those that were written since then
 */
export async function* listEnds(
  { client, table }: LedgerTable,
  kind: typeof HEAD | typeof COVERED,
  since = '',
): AsyncGenerator<{ readonly subject: string; readonly end: Head }> {
  const items = queryItems(client, {
    TableName: table,
    IndexName: 'heads',
    KeyConditionExpression: 'gsiHead = :kind AND gsiTime >= :since',
    ExpressionAttributeValues: { ':kind': kind, ':since': since === '' ? ' ' : since },
  });
  for await (const { pk, seq, hash } of items) {
    yield { subject: String(pk).slice(PREFIX.length), end: { seq: Number(seq), hash: String(hash) } };
  }
}

const PREFIX = subjectKey('');

/**
 * Chains that a checkpoint must look at, sorted as checkpoints sort them.
 *
 * @param since chains that grew since then; undefined for all whose head is not what is marked as covered, those whose head
 *   is gone included
 */
export async function listSubjectsToCover(table: LedgerTable, since: string | undefined): Promise<readonly string[]> {
  const subjects = new Map<string, Head>();
  for await (const { subject, end } of listEnds(table, HEAD, since)) subjects.set(subject, end);
  if (since === undefined) {
    for await (const { subject, end } of listEnds(table, COVERED)) {
      const head = subjects.get(subject);
      if (head !== undefined && head.seq === end.seq && head.hash === end.hash) subjects.delete(subject);
      else if (head === undefined) subjects.set(subject, end);
    }
  }
  return [...subjects.keys()].sort();
}
