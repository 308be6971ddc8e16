import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand, type KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { createOfficer } from '../../lib/alert/officer.ts';
import {
  createDynamoClient,
  createKmsClient,
  createS3Client,
  createSnsClient,
  createSqsClient,
} from '../../lib/aws/clients.ts';
import { createEvidenceStore } from '../../lib/aws/evidence-store.ts';
import { createSigner } from '../../lib/aws/signer.ts';
import type { Evidence } from '../../lib/evidence/evidence.ts';
import {
  type Checkpoint,
  digestOfCheckpoint,
  FIRST_PREVIOUS,
  openCheckpoint,
  readPublicKey,
} from '../../lib/ledger/checkpoint.ts';
import type { Entry } from '../../lib/ledger/entry.ts';
import { draftMalformed } from '../../lib/ledger/fit.ts';
import { CHECKPOINT } from '../../lib/ledger/keys.ts';
import { createLedger, type Writer } from '../../lib/ledger/ledger.ts';
import { recordNote } from '../../lib/ledger/note.ts';
import { readEntries } from '../../lib/ledger/read.ts';
import { startGateway } from '../../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../local/moto.ts';

export const REGION = 'eu-west-1';
const HOUR = 3_600_000;

/** What happens to a call after AWS did it: the process dies, or the answer is lost. */
export type Fault = (call: {
  readonly number: number;
  readonly operation: string;
}) => 'crash' | 'lose-response' | undefined;

const schemaOf = (hash: string, range: string): KeySchemaElement[] => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
];

/** A real emulator, over HTTP, with the real SDK: only the place of the crash and the clock are ours. */
export async function openBed() {
  const moto = await startMoto();
  const gateway = await startGateway({ motoUrl: moto.url, account: LOCAL_ACCOUNT });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const options = { region: REGION, endpoint: gateway.url };
  let worlds = 0;
  return {
    options,
    openWorld: () => {
      worlds += 1;
      return openWorld(options, `w${worlds}`);
    },
    async stop() {
      await gateway.stop();
      await moto.stop();
    },
  };
}

/** A ledger with its bucket, key and officer. */
async function openWorld(options: { region: string; endpoint: string }, name: string) {
  const dynamo = createDynamoClient(options);
  const kms = createKmsClient(options);
  const s3 = createS3Client(options);
  const sns = createSnsClient(options);
  const sqs = createSqsClient(options);
  const table = { client: dynamo, table: `${name}-ledger` };
  await dynamo.send(
    new CreateTableCommand({
      TableName: table.table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsiHead', 'gsiTime'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: schemaOf('pk', 'sk'),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'heads',
          KeySchema: schemaOf('gsiHead', 'gsiTime'),
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['seq', 'hash'] },
        },
      ],
    }),
  );
  const bucket = `${name}-evidence`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const lock = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 7 } } } as const;
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: lock }));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY' }));
  const keyArn = KeyMetadata?.Arn ?? '';
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: `${name}-officer` }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-inbox` }));
  const Endpoint = `arn:aws:sqs:${REGION}:${LOCAL_ACCOUNT}:${name}-inbox`;
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint }));

  let now = Date.parse('2026-08-03T00:10:00Z');
  let invocations = 0;
  const clock = () => new Date(now);
  const ledger = createLedger({ client: dynamo, table: table.table, clock, pause });

  /** A new invocation, an hour later: own clients; `died` settles when the fault kills it. */
  function start(fault: Fault = () => undefined, overrides: Partial<Evidence> = {}, hours = 1) {
    now += hours * HOUR;
    invocations += 1;
    const calls: string[] = [];
    let die: () => void = () => undefined;
    const died = new Promise<'died'>((resolve) => {
      die = () => resolve('died');
    });
    const [client, kmsClient, s3Client, snsClient] = [
      createDynamoClient(options),
      createKmsClient(options),
      createS3Client(options),
      createSnsClient(options),
    ] as const;
    for (const one of [client, kmsClient, s3Client, snsClient]) {
      // The stacks differ only in the types of their inputs, which this middleware does not look at.
      (one as KMSClient).middlewareStack.add(
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
    const evidence: Evidence = {
      table: { client, table: table.table },
      ledger: createLedger({ client, table: table.table, clock, pause }),
      store: createEvidenceStore(s3Client, bucket),
      bucket,
      retentionYears: 7,
      signer: createSigner(kmsClient, keyArn),
      tell: createOfficer(snsClient, topicArn),
      kms: kmsClient,
      account: LOCAL_ACCOUNT,
      region: REGION,
      clock,
      pause: async () => undefined,
      hasTime: () => true,
      ...overrides,
    };
    const writer: Writer = {
      owner: `invocation-${invocations}`,
      recordedBy: `keywarden test invocation-${invocations}`,
      leaseUntil: now,
    };
    return { evidence, writer, calls, died };
  }

  let bodies = 0;
  async function append(subject: string, count = 1): Promise<void> {
    for (let one = 0; one < count; one += 1) {
      bodies += 1;
      const draft = draftMalformed(`body ${bodies}`, { code: 'not-json', message: 'It is no JSON.' });
      const writer = { owner: 'lifecycle', recordedBy: 'keywarden test', leaseUntil: now };
      await recordNote(ledger, { subject, eventId: `${name}-event-${bodies}`, draft }, writer);
    }
  }

  async function readChain(subject: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const item of readEntries(table, subject)) entries.push(JSON.parse(String(item.entry)) as Entry);
    return entries;
  }

  async function readCheckpointItems(): Promise<Record<string, unknown>[]> {
    const { Items = [] } = await dynamo.send(
      new QueryCommand({
        TableName: table.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': CHECKPOINT },
        ConsistentRead: true,
      }),
    );
    return Items;
  }

  /** All checkpoints, each verified by its signature, its number and the one before it. */
  async function readCheckpoints(): Promise<Checkpoint[]> {
    const items = await readCheckpointItems();
    const keys = new Map(
      items
        .filter(({ sk }) => String(sk).startsWith('KEY#'))
        .map(({ pem }) => readPublicKey(String(pem)))
        .map(({ key, fingerprint }) => [fingerprint, key]),
    );
    let previous = FIRST_PREVIOUS;
    return items
      .filter(({ sk }) => String(sk).startsWith('NO#'))
      .map((item, place) => {
        const signed = { text: String(item.text), signature: String(item.signature) };
        const opened = openCheckpoint(signed, keys);
        if (!('checkpoint' in opened)) throw new Error(`Checkpoint ${place + 1}: ${opened.problem}`);
        const { checkpoint } = opened;
        if (checkpoint.number !== place + 1) throw new Error(`Checkpoint ${checkpoint.number} stands at ${place + 1}.`);
        if (checkpoint.previous !== previous) throw new Error(`Checkpoint ${checkpoint.number} does not follow.`);
        previous = digestOfCheckpoint(signed);
        return checkpoint;
      });
  }

  /** The hashes that checkpoints cover of each chain. @throws when they have a gap or an overlap */
  async function readCovered(): Promise<Map<string, string[]>> {
    const covered = new Map<string, string[]>();
    for (const { number, ranges } of await readCheckpoints()) {
      for (const { subject, from, hashes } of ranges) {
        const before = covered.get(subject) ?? [];
        if (from !== before.length + 1) {
          throw new Error(`Checkpoint ${number} covers ${subject} from ${from} after ${before.length}.`);
        }
        covered.set(subject, [...before, ...hashes]);
      }
    }
    return covered;
  }

  async function readHashes(subject: string): Promise<string[]> {
    const hashes: string[] = [];
    for await (const { hash } of readEntries(table, subject)) hashes.push(String(hash));
    return hashes;
  }

  /** What the officer was told since the last call. */
  async function readInbox(): Promise<{ state: string; json: Record<string, unknown>; text: string }[]> {
    const messages = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return messages;
      for (const { Body = '' } of Messages) {
        const envelope = JSON.parse(Body) as { Message: string; MessageAttributes: { state: { Value: string } } };
        const json = JSON.parse(envelope.Message) as Record<string, unknown>;
        messages.push({ state: envelope.MessageAttributes.state.Value, json, text: envelope.Message });
      }
      const Entries = Messages.map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  return {
    table,
    bucket,
    keyArn,
    kms,
    s3,
    dynamo,
    start,
    append,
    readChain,
    readCheckpoints,
    readCheckpointItems,
    readCovered,
    readHashes,
    readInbox,
  };
}

export type Bed = Awaited<ReturnType<typeof openBed>>;
export type World = Awaited<ReturnType<Bed['openWorld']>>;
