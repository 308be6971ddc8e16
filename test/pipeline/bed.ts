import { setTimeout as pause } from 'node:timers/promises';
import { CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { CreateTableCommand, type KeySchemaElement } from '@aws-sdk/client-dynamodb';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  EnableKeyRotationCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { createOfficer } from '../../lib/alert/officer.ts';
import { createCall } from '../../lib/aws/call.ts';
import {
  createCloudTrailClient,
  createDynamoClient,
  createIamClient,
  createKmsClient,
  createSnsClient,
  createSqsClient,
  createSsmClient,
} from '../../lib/aws/clients.ts';
import { createKillSwitch } from '../../lib/aws/kill-switch.ts';
import { createLater } from '../../lib/aws/later.ts';
import { controlIds } from '../../lib/controls/index.ts';
import { chooseReader } from '../../lib/facts/choose-reader.ts';
import type { Entry } from '../../lib/ledger/entry.ts';
import { createHistoryReader } from '../../lib/ledger/history.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import type { Delivery, Pipeline } from '../../lib/pipeline.ts';
import { loadPolicy } from '../../lib/policy/load-policy.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { startGateway } from '../../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../local/moto.ts';

export const REGION = 'eu-west-1';
export const ACCOUNT = LOCAL_ACCOUNT;
export const SELF_ROLE = `arn:aws:iam::${ACCOUNT}:role/keywarden-dev-lifecycle`;
const LEASE = 60_000;
export const KILL_SWITCH = '/keywarden/test/kill-switch';

/** What happens to a call of the pipeline: it may fail before AWS gets it, or after AWS did it. */
export type Fault = (call: {
  readonly number: number;
  readonly operation: string;
}) => 'crash' | 'lose-response' | undefined;

const LOGS = 'logs';

/** By hand: the project needs no client of S3 for anything else. */
async function createBucket(endpoint: string, name: string): Promise<void> {
  const scope = `Credential=anyone/20260803/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`;
  const body = `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}` };
  const { ok, status } = await fetch(`${endpoint}/${name}`, { method: 'PUT', headers, body });
  if (!ok) throw new Error(`The bucket ${name} was not made: ${status}.`);
}

const schemaOf = (hash: string, range: string): KeySchemaElement[] => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
];

/** The pipeline on a real emulator, over HTTP, with the real SDK: only the place of the crash and the clock are ours. */
export async function openBed() {
  const moto = await startMoto();
  const gateway = await startGateway({ motoUrl: moto.url, account: ACCOUNT });
  const options = { region: REGION, endpoint: gateway.url };
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const kms = createKmsClient(options);
  const dynamo = createDynamoClient(options);
  const sns = createSnsClient(options);
  const sqs = new SQSClient(options);
  const table = 'ledger';
  await dynamo.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsiOpen', 'gsiDay', 'gsiTime', 'gsiHead'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: schemaOf('pk', 'sk'),
      GlobalSecondaryIndexes: [
        { IndexName: 'openFindings', KeySchema: schemaOf('gsiOpen', 'gsiTime'), Projection: { ProjectionType: 'ALL' } },
        { IndexName: 'byDay', KeySchema: schemaOf('gsiDay', 'gsiTime'), Projection: { ProjectionType: 'KEYS_ONLY' } },
        { IndexName: 'heads', KeySchema: schemaOf('gsiHead', 'gsiTime'), Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  );
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'officer' }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'inbox' }));
  const inbox = `arn:aws:sqs:${REGION}:${ACCOUNT}:inbox`;
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: inbox }));

  const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'lifecycle' }));
  const ssm = createSsmClient(options);
  const setKillSwitch = (Value: string) =>
    ssm.send(new PutParameterCommand({ Name: KILL_SWITCH, Value, Type: 'String', Overwrite: true }));
  await setKillSwitch('off');

  const cloudTrail = createCloudTrailClient(options);
  await createBucket(gateway.url, LOGS);

  /** A trail that is logging, as any account must have one. */
  async function createTrail(Name: string): Promise<string> {
    const trail = { Name, S3BucketName: LOGS, IsMultiRegionTrail: true };
    const { TrailARN = '' } = await cloudTrail.send(new CreateTrailCommand(trail));
    await cloudTrail.send(new StartLoggingCommand({ Name }));
    return TrailARN;
  }
  await createTrail('organisation-wide');

  let now = Date.parse('2026-08-03T09:00:00Z');
  let deliveries = 0;
  const clock = () => new Date(now);

  /** A new invocation: own clients, own calls; `died` settles when the fault kills it. */
  function start(fault: Fault = () => undefined, overrides: Partial<Policy> = {}, ownClock = clock) {
    const calls: string[] = [];
    let die: () => void = () => undefined;
    const died = new Promise<'died'>((resolve) => {
      die = () => resolve('died');
    });
    const clients = [
      createKmsClient(options),
      createDynamoClient(options),
      createSnsClient(options),
      createSsmClient(options),
      createSqsClient(options),
      createIamClient(options),
      createCloudTrailClient(options),
    ] as const;
    for (const client of clients) {
      // The stacks differ only in the types of their inputs, which this middleware does not look at.
      (client as KMSClient).middlewareStack.add(
        (next, context) => async (args) => {
          const operation = String(context.commandName).replace(/Command$/, '');
          const result = await next(args);
          calls.push(operation);
          const what = fault({ number: calls.length, operation });
          if (what === 'lose-response') throw new Error(`socket hang up after ${operation}`);
          if (what === 'crash') {
            die();
            await new Promise(() => undefined);
          }
          return result;
        },
        { step: 'initialize' },
      );
    }
    const policy = { ...loadPolicy('keywarden.policy.yml', controlIds), ...overrides };
    const pipeline: Pipeline = {
      policy,
      policyDigest: 'f'.repeat(64),
      account: ACCOUNT,
      region: REGION,
      stage: 'dev',
      selfRoleArns: [SELF_ROLE],
      ownResources: ['arn:aws:*:*:*:*keywarden-dev-*'],
      ledger: createLedger({ client: clients[1], table, clock: ownClock, pause }),
      records: { client: clients[1], table },
      stopped: createKillSwitch(clients[3], KILL_SWITCH, ownClock),
      later: createLater(clients[4], queueUrl),
      factsOf: chooseReader({
        kms: clients[0],
        iam: clients[5],
        cloudTrail: () => clients[6],
        account: ACCOUNT,
        region: REGION,
        readHistory: createHistoryReader({ client: clients[1], table }),
        readLastUse: () => Promise.resolve(undefined),
      }),
      call: createCall({ kms: () => clients[0], cloudTrail: () => clients[6] }),
      tell: createOfficer(clients[2], topicArn),
      count: () => undefined,
      clock: ownClock,
      pause: async () => undefined,
      log: { info: () => undefined, warn: () => undefined },
    };
    return { pipeline, calls, died };
  }

  /** The same, in a time of its own. */
  const startAt = (ownClock: () => Date, overrides: Partial<Policy>) => start(undefined, overrides, ownClock);

  /** The next delivery comes after the lease of the one before. */
  function deliver(last = false): Delivery {
    deliveries += 1;
    now += 2 * LEASE;
    return {
      writer: { owner: `invocation-${deliveries}`, recordedBy: 'keywarden test', leaseUntil: now + LEASE },
      last,
    };
  }

  async function createKey(input: CreateKeyCommandInput = {}, rotate = false): Promise<string> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    const arn = KeyMetadata?.Arn ?? '';
    if (rotate) await kms.send(new EnableKeyRotationCommand({ KeyId: arn, RotationPeriodInDays: 365 }));
    return arn;
  }

  async function readChain(subject: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const item of readEntries({ client: dynamo, table }, subject)) {
      entries.push(JSON.parse(String(item.entry)) as Entry);
    }
    return entries;
  }

  /** What the officer was told since the last call: what SNS hands to a machine, and its attributes. */
  async function readInbox(): Promise<{ json: Record<string, unknown>; attributes: Record<string, string> }[]> {
    const messages = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return messages;
      for (const { Body = '' } of Messages) {
        const envelope = JSON.parse(Body) as { Message: string; MessageAttributes: Record<string, { Value: string }> };
        messages.push({
          json: JSON.parse(envelope.Message) as Record<string, unknown>,
          attributes: Object.fromEntries(
            Object.entries(envelope.MessageAttributes).map(([name, { Value }]) => [name, Value]),
          ),
        });
      }
      const Entries = Messages.map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  async function stop() {
    await gateway.stop();
    await moto.stop();
  }

  return {
    gateway,
    kms,
    cloudTrail,
    createTrail,
    dynamo,
    table,
    start,
    startAt,
    deliver,
    createKey,
    readChain,
    readInbox,
    setKillSwitch,
    sqs,
    queueUrl,
    stop,
  };
}

export type Bed = Awaited<ReturnType<typeof openBed>>;
