import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoClient } from '../../lib/aws/clients.ts';
import type { SweepEntry } from '../../lib/ledger/entry.ts';
import { SWEEPS } from '../../lib/ledger/keys.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import type { Calls } from '../../lib/sweep/pace.ts';
import { addTallies, NO_TALLY, readCurrent, readResults, type SweepTable } from '../../lib/sweep/store.ts';
import { startGateway } from '../../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../local/moto.ts';
import type { WorkerOrder, WorkerReport } from './report.ts';

const REGION = 'eu-west-1';
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Megabytes of JavaScript objects that a worker may have: a fifth of what the function has. */
const MOST_OBJECTS = 96;
const VISIBLE_AFTER = 15;

/** What a sweep that was killed half way came to. */
export interface SweptRun {
  readonly record: SweepEntry['sweep'];
  /** Calls to KMS for all keys. */
  readonly calls: Calls;
  /** Keys that were finished when the workers were killed. */
  readonly finishedAtKill: number;
  /** Keys among them that were described again. */
  readonly repeated: number;
  readonly peakMegabytes: number;
  /** Of listing, and of looking at all keys, the restart included. */
  readonly listSeconds: number;
  readonly sweepSeconds: number;
}

/**
 * Makes keys on a local AWS of its own and sweeps them with two workers, each a process. When half of the keys are finished, both
 * are killed (SIGKILL), and two others go on.
 *
 * @param keys how many
 */
export async function runKilledSweep(keys: number, progress: (text: string) => void): Promise<SweptRun> {
  const moto = await startMoto();
  const gateway = await startGateway({ motoUrl: moto.url, account: LOCAL_ACCOUNT });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  try {
    const client = createDynamoClient({ region: REGION, endpoint: moto.url });
    const order = await prepare(client, moto.url, gateway.url);
    await makeTrail(gateway.url);
    await makeKeys(new KMSClient({ region: REGION, endpoint: moto.url }), keys, progress);
    return await sweep({ client, table: order.table }, order, keys, progress);
  } finally {
    await gateway.stop();
    await moto.stop();
  }
}

async function prepare(client: SweepTable['client'], moto: string, gateway: string): Promise<WorkerOrder> {
  const names = ['pk', 'sk', 'gsiOpen', 'gsiDay', 'gsiTime', 'gsiHead'];
  const schemaOf = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  const all = { Projection: { ProjectionType: 'ALL' as const } };
  await client.send(
    new CreateTableCommand({
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: schemaOf('pk', 'sk'),
      GlobalSecondaryIndexes: [
        { IndexName: 'openFindings', KeySchema: schemaOf('gsiOpen', 'gsiTime'), ...all },
        { IndexName: 'byDay', KeySchema: schemaOf('gsiDay', 'gsiTime'), ...all },
        { IndexName: 'heads', KeySchema: schemaOf('gsiHead', 'gsiTime'), ...all },
      ],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: 'sweeps',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.slice(0, 2).map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: schemaOf('pk', 'sk'),
    }),
  );
  const sqs = new SQSClient({ region: REGION, endpoint: moto });
  const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'sweep' }));
  const place = { region: REGION, account: LOCAL_ACCOUNT, gateway, moto, ledger: 'ledger', table: 'sweeps', queueUrl };
  return { ...place, visibilitySeconds: VISIBLE_AFTER, begins: false };
}

/** Without a trail that logs KMS every key would be a finding. */
async function makeTrail(endpoint: string): Promise<void> {
  const place = { region: REGION, endpoint };
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  const s3 = new S3Client({ ...place, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'logs', CreateBucketConfiguration }));
  const cloudTrail = new CloudTrailClient(place);
  await cloudTrail.send(new CreateTrailCommand({ Name: 'company', S3BucketName: 'logs', IsMultiRegionTrail: true }));
  await cloudTrail.send(new StartLoggingCommand({ Name: 'company' }));
}

/** In order, so that most of them cost no entry of the ledger, as in an account that is looked after. */
async function makeKeys(kms: KMSClient, keys: number, progress: (text: string) => void): Promise<void> {
  const numbers = Array.from({ length: keys }, (_, number) => number).values();
  const make = async () => {
    for (const number of numbers) {
      // What KMS takes for granted is said, because moto is asked past the gateway.
      const usual = { KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'SYMMETRIC_DEFAULT', Origin: 'AWS_KMS' } as const;
      const Tags = [{ TagKey: 'owner', TagValue: 'bench' }];
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ ...usual, Tags }));
      await kms.send(new EnableKeyRotationCommand({ KeyId: KeyMetadata?.KeyId, RotationPeriodInDays: 365 }));
      if (number % 100 === 0) progress(`${number} keys made`);
    }
  };
  await Promise.all([make(), make(), make(), make()]);
}

async function sweep(
  table: SweepTable,
  order: WorkerOrder,
  keys: number,
  progress: (text: string) => void,
): Promise<SweptRun> {
  const begun = performance.now();
  const lister = await startWorker({ ...order, begins: true }).ended;
  const listed = performance.now();
  const id = (await readCurrent(table))?.id ?? '';
  const firsts = [startWorker(order), startWorker(order)];
  while ((await countResults(table, id)).size < keys / 2) {
    await pause(Math.min(5000, keys * 2));
    progress(`${(await countResults(table, id)).size} of ${keys} keys, before the workers are killed`);
  }
  for (const { kill } of firsts) await kill();
  const finished = await countResults(table, id);
  progress(`${finished.size} keys were finished`);
  const seconds = await Promise.all([startWorker(order).ended, startWorker(order).ended]);
  const record = await readRecord({ client: table.client, table: order.ledger }, id);
  const again = seconds
    .flatMap(({ described }) => described)
    .filter((arn) => finished.has(arn.slice(arn.indexOf('/') + 1)));
  let tally = NO_TALLY;
  for await (const result of readResults(table, id)) tally = addTallies(tally, result.tally);
  return {
    record,
    calls: tally.calls,
    finishedAtKill: finished.size,
    repeated: new Set(again).size,
    peakMegabytes: Math.max(...[lister, ...seconds].map(({ peakMegabytes }) => peakMegabytes)),
    listSeconds: (listed - begun) / 1000,
    sweepSeconds: (Date.parse(record.endedAt) - Date.parse(record.startedAt)) / 1000,
  };
}

async function countResults(table: SweepTable, id: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { keyId } of readResults(table, id)) ids.add(keyId);
  return ids;
}

async function readRecord(ledger: SweepTable, id: string): Promise<SweepEntry['sweep']> {
  for await (const { entry } of readEntries(ledger, SWEEPS)) {
    const one = JSON.parse(String(entry)) as SweepEntry;
    if (one.type === 'sweep' && one.sweep.id === id) return one.sweep;
  }
  throw new Error(`The sweep ${id} did not come to its end.`);
}

function startWorker(order: WorkerOrder) {
  const child = fork(WORKER, [JSON.stringify(order)], {
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    execArgv: [`--max-old-space-size=${MOST_OBJECTS}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const report = once(child, 'message').then(([one]) => one as WorkerReport);
  const died = gone.then(([code]) => {
    throw new Error(`A worker of the sweep ended with ${String(code)} and said nothing.`);
  });
  const ended = Promise.race([report, died]);
  // Only what waits for an answer hears of it.
  for (const one of [died, ended]) one.catch(() => undefined);
  return {
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
