import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { createSigner } from '../../lib/aws/signer.ts';
import { REPORTS } from '../../lib/ledger/keys.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import type { PackData } from '../../lib/report/pack-data.ts';
import { verifyPack } from '../../lib/report/verify-pack.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

const root = mkdtempSync(join(tmpdir(), 'keywarden-deployed-report-'));

let aws: LocalAws;
let config: ReturnType<typeof localClientConfig>;
let outputs: Record<string, string>;

beforeAll(async () => {
  aws = await startLocalAws({ visibilityTimeout: 1 });
  config = localClientConfig({ endpoint: aws.url, region: aws.region });
  const { Stacks = [] } = await new CloudFormationClient(config).send(new DescribeStacksCommand({}));
  outputs = Object.fromEntries(
    Stacks.flatMap(({ Outputs = [] }) =>
      Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  );
}, 300_000);
afterAll(async () => {
  await aws?.stop();
  rmSync(root, { recursive: true });
});

async function invoke(output: string, input: unknown): Promise<Record<string, unknown>> {
  const FunctionName = outputs[output];
  const { Payload, FunctionError } = await new LambdaClient(config).send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(input) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (FunctionError !== undefined) throw new Error(`${FunctionName}: ${JSON.stringify(answer)}`);
  return answer as Record<string, unknown>;
}

async function waitForEntry(subject: string): Promise<void> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(200)) {
    for await (const _entry of readEntries({ client, table: outputs.LedgerTableName ?? '' }, subject)) return;
  }
  throw new Error(`Nothing was recorded of ${subject}.`);
}

async function unpack(Bucket: string, Key: string): Promise<string> {
  const { Body } = await new S3Client({ ...config, forcePathStyle: true }).send(new GetObjectCommand({ Bucket, Key }));
  const files = unzipSync((await Body?.transformToByteArray()) ?? new Uint8Array());
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test('the deployed function makes a signed pack of what was recorded, and keeps it in the evidence bucket', async () => {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const kms = new KMSClient(config);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: '<script>alert(1)</script>' }));
  const key = KeyMetadata?.Arn ?? '';
  await waitForEntry(key);
  await invoke('CheckpointFunctionName', {});
  const made = await invoke('ReportFunctionName', { from, to: new Date().toISOString() });
  expect(made).toMatchObject({ status: 'made', ledger: 'whole', bucket: outputs.EvidenceBucketName });
  expect(made).not.toHaveProperty('unsigned');

  const folder = await unpack(String(made.bucket), String(made.object));
  const { pem } = await createSigner(kms, outputs.SigningKeyArn ?? '').publicKey();
  expect(await verifyPack(folder, pem)).toMatchObject({
    problems: [],
    signature: 'given',
    manifestSha256: made.manifestSha256,
  });
  const data = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as PackData;
  expect(data.integrity).toMatchObject({ state: 'whole', lastCheckpoint: { number: expect.any(Number) } });
  expect(data.coverage.complete).toBe(false);
  const rows = readFileSync(join(folder, 'populations/actions.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toContainEqual(expect.objectContaining({ api: 'CreateKey', subject: key }));
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).not.toContain('<script>alert(1)');

  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const entries: string[] = [];
  for await (const { entry } of readEntries({ client, table: outputs.LedgerTableName ?? '' }, REPORTS))
    entries.push(String(entry));
  expect(entries).toEqual([expect.stringContaining(String(made.manifestSha256))]);
}, 120_000);
