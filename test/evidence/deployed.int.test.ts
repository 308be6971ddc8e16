import { gunzipSync } from 'node:zlib';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoClient, createS3Client } from '../../lib/aws/clients.ts';
import { createEvidenceStore } from '../../lib/aws/evidence-store.ts';
import { checkpointName, publicKeyName } from '../../lib/evidence/names.ts';
import type { HourlyResult } from '../../lib/evidence/run-hourly.ts';
import type { Checkpoint } from '../../lib/ledger/checkpoint.ts';
import type { InventoryEntry } from '../../lib/ledger/entry.ts';
import { INVENTORY } from '../../lib/ledger/keys.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws({ functionTimeout: 120 });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
});
afterAll(() => aws?.stop());

async function invoke(): Promise<HourlyResult> {
  const lambda = new LambdaClient(localClientConfig({ endpoint: aws.url, region: aws.region }));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'keywarden-dev-checkpoint', Payload: '{}' }));
  lambda.destroy();
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(text);
  return JSON.parse(text) as HourlyResult;
}

// The schedule of the deployed rule may fire meanwhile and add a checkpoint of its own.
test('The deployed function signs what happened, keeps it under lock, and takes the inventory of the day', async () => {
  const place = { endpoint: aws.url, region: aws.region };
  const kms = new KMSClient(localClientConfig(place));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  kms.destroy();
  await aws.idle();

  for (const _run of ['first', 'second']) {
    expect(await invoke()).toMatchObject({
      ended: expect.stringMatching(/^(complete|lost-race)$/),
      lock: { locked: true, mode: 'COMPLIANCE', period: { years: 7 } },
      problems: { found: 0, told: 0 },
    });
  }

  const ledger = { client: createDynamoClient(place), table: aws.table };
  const { problems, coverage } = await verifyLedger(ledger);
  expect(problems).toEqual([]);
  expect(coverage.checkpoints).toBeGreaterThanOrEqual(2);
  const checkpoints: Checkpoint[] = [];
  for await (const { text } of createTableSource(ledger).checkpoints()) checkpoints.push(JSON.parse(text));
  const subjects = checkpoints.flatMap(({ ranges }) => ranges.map(({ subject }) => subject));
  expect(subjects).toEqual(expect.arrayContaining([KeyMetadata?.Arn, INVENTORY]));

  const inventories: InventoryEntry[] = [];
  for await (const { entry } of readEntries(ledger, INVENTORY)) inventories.push(JSON.parse(String(entry)));
  const [{ inventory } = { inventory: undefined }, ...others] = inventories;
  expect(others).toEqual([]);
  const bucket = `keywarden-dev-evidence-${aws.account}-${aws.region}`;
  const s3 = createS3Client(place);
  const store = createEvidenceStore(s3, bucket);
  const names: string[] = [];
  for await (const name of store.list('')) names.push(name);
  expect(names).toEqual([
    ...checkpoints.map(({ number }) => checkpointName(number)),
    inventory?.object,
    publicKeyName(checkpoints[0]?.key ?? ''),
  ]);
  const lines = gunzipSync((await store.get(inventory?.object ?? '')) ?? new Uint8Array()).toString();
  expect(lines).toContain(`"arn":"${KeyMetadata?.Arn}"`);
  expect(lines.trimEnd().split('\n')).toHaveLength(inventory?.keys ?? 0);

  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  for (const { Key, VersionId } of Versions) {
    const deletion = new DeleteObjectCommand({ Bucket: bucket, Key, VersionId });
    await expect(s3.send(deletion)).rejects.toMatchObject({ name: 'AccessDenied' });
  }
  expect(Versions).toHaveLength(names.length);
});
