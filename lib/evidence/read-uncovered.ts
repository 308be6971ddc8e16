import { queryItems } from '../aws/query-items.ts';
import { GENESIS, type Head } from '../ledger/chain.ts';
import type { CoveredRange } from '../ledger/checkpoint.ts';
import { LAST_SEQ, seqKey, subjectKey } from '../ledger/keys.ts';
import { type LedgerTable, readHead, type StoredEntry } from '../ledger/read.ts';
import { verifyEntry } from '../ledger/verify.ts';
import { readMark } from './chain-marks.ts';
import type { Problem } from './evidence.ts';

/** What the next checkpoint says of a chain: nothing, a range, or what is wrong with it. */
export interface Uncovered {
  readonly range?: CoveredRange;
  readonly problem?: Problem;
}

/**
 * Reads and verifies the entries of a chain that no checkpoint covers. Either all of them verify, up to the one that the head
 * names, or none of them is covered: of a chain that was rewritten, the place where it breaks is not where it was forged.
 */
export async function readUncovered(table: LedgerTable, subject: string): Promise<Uncovered> {
  // In this order: a mark that was read after the head might be further than it.
  const covered = (await readMark(table, subject)) ?? GENESIS;
  const head = await readHead(table, subject);
  const wrong = (seq: number, what: string): Uncovered => ({ problem: { subject, seq, what } });
  if (head === undefined) return wrong(0, 'the head of the chain is missing');
  if (!isPlace(head.seq) || head.seq === 0) return wrong(0, `altered: the head names entry ${head.seq}`);
  if (!isPlace(covered.seq)) return wrong(0, `altered: entry ${covered.seq} is marked as the last that is covered`);
  if (head.seq < covered.seq) {
    return wrong(
      head.seq + 1,
      `truncated: a checkpoint covers entry ${head.seq + 1}, the head does not name it any more`,
    );
  }
  if (head.seq === covered.seq) {
    return head.hash === covered.hash ? {} : wrong(head.seq, 'altered: the head names another entry than a checkpoint');
  }
  return verifyTo(table, subject, covered, head);
}

const isPlace = (seq: number): boolean => Number.isInteger(seq) && seq >= 0 && seq <= LAST_SEQ;

async function verifyTo(table: LedgerTable, subject: string, covered: Head, head: Head): Promise<Uncovered> {
  const hashes: string[] = [];
  let last = covered;
  for await (const item of readBetween(table, subject, covered.seq + 1, head.seq)) {
    const { head: next, problem } = verifyEntry(subject, item, last);
    if (problem !== undefined) return { problem: { subject, seq: last.seq + 1, what: problem } };
    hashes.push(next.hash);
    last = next;
  }
  if (last.seq < head.seq) {
    return { problem: { subject, seq: last.seq + 1, what: `missing: entry ${last.seq + 1} is not there` } };
  }
  if (last.hash !== head.hash) {
    return { problem: { subject, seq: last.seq, what: 'altered: the head names another entry' } };
  }
  return { range: { subject, from: covered.seq + 1, hashes } };
}

async function* readBetween(
  { client, table }: LedgerTable,
  subject: string,
  from: number,
  to: number,
): AsyncGenerator<StoredEntry> {
  yield* queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':from': seqKey(from), ':to': seqKey(to) },
    ConsistentRead: true,
  });
}
