import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from '@jest/globals';
import { compareWindow } from '../../lib/reconcile/compare-window.ts';
import type { RecordSource } from '../../lib/reconcile/record-source.ts';
import { ACCOUNT, REGION } from './records.ts';

const nothing: RecordSource = {
  source: 'lookup-events',
  account: ACCOUNT,
  region: REGION,
  queries: [],
  notAsked: [],
  covers: () => true,
  async *read() {},
};

test('A comparison that does not know the names of the parts of Keywarden is not complete', async () => {
  const statement = await compareWindow(
    {
      // Nothing is asked of it: there is no record, and a gap keeps everybody from being accused.
      table: { client: DynamoDBDocumentClient.from(new DynamoDBClient({ region: REGION })), table: 'ledger' },
      account: ACCOUNT,
      ownResources: [],
      clock: () => new Date('2026-08-03T12:00:00Z'),
      pause: async () => undefined,
      by: 'test',
      version: '0',
    },
    nothing,
    { from: '2026-08-03T09:00:00Z', to: '2026-08-03T10:00:00Z' },
  );
  expect(statement.complete).toBe(false);
  expect(statement.gaps).toEqual([
    { what: 'changes of what Keywarden is made of', reason: expect.stringContaining('KEYWARDEN_OWN_RESOURCES') },
  ]);
});
