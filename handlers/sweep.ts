import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSqsClient } from '../lib/aws/clients.ts';
import type { Fact, Trail } from '../lib/facts/key-facts.ts';
import { rememberFor, type SweepContext } from '../lib/sweep/context.ts';
import { createSendSweep, readSweepMessage } from '../lib/sweep/message.ts';
import { paceClient } from '../lib/sweep/pace.ts';
import { handleSweepMessage, type SweepStarted, startSweep } from '../lib/sweep/run-sweep.ts';
import { readSweepSettings } from '../lib/sweep/settings.ts';
import manifest from '../package.json' with { type: 'json' };
import { start, writerOf } from './start.ts';

const { pipeline, kms, ledgerTable, log, maxReceives } = start();
const settings = readSweepSettings(process.env);
const { region, pause, policy } = pipeline;
const counter = paceClient(kms, {
  quotaPercent: policy.sweep.quotaPercent,
  processes: settings.KEYWARDEN_SWEEP_WORKERS,
  now: () => performance.now(),
  pause,
});
/** Trails hardly change, and their changes are events: DescribeTrails once in five minutes, and not once for every key. */
const trails = rememberFor<Fact<readonly Trail[]>>(5 * 60_000, () => performance.now());

/** This share of the time is kept for what is under way when the rest is used up. */
const KEPT = 0.25;

const send = createSendSweep(createSqsClient({ region }), settings.KEYWARDEN_SWEEP_QUEUE_URL, pause);

function contextOf(context: Context, last: boolean): SweepContext {
  const kept = context.getRemainingTimeInMillis() * KEPT;
  return {
    pipeline,
    kms,
    counter,
    ledgerTable,
    table: { client: ledgerTable.client, table: settings.KEYWARDEN_SWEEP_TABLE },
    send,
    trails,
    delivery: { writer: writerOf(context), last },
    outOfTime: () => context.getRemainingTimeInMillis() < kept,
    version: manifest.version,
  };
}

/** `{}` (the schedule, or a person) begins a look at all keys; a batch of the sweep's own queue does a part of it. */
async function sweep(event: unknown, context: Context): Promise<SweepStarted | SQSBatchResponse> {
  if (!isBatch(event)) return startSweep(contextOf(context, false));
  const failed: string[] = [];
  for (const { messageId, body, attributes } of event.Records) {
    const receives = Number(attributes.ApproximateReceiveCount);
    try {
      await handleSweepMessage(contextOf(context, receives >= maxReceives), readSweepMessage(body));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
      log.warn('returned to the queue of the sweep', { messageId, receives, error: name, reason: message });
      failed.push(messageId);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

const isBatch = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

export const handler = middy<unknown, SweepStarted | SQSBatchResponse>().use(injectLambdaContext(log)).handler(sweep);
