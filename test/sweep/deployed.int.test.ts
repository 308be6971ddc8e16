import { setTimeout as wait } from 'node:timers/promises';
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoClient } from '../../lib/aws/clients.ts';
import type { Entry, SweepEntry } from '../../lib/ledger/entry.ts';
import { SWEEPS } from '../../lib/ledger/keys.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

const KEYS = 24;

let aws: LocalAws;
let lambda: LambdaClient;
let kms: KMSClient;
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  aws = await startLocalAws({ visibilityTimeout: 10, functionTimeout: 30 });
  const config = localClientConfig({ endpoint: aws.url, region: aws.region });
  lambda = new LambdaClient(config);
  kms = new KMSClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: 'company-trail', CreateBucketConfiguration }));
  const trails = new CloudTrailClient(config);
  await trails.send(
    new CreateTrailCommand({ Name: 'company', S3BucketName: 'company-trail', IsMultiRegionTrail: true }),
  );
  await trails.send(new StartLoggingCommand({ Name: 'company' }));
}, 300_000);
afterAll(() => aws?.stop());

const place = () => ({ endpoint: aws.url, region: aws.region });
const table = () => ({ client: createDynamoClient(place()), table: aws.table });

async function readSweeps(): Promise<SweepEntry['sweep'][]> {
  const sweeps: SweepEntry['sweep'][] = [];
  for await (const { entry } of readEntries(table(), SWEEPS)) {
    const one = JSON.parse(String(entry)) as Entry;
    if (one.type === 'sweep') sweeps.push(one.sweep);
  }
  return sweeps;
}

async function invoke(): Promise<{ status: string; sweep: string }> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'keywarden-dev-sweep', Payload: '{}' }));
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(text);
  return JSON.parse(text) as { status: string; sweep: string };
}

/** Looks again until there is something; the test's own limit ends it. */
async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(200);
  }
}

test('The deployed function lists, looks at every key by its queue, and states it in the ledger, once more when a call of it crashes', async () => {
  const keys: string[] = [];
  for (let count = 0; count < KEYS; count += 1) {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: 'platform' }] }));
    await kms.send(new EnableKeyRotationCommand({ KeyId: KeyMetadata?.KeyId, RotationPeriodInDays: 365 }));
    keys.push(KeyMetadata?.Arn ?? '');
  }
  await aws.idle();
  // The function dies in the middle of its work, as Lambda ends one that is out of memory: its message comes again.
  aws.gateway.faults.add({ kind: 'crash-after', service: 'kms', operation: 'GetKeyPolicy', times: 1 });
  const { status, sweep } = await invoke();
  expect(['started', 'running']).toContain(status);
  const record = await eventually(async () => (await readSweeps()).find(({ id }) => id === sweep));
  expect(aws.gateway.faults.list()).toMatchObject([{ kind: 'crash-after', struck: 1 }]);
  expect(record).toMatchObject({ complete: true, baseline: true, notJudged: [], counts: { notReached: 0, unread: 0 } });
  // Besides those of the test there are the keys of the stack itself.
  expect(record.counts.listed).toBeGreaterThan(KEYS);
  expect(record.counts.judged + record.counts.managedByAws).toBe(record.counts.listed);
  expect((await verifyLedger(table())).problems).toEqual([]);
}, 240_000);
