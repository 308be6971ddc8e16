import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectLedger } from '../../cli/connect.ts';
import { createDynamoClient } from '../../lib/aws/clients.ts';
import { openExport } from '../../lib/ledger/export/folder-source.ts';
import { writeExport } from '../../lib/ledger/export/write-export.ts';
import {
  CHECKPOINT,
  COVERED,
  checkpointKey,
  eventKey,
  findingKey,
  HEAD,
  publicKeyKey,
  seqKey,
  subjectKey,
  WORK,
} from '../../lib/ledger/keys.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { judgeVerification } from '../../lib/ledger/verification.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { verifySource } from '../../lib/ledger/verify-source.ts';
import { keyArn, REGION } from './drafts.ts';
import { collect, createSigner, hashesOf, ORIGIN, signCheckpoints } from './export/model.ts';
import { appendEntries, fillTable, openTable, putCheckpoints, type Table } from './export/table.ts';

const signer = createSigner();
let table: Table;
beforeAll(async () => {
  table = await openTable();
}, 120_000);
afterAll(() => table.stop());

/** Every test has chains of its own, so that what one does to the table does not reach the others. */
beforeEach(async () => {
  const response = await fetch(`${table.url}/moto-api/reset`, { method: 'POST' });
  expect(response.ok).toBe(true);
  await table.create();
  await fillTable(table, 3, 9);
  const hashes = hashesOf(await collect(createTableSource(table).entries()));
  await putCheckpoints(table.client, signCheckpoints(hashes, [4, 7], signer), signer);
});

const verify = () => verifySource(createTableSource(table), { publicKeys: [signer.pem] });
const at = (pk: string, sk: string) => ({ TableName: ORIGIN.table, Key: { pk, sk } });

describe('a table that is read', () => {
  test('is whole, chain after chain, with its checkpoints and the key that they name', async () => {
    const verification = await verify();
    expect(verification).toMatchObject({ chains: 3, entries: 27, problems: [], unchecked: [] });
    expect(verification.coverage).toMatchObject({ checkpoints: 2, covered: 21, uncovered: 6, last: { number: 2 } });
    const own = await verifySource(createTableSource(table));
    expect(own).toMatchObject({ problems: [], coverage: { trusted: false, signedBy: [signer.fingerprint] } });
  });

  test('may grow meanwhile: every chain ends where its head was when it was read', async () => {
    const grown: string[] = [];
    const client = createDynamoClient({ region: REGION, endpoint: table.url });
    // Between the entries of a chain and its head, somebody appends to it.
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { ExpressionAttributeValues: values } = args.input as {
          ExpressionAttributeValues?: Record<string, unknown>;
        };
        const pk = String(values?.[':pk']);
        if (values?.[':part'] === 'SEQ#' && !grown.includes(pk)) {
          grown.push(pk);
          await appendEntries(table, pk.slice(subjectKey('').length), 10, 11);
        }
        return result;
      },
      { step: 'initialize', priority: 'low' },
    );
    const source = createTableSource({ client, table: ORIGIN.table });
    const parent = await mkdtemp(join(tmpdir(), 'keywarden-grow-'));
    const folder = join(parent, 'export');
    await writeExport(source, folder, ORIGIN);
    expect(grown).toHaveLength(3);
    expect(await verifySource(await openExport(folder))).toMatchObject({ chains: 3, entries: 33, problems: [] });
    await rm(parent, { recursive: true });
  });

  test('may get new chains and checkpoints meanwhile', async () => {
    const source = createTableSource(table);
    const between = {
      ...source,
      async *entries() {
        await appendEntries(table, keyArn(9), 1, 7);
        const hashes = hashesOf(await collect(createTableSource(table).entries()));
        const [, , third] = signCheckpoints(hashes, [4, 7, 9], signer);
        if (third !== undefined) await putCheckpoints(table.client, [third], signer, 3);
        yield* source.entries();
      },
    };
    expect(await verifySource(between)).toMatchObject({ problems: [], coverage: { checkpoints: 2 } });
  });

  test('does not hide a finding that was made up behind the broken chain that comes next', async () => {
    const made = { control: 'key-spec-approved', status: 'resolved', subject: keyArn(1), seq: 1 };
    const place = at(subjectKey(keyArn(1)), findingKey('key-spec-approved')).Key;
    await table.client.send(new PutCommand({ TableName: ORIGIN.table, Item: { ...place, ...made } }));
    await table.client.send(new DeleteCommand(at(subjectKey(keyArn(2)), seqKey(1))));
    const { problems } = await verifyLedger({ client: table.client, table: ORIGIN.table });
    const what = 'altered: the finding key-spec-approved is there, and no entry of the chain says so';
    expect(problems).toContainEqual({ subject: keyArn(1), seq: 0, what });
    expect(problems).toContainEqual(expect.objectContaining({ subject: keyArn(2), seq: 1 }));
  });

  test('is read although somebody put a number into it that JavaScript does not have', async () => {
    const raw = new DynamoDBClient({ region: REGION, endpoint: table.url });
    const [pk, sk] = [subjectKey(keyArn(1)), seqKey(10)];
    const Item = { pk: { S: pk }, sk: { S: sk }, seq: { N: '12345678901234567890123' } };
    await raw.send(new PutItemCommand({ TableName: ORIGIN.table, Item }));
    const connected = connectLedger({ region: REGION, endpointUrl: table.url, table: ORIGIN.table, format: 'text' });
    const { problems } = await verifySource(createTableSource(connected));
    expect(problems[0]).toMatchObject({ subject: keyArn(1), seq: 10, what: 'altered: the entry has no text' });
  });

  test.each<[string, () => Promise<unknown>, number, RegExp]>([
    [
      'that was restored from a backup in part',
      async () => {
        for (const seq of [6, 7, 8, 9]) {
          await table.client.send(new DeleteCommand(at(subjectKey(keyArn(2)), seqKey(seq))));
        }
        const older = { pk: subjectKey(keyArn(2)), sk: HEAD, seq: 5, hash: 'a'.repeat(64) };
        await table.client.send(new PutCommand({ TableName: ORIGIN.table, Item: older }));
      },
      6,
      /^truncated: checkpoint 2 covers entry 7, the last one is 5$/,
    ],
    [
      'of which a chain is gone with its head',
      async () => {
        const keys = [HEAD, ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(seqKey)];
        for (const sk of keys) await table.client.send(new DeleteCommand(at(subjectKey(keyArn(2)), sk)));
      },
      1,
      /^truncated: /,
    ],
    [
      'with a head that is no number',
      () =>
        table.client.send(
          new UpdateCommand({
            ...at(subjectKey(keyArn(2)), HEAD),
            UpdateExpression: 'SET seq = :seq',
            ExpressionAttributeValues: { ':seq': 'nine' },
          }),
        ),
      9,
      /^altered: the head does not say which entry is the last one/,
    ],
  ])('%s shows it', async (_name, act, seq, expected) => {
    await act();
    const { problems } = await verify();
    expect(problems.find(({ subject }) => subject === keyArn(2))).toMatchObject({
      seq,
      what: expect.stringMatching(expected),
    });
  });

  test('with a work item that names no number shows it, and can be exported', async () => {
    const item = at(eventKey(`${keyArn(2)} event-3`), WORK);
    const UpdateExpression = 'SET seq = :seq';
    await table.client.send(
      new UpdateCommand({ ...item, UpdateExpression, ExpressionAttributeValues: { ':seq': 'three' } }),
    );
    const parent = await mkdtemp(join(tmpdir(), 'keywarden-work-'));
    const folder = join(parent, 'export');
    await writeExport(createTableSource(table), folder, ORIGIN);
    const { problems } = await verifySource(await openExport(folder));
    expect(problems).toEqual([
      { subject: keyArn(2), seq: 0, what: 'altered: a work item of the chain does not say which entry it is about' },
    ]);
    await rm(parent, { recursive: true });
  });

  test('with a checkpoint that has neither text nor signature, or a key that is none, shows it', async () => {
    await table.client.send(
      new PutCommand({ TableName: ORIGIN.table, Item: { pk: CHECKPOINT, sk: checkpointKey(2) } }),
    );
    await table.client.send(
      new PutCommand({ TableName: ORIGIN.table, Item: { pk: CHECKPOINT, sk: publicKeyKey('x'), pem: 'none' } }),
    );
    const { problems } = await verify();
    expect(problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
      'export: altered: a public key of the ledger is no public key',
      'checkpoints: forged: the text is no checkpoint',
    ]);
  });

  test('of which the key is gone is not called whole', async () => {
    await table.client.send(new DeleteCommand(at(CHECKPOINT, publicKeyKey(signer.fingerprint))));
    const verification = await verifySource(createTableSource(table));
    expect(judgeVerification(verification)).toBe('not-checked');
    expect(verification.unchecked.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(verification.coverage).toMatchObject({ covered: 0, uncovered: 27 });
  });

  test('has items that are no entries, which change nothing', async () => {
    const Item = { pk: subjectKey(keyArn(1)), sk: COVERED, seq: 7 };
    await table.client.send(new PutCommand({ TableName: ORIGIN.table, Item }));
    expect(judgeVerification(await verify())).toBe('whole');
  });
});
