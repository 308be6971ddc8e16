import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import { readKeys } from '../aws/read-keys.ts';
import type { SignedCheckpoint } from '../ledger/checkpoint.ts';
import { CHECKPOINT, checkpointKey, PROGRESS, problemKey, publicKeyKey } from '../ledger/keys.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { putIf } from './put-if.ts';

/** A checkpoint with its number, as the table has it. */
export interface NumberedCheckpoint extends SignedCheckpoint {
  readonly number: number;
}

/** How far the making of checkpoints has come. It is a help: without it, everything is looked at again. */
export interface Progress {
  /** All checkpoints up to this number are in the bucket, and their chains are marked as covered. */
  readonly finished: number;
  /** ISO 8601 UTC: every chain that had grown by then is covered, or named as a problem. */
  readonly looked?: string;
  /** The day (`2026-08-03`) on which every chain was last looked at, whether it had grown or not. */
  readonly whole?: string;
}

/** Reads the newest checkpoint; undefined when there is none. */
export async function readLastCheckpoint(table: LedgerTable): Promise<NumberedCheckpoint | undefined> {
  for await (const newest of readNewestCheckpoints(table)) return newest;
  return undefined;
}

/** Reads the checkpoints, the newest first, one at a time: as a rule one is enough, and each may have hundreds of kilobytes. */
export async function* readNewestCheckpoints({ client, table }: LedgerTable): AsyncGenerator<NumberedCheckpoint> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :no)',
    ExpressionAttributeValues: { ':pk': CHECKPOINT, ':no': 'NO#' },
    ScanIndexForward: false,
    Limit: 1,
    ConsistentRead: true,
  });
  for await (const item of items) yield toCheckpoint(Number(String(item.sk).slice('NO#'.length)), item);
}

/** Reads one checkpoint; undefined when it is not there. */
export async function readCheckpoint(
  { client, table }: LedgerTable,
  number: number,
): Promise<NumberedCheckpoint | undefined> {
  const Key = { pk: CHECKPOINT, sk: checkpointKey(number) };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  return Item === undefined ? undefined : toCheckpoint(number, Item);
}

const toCheckpoint = (number: number, item: Record<string, unknown>): NumberedCheckpoint => ({
  number,
  text: String(item.text),
  signature: String(item.signature),
});

/** @returns false when there is a checkpoint with this number already: another run was first, and nothing was written */
export const addCheckpoint = (table: LedgerTable, { number, text, signature }: NumberedCheckpoint): Promise<boolean> =>
  putOnce(table, { pk: CHECKPOINT, sk: checkpointKey(number), text, signature });

/** Keeps a public key, so that it outlives its key in KMS. */
export const addPublicKey = (table: LedgerTable, fingerprint: string, pem: string): Promise<boolean> =>
  putOnce(table, { pk: CHECKPOINT, sk: publicKeyKey(fingerprint), pem });

/** Every public key that the table names, in PEM. */
export async function readPublicKeys({ client, table }: LedgerTable): Promise<readonly string[]> {
  const items = queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :key)',
    ExpressionAttributeValues: { ':pk': CHECKPOINT, ':key': publicKeyKey('') },
    ConsistentRead: true,
  });
  const pems: string[] = [];
  for await (const { pem } of items) pems.push(String(pem));
  return pems;
}

export async function readProgress({ client, table }: LedgerTable): Promise<Progress> {
  const Key = { pk: CHECKPOINT, sk: PROGRESS };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  const { finished = 0, looked, whole } = (Item ?? {}) as Partial<Progress>;
  // What is no time is as good as nothing: then everything is looked at.
  const isTime = looked !== undefined && !Number.isNaN(Date.parse(looked));
  return { finished, ...(isTime ? { looked } : {}), ...(whole === undefined ? {} : { whole }) };
}

/** @param from what was finished before; another run that finished more meanwhile is right, and stays */
export async function noteFinished({ client, table }: LedgerTable, number: number, from: number): Promise<void> {
  await ignoreCondition(
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: CHECKPOINT, sk: PROGRESS },
        UpdateExpression: 'SET finished = :number',
        ConditionExpression: 'attribute_not_exists(finished) OR finished = :from OR finished < :number',
        ExpressionAttributeValues: { ':number': number, ':from': from },
      }),
    ),
  );
}

/** Notes that every chain that had grown by a time is covered; with a day, that every chain was looked at. */
export async function noteLooked({ client, table }: LedgerTable, looked: string, whole?: string): Promise<void> {
  await ignoreCondition(
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: CHECKPOINT, sk: PROGRESS },
        UpdateExpression: `SET looked = :looked${whole === undefined ? '' : ', whole = :whole'}`,
        ConditionExpression: 'attribute_not_exists(looked) OR looked < :looked',
        ExpressionAttributeValues: { ':looked': looked, ...(whole === undefined ? {} : { ':whole': whole }) },
      }),
    ),
  );
}

/** @returns false when it was noted before */
export const noteProblem = (table: LedgerTable, digest: string, at: string): Promise<boolean> =>
  putOnce(table, { pk: CHECKPOINT, sk: problemKey(digest), at });

/** Which of these problems are noted as recorded and told. */
export async function readNoted(
  { client, table }: LedgerTable,
  digests: readonly string[],
  pause: (milliseconds: number) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const keys = digests.map((digest) => ({ pk: CHECKPOINT, sk: problemKey(digest) }));
  const items = await readKeys(client, table, keys, pause);
  return new Set(items.map(({ sk }) => String(sk).slice(problemKey('').length)));
}

const putOnce = (table: LedgerTable, item: Record<string, unknown>): Promise<boolean> =>
  putIf(table, { item, condition: 'attribute_not_exists(pk)' });

/** Whoever was further already is right. */
async function ignoreCondition(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
  }
}
