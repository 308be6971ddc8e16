import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { draftMalformed } from '../../lib/ledger/fit.ts';
import { type Append, BusyError, createLedger } from '../../lib/ledger/ledger.ts';

const SUBJECT = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const START = Date.parse('2026-08-03T09:00:00Z');
const LEASE = 60_000;

const APPEND: Append = {
  subject: SUBJECT,
  eventId: 'e-1',
  draft: draftMalformed('{', { code: 'not-json', message: 'It is no JSON.' }),
  controls: [],
  findings: () => [],
  stage: () => 'done',
};

/** Answers that the emulator cannot give: DynamoDB that refuses a transaction for reasons of its own. */
function createBusyTable(refusals: readonly (readonly string[])[], random = 0.5) {
  let now = START;
  const waits: number[] = [];
  let left = [...refusals];
  let transactions = 0;
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-west-1' }));
  client.send = async (command: { readonly constructor: { readonly name: string } }) => {
    if (command.constructor.name !== 'TransactWriteCommand') return { Responses: {} };
    transactions += 1;
    const [codes, ...others] = left;
    left = others;
    if (codes === undefined) return {};
    throw new TransactionCanceledException({
      message: 'Transaction cancelled',
      $metadata: {},
      CancellationReasons: codes.map((Code) => ({ Code })),
    });
  };
  const ledger = createLedger({
    client,
    table: 'ledger',
    clock: () => new Date(now),
    pause: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
    random: () => random,
  });
  const record = (append: Partial<Append> = {}, lease = LEASE) =>
    ledger.record({ ...APPEND, ...append }, { owner: 'w', recordedBy: 'keywarden test', leaseUntil: START + lease });
  return { record, waits, transactions: () => transactions };
}

const LOST = ['None', 'None', 'TransactionConflict'];

describe('an entry that others keep from being appended', () => {
  test('is tried again after a random part of a time that doubles up to 1.6 seconds', async () => {
    const { record, waits } = createBusyTable(Array(10).fill(LOST));
    expect((await record()).result).toBe('written');
    expect(waits).toEqual([25, 50, 100, 200, 400, 800, 800, 800, 800, 800]);
    const lucky = createBusyTable([LOST, LOST], 0);
    expect((await lucky.record()).result).toBe('written');
    expect(lucky.waits).toEqual([0, 0]);
  });

  test.each([
    ['another transaction touches the same items', ['None', 'TransactionConflict', 'None']],
    ['the head has moved', ['None', 'None', 'ConditionalCheckFailed']],
    ['the chain takes no more writes for now', ['ThrottlingError', 'None', 'None']],
    ['the table takes no more writes for now', ['None', 'ProvisionedThroughputExceeded', 'None']],
  ])('is tried again when %s', async (_why, codes) => {
    const { record, transactions } = createBusyTable([codes]);
    expect((await record()).result).toBe('written');
    expect(transactions()).toBe(2);
  });

  test.each([
    ['it is too large', ['None', 'ItemCollectionSizeLimitExceeded']],
    ['it is not valid', ['ValidationError', 'TransactionConflict']],
  ])('is not tried again when %s', async (_why, codes) => {
    const { record, transactions } = createBusyTable([codes]);
    await expect(record()).rejects.toThrow('Transaction cancelled');
    expect(transactions()).toBe(1);
  });

  test('returns to its queue while there is time left to finish others, and says how often it was tried', async () => {
    const { record, waits } = createBusyTable(Array(200).fill(LOST), 0.999);
    const failed = record();
    await expect(failed).rejects.toThrow(BusyError);
    await expect(failed).rejects.toThrow(/grew under every one of 24 attempts to append; the message returns/);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(LEASE - 2_000);
  });

  test('is tried six times when less than two seconds are left of the lease, and not once more', async () => {
    const { record, transactions } = createBusyTable(Array(200).fill(LOST));
    await expect(record({}, 0)).rejects.toThrow(/every one of 6 attempts/);
    expect(transactions()).toBe(6);
    const earlier = createBusyTable(Array(200).fill(LOST));
    await expect(earlier.record({}, 10_000)).rejects.toThrow(BusyError);
    expect(earlier.transactions()).toBe(15);
    expect(earlier.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(8_000);
  });

  test('is not written when what it says does not hold any more', async () => {
    const asked: number[] = [];
    const { record, transactions } = createBusyTable([LOST, LOST, LOST]);
    const stillHolds = async () => asked.push(transactions()) < 2;
    expect((await record({ stillHolds })).result).toBe('outdated');
    expect(asked).toEqual([1, 2]);
    expect(transactions()).toBe(2);
  });
});
