import { CreateTableCommand, DeleteTableCommand, type KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, type DynamoDBDocumentClient, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import { createDynamoClient } from '../../../lib/aws/clients.ts';
import { GENESIS } from '../../../lib/ledger/chain.ts';
import type { SignedCheckpoint } from '../../../lib/ledger/checkpoint.ts';
import { CHECKPOINT, checkpointKey, publicKeyKey } from '../../../lib/ledger/keys.ts';
import { createLedger, type Writer } from '../../../lib/ledger/ledger.ts';
import { recordNote } from '../../../lib/ledger/note.ts';
import { startMoto } from '../../../local/moto.ts';
import { keyArn, REGION } from '../drafts.ts';
import { draftFor, ORIGIN, type Signer } from './model.ts';

const schema: KeySchemaElement[] = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];

/** A ledger table of its own on moto. */
export async function openTable() {
  const moto = await startMoto();
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const client = createDynamoClient({ region: REGION, endpoint: moto.url });
  const create = (TableName: string = ORIGIN.table) =>
    client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: schema.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: schema,
      }),
    );
  await create();
  return { client, table: ORIGIN.table, url: moto.url, create, stop: () => moto.stop() };
}

export type Table = Awaited<ReturnType<typeof openTable>>;

const WRITER: Writer = { owner: 'test', recordedBy: 'keywarden 0.1.0 test', leaseUntil: Date.parse('2030-01-01') };

/** Appends to a chain as the pipeline does: every kind of entry, from one number to another. */
export async function appendEntries(
  { client, table }: Pick<Table, 'client' | 'table'>,
  subject: string,
  from: number,
  to: number,
): Promise<void> {
  let now = Date.UTC(2026, 7, 3, 9, 0, from);
  const clock = () => new Date(now);
  const ledger = createLedger({ client, table, clock, pause: async () => undefined });
  for (let seq = from; seq <= to; seq += 1) {
    now += 1_000;
    const draft = draftFor(subject, seq);
    const eventId = `${subject} event-${seq}`;
    if (draft.type !== 'action') await recordNote(ledger, { subject, eventId, draft }, WRITER);
    else {
      const looked =
        seq === 1 ? { work: undefined, head: GENESIS, findings: new Map(), waivers: new Map() } : undefined;
      const append = { subject, eventId, draft, controls: [], findings: () => [], stage: () => 'done' as const };
      await ledger.record(append, WRITER, looked);
    }
  }
}

/**
 * Fills a table with chains of every kind of entry. Each chain is written into a table of its own and then copied, item by
 * item: moto copies the whole table for every transaction, and fails when transactions meet.
 */
export async function fillTable(table: Table, chains: number, length: number): Promise<void> {
  const { client, create } = table;
  for (let chain = 1; chain <= chains; chain += 1) {
    const written = `chain-${chain}`;
    await create(written);
    await appendEntries({ client, table: written }, keyArn(chain), 1, length);
    for await (const { Items = [] } of paginateScan({ client }, { TableName: written })) {
      await putItems(table, Items);
    }
    await client.send(new DeleteTableCommand({ TableName: written }));
  }
}

/** DynamoDB takes so many in one request. */
const MOST_PUTS = 25;

async function putItems({ client, table }: Table, items: readonly Record<string, unknown>[]): Promise<void> {
  for (let done = 0; done < items.length; done += MOST_PUTS) {
    const puts = items.slice(done, done + MOST_PUTS).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
  }
}

/**
 * Puts checkpoints and the public key where the writer of checkpoints puts them.
 *
 * @param first number of the first of them
 */
export async function putCheckpoints(
  client: DynamoDBDocumentClient,
  checkpoints: readonly SignedCheckpoint[],
  { fingerprint, pem }: Signer,
  first = 1,
): Promise<void> {
  const put = (sk: string, item: object) =>
    client.send(new PutCommand({ TableName: ORIGIN.table, Item: { pk: CHECKPOINT, sk, ...item } }));
  await put(publicKeyKey(fingerprint), { pem });
  for (const [place, { text, signature }] of checkpoints.entries()) {
    await put(checkpointKey(place + first), { text, signature });
  }
}
