/**
 * A worker of the sweep as a process of its own: takes messages from the queue as the function does, until there are none. Tells
 * its parent which keys it described, and what it needed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { createCall } from '../../lib/aws/call.ts';
import {
  createCloudTrailClients,
  createDynamoClient,
  createIamClient,
  createKmsClient,
  createSqsClient,
} from '../../lib/aws/clients.ts';
import { controlIds } from '../../lib/controls/index.ts';
import { chooseReader } from '../../lib/facts/choose-reader.ts';
import { type Fact, known, type Trail } from '../../lib/facts/key-facts.ts';
import { createHistoryReader } from '../../lib/ledger/history.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { loadPolicy } from '../../lib/policy/load-policy.ts';
import { rememberFor, type SweepContext } from '../../lib/sweep/context.ts';
import { createSendSweep, readSweepMessage } from '../../lib/sweep/message.ts';
import { paceClient } from '../../lib/sweep/pace.ts';
import { handleSweepMessage, startSweep } from '../../lib/sweep/run-sweep.ts';
import { readCurrent } from '../../lib/sweep/store.ts';
import type { WorkerOrder, WorkerReport } from './report.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder;
const { region, account, gateway, moto, queueUrl } = order;
const kms = createKmsClient({ region, endpoint: gateway });
const client = createDynamoClient({ region, endpoint: moto });
const sqs = createSqsClient({ region, endpoint: moto });
const cloudTrail = createCloudTrailClients({ endpoint: gateway });
const described: string[] = [];
kms.middlewareStack.add(
  (next, { commandName }) =>
    (args) => {
      if (commandName === 'DescribeKeyCommand') described.push(String((args.input as { KeyId?: string }).KeyId));
      return next(args);
    },
  { step: 'initialize' },
);
const counter = paceClient(kms, { quotaPercent: 80, processes: 2, now: () => performance.now(), pause });
const ledgerTable = { client, table: order.ledger };
const clock = () => new Date();
const trails = rememberFor<Fact<readonly Trail[]>>(300_000, () => performance.now());

const contextOf = (number: number): SweepContext => ({
  pipeline: {
    policy: loadPolicy('keywarden.policy.yml', controlIds),
    policyDigest: 'f'.repeat(64),
    account,
    region,
    stage: 'bench',
    records: ledgerTable,
    count: () => undefined,
    selfRoleArns: [],
    ownResources: [],
    ledger: createLedger({ ...ledgerTable, clock, pause }),
    factsOf: chooseReader({
      kms,
      iam: createIamClient({ region, endpoint: gateway }),
      cloudTrail,
      account,
      region,
      readHistory: createHistoryReader(ledgerTable),
      readLastUse: () => Promise.resolve(undefined),
    }),
    call: createCall({ kms: () => kms, cloudTrail }),
    tell: async () => 'bench',
    stopped: async () => known(false),
    later: async () => undefined,
    clock,
    pause,
    log: { info: () => undefined, warn: () => undefined },
  },
  kms,
  counter,
  ledgerTable,
  table: { client, table: order.table },
  send: createSendSweep(sqs, queueUrl, pause),
  trails,
  delivery: {
    writer: {
      owner: `${process.pid}-${number}`,
      recordedBy: 'keywarden bench',
      leaseUntil: Date.now() + 10_000,
    },
    last: false,
  },
  outOfTime: () => false,
  version: 'bench',
});

async function work(): Promise<void> {
  let number = 0;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 1,
        VisibilityTimeout: order.visibilitySeconds,
      }),
    );
    if (Messages.length === 0) {
      if ((await readCurrent({ client, table: order.table }))?.endedAt !== undefined) return;
      await pause(500);
    }
    for (const { Body = '', ReceiptHandle } of Messages) {
      number += 1;
      try {
        await handleSweepMessage(contextOf(number), readSweepMessage(Body));
      } catch (error) {
        // moto answers some calls that come at the same time with an error of its own. The message comes again.
        console.error(String(error).split('\n', 1)[0]);
        continue;
      }
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

if (order.begins) await startSweep(contextOf(0));
else await work();
const report: WorkerReport = { described, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
process.send?.(report, () => process.exit(0));
