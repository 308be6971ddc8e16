import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { createCall } from '../../lib/aws/call.ts';
import { createCloudTrailClient, createDynamoClient, createIamClient, createKmsClient } from '../../lib/aws/clients.ts';
import { chooseReader } from '../../lib/facts/choose-reader.ts';
import type { Fact, Trail } from '../../lib/facts/key-facts.ts';
import type { SweepEntry } from '../../lib/ledger/entry.ts';
import { createHistoryReader } from '../../lib/ledger/history.ts';
import { SWEEPS } from '../../lib/ledger/keys.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { rememberFor, type SweepContext } from '../../lib/sweep/context.ts';
import { createSendSweep, readSweepMessage } from '../../lib/sweep/message.ts';
import { paceClient } from '../../lib/sweep/pace.ts';
import { handleSweepMessage, startSweep } from '../../lib/sweep/run-sweep.ts';
import { ACCOUNT, openBed, REGION } from '../pipeline/bed.ts';

/** How one worker is: what its calls of KMS meet, and how long it lives. */
export interface Worker {
  /** Called before each call of KMS gets out; may throw what AWS would. */
  readonly beforeCall?: (operation: string, keyId: string) => void;
  /** Whether the time is used up, asked before each key and page. */
  readonly outOfTime?: () => boolean;
  readonly policy?: Partial<Policy>;
  readonly maxReceives?: number;
}

/** The pipeline's bed, with the table and the queue of sweeps. */
export async function openSweepBed() {
  const bed = await openBed();
  const options = { region: REGION, endpoint: bed.gateway.url };
  const table = 'sweeps';
  await bed.dynamo.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  const Attributes = { VisibilityTimeout: '0' };
  const { QueueUrl = '' } = await bed.sqs.send(new CreateQueueCommand({ QueueName: 'sweep', Attributes }));
  const counted: string[] = [];
  // moto dates keys and grants by the clock on the wall; the sweep of the tests comes a day later.
  let now = Date.now() + 86_400_000;

  /** A new container: own clients, own buckets. */
  function openWorker({ beforeCall, outOfTime = () => false, policy = {} }: Worker = {}) {
    const kms = createKmsClient(options);
    const calls: { readonly operation: string; readonly keyId: string }[] = [];
    kms.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const operation = String(commandName).replace(/Command$/, '');
          const keyId = String((args.input as { KeyId?: string }).KeyId ?? '');
          beforeCall?.(operation, keyId);
          calls.push({ operation, keyId });
          return next(args);
        },
      { step: 'initialize' },
    );
    const counter = paceClient(kms, { quotaPercent: 80, processes: 1, now: () => 0, pause: async () => undefined });
    const client = createDynamoClient(options);
    const ledgerTable = { client, table: bed.table };
    const cloudTrail = createCloudTrailClient(options);
    const clock = () => new Date(now);
    const { pipeline } = bed.startAt(clock, policy);
    const context = (last: boolean): SweepContext => ({
      pipeline: {
        ...pipeline,
        count: (metric) => counted.push(metric),
        factsOf: chooseReader({
          kms,
          iam: createIamClient(options),
          cloudTrail: () => cloudTrail,
          account: ACCOUNT,
          region: REGION,
          readHistory: createHistoryReader(ledgerTable),
          readLastUse: () => Promise.resolve(undefined),
        }),
        call: createCall({ kms: () => kms as KMSClient, cloudTrail: () => cloudTrail }),
      },
      kms,
      counter,
      ledgerTable,
      table: { client, table },
      send: createSendSweep(bed.sqs, QueueUrl, pause),
      trails,
      delivery: { writer: deliver(), last },
      outOfTime,
      version: '1.2.3',
    });
    const trails = rememberFor<Fact<readonly Trail[]>>(300_000, () => 0);
    return { context, calls, kms };
  }
  type Opened = ReturnType<typeof openWorker>;

  let deliveries = 0;
  function deliver() {
    deliveries += 1;
    return { owner: `sweep-${deliveries}`, recordedBy: 'keywarden test', leaseUntil: now + 60_000 };
  }

  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await bed.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 0,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages;
  }

  /**
   * Hands the messages of the queue to a worker until there is none, or the worker has had enough. What fails comes again.
   *
   * @param most messages
   */
  async function work(worker: Opened, { maxReceives = 5, most = Number.POSITIVE_INFINITY } = {}): Promise<string[]> {
    const failures: string[] = [];
    const counts = new Map<string, number>();
    let taken = 0;
    for (;;) {
      const messages = await receive();
      if (messages.length === 0) return failures;
      for (const { MessageId = '', Body = '', ReceiptHandle } of messages) {
        if (taken === most) return failures;
        taken += 1;
        const count = (counts.get(MessageId) ?? 0) + 1;
        counts.set(MessageId, count);
        try {
          await handleSweepMessage(worker.context(count >= maxReceives), readSweepMessage(Body));
        } catch (error) {
          failures.push(String(error));
          if (count < maxReceives) continue;
        }
        await bed.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  const begin = (worker: Opened) => startSweep(worker.context(false));

  async function readSweeps(): Promise<SweepEntry['sweep'][]> {
    return (await bed.readChain(SWEEPS)).flatMap((entry) => (entry.type === 'sweep' ? [entry.sweep] : []));
  }

  const say = (message: unknown) =>
    bed.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));

  return {
    ...bed,
    sweepTable: { client: bed.dynamo, table },
    openWorker,
    work,
    begin,
    say,
    readSweeps,
    /** What CloudWatch would count. */
    counted,
    /** Time goes by. */
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    clock: () => new Date(now),
  };
}

export type SweepBed = Awaited<ReturnType<typeof openSweepBed>>;
