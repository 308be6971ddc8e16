import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import type { Entry } from './entry.ts';
import type { Finding } from './finding.ts';
import { toWaiver, WAIVED } from './items.ts';
import { seqKey, subjectKey } from './keys.ts';
import { type LedgerTable, openEntry, readEntriesBack, readOpenFindings } from './read.ts';
import type { GrantedWaiver } from './waiver.ts';

/** An entry is not there, or is not what was written: nothing is decided by it. */
export class BrokenChainError extends Error {
  override name = 'BrokenChainError';
}

/** What is looked up in the table. */
export interface LookUp {
  /**
   * @param seq place of the entry in the chain
   * @throws {BrokenChainError} when it is not there, or its text does not fit its hash
   */
  readEntry(subject: string, seq: number): Promise<Entry>;
  /**
   * Entries of a chain, the newest first.
   *
   * @throws {BrokenChainError} at the first one whose text does not fit its hash
   */
  readBack(subject: string): AsyncGenerator<Entry>;
  /** Open findings of all subjects. An index: it follows the table by moments, and its findings are looked at again. */
  openFindings(): AsyncGenerator<Finding>;
  /**
   * Waivers by order whose last day is one of these, and which nobody withdrew. By the same index.
   *
   * @param days e.g. from `2026-08-01` to `2026-08-31`, both included
   */
  grantedWaivers(days: { readonly from: string; readonly to: string }): AsyncGenerator<GrantedWaiver>;
}

/** Reads the ledger table. Each function throws what DynamoDB throws. */
export const createLookUp = ({ client, table }: LedgerTable): LookUp => ({
  async readEntry(subject, seq) {
    const { Item = {} } = await client.send(
      new GetCommand({
        TableName: table,
        Key: { pk: subjectKey(subject), sk: seqKey(seq) },
        ConsistentRead: true,
      }),
    );
    return openEntry(Item) ?? complain(subject, `Entry ${seq}`);
  },

  async *readBack(subject) {
    let newer: number | undefined;
    for await (const stored of readEntriesBack({ client, table }, subject, PAGE)) {
      const entry =
        openEntry(stored) ?? complain(subject, newer === undefined ? 'The newest entry' : `Entry ${newer - 1}`);
      newer = entry.seq;
      yield entry;
    }
  },

  openFindings: () => readOpenFindings({ client, table }),

  async *grantedWaivers({ from, to }) {
    const items = queryItems(client, {
      TableName: table,
      IndexName: 'openFindings',
      KeyConditionExpression: 'gsiOpen = :waived AND gsiTime BETWEEN :from AND :to',
      // What follows the day begins with `#`, which comes before `~`.
      ExpressionAttributeValues: { ':waived': WAIVED, ':from': from, ':to': `${to}~` },
    });
    for await (const item of items) yield toWaiver(item);
  },
});

/** What is looked for is as a rule among the newest. */
const PAGE = 25;

function complain(subject: string, which: string): never {
  throw new BrokenChainError(
    `${which} of ${subject} is not there, or is not what was written. Run: keywarden ledger verify`,
  );
}
