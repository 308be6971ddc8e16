import { setTimeout as wait } from 'node:timers/promises';
import type { EventSourceMappingConfiguration } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Invocation } from '../gateway/gateway.ts';
import { makeSqsEvent, readFailures } from './sqs-event.ts';

/** What a poller needs. */
export type PollerOptions = {
  sqs: SQSClient;
  mapping: EventSourceMappingConfiguration;
  invoke: (functionName: string, payload: string) => Promise<Invocation>;
  /** After how many seconds a message that failed comes back. The queue's own time-out is minutes. */
  visibilityTimeout: number;
  log: (line: string) => void;
};

/** A running poller. */
export type QueuePoller = {
  /** How many batches the function is working on. */
  inFlight(): number;
  /** Returns once the last batch is worked off and nothing is polled any more. */
  stop(): Promise<void>;
};

/** How many batches are worked on at once, at most; Lambda starts with five, and this machine may have two cores. */
const CONCURRENCY = 2;
/** Seconds that one request waits for messages. */
const LONG_POLL = 1;
/** Milliseconds before the queue is asked again after a failed request. */
const PAUSE = 250;

/**
 * Polls the queue of an event-source mapping and hands its messages to the mapped function, as Lambda does. What the
 * function worked off is deleted; the rest comes back after `visibilityTimeout`, until the queue moves it to its
 * dead-letter queue.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export function startQueuePoller(options: PollerOptions): QueuePoller {
  const stopping = new AbortController();
  let inFlight = 0;
  const countWork = async (work: () => Promise<void>) => {
    inFlight++;
    await work().finally(() => {
      inFlight--;
    });
  };
  const wanted = options.mapping.ScalingConfig?.MaximumConcurrency ?? CONCURRENCY;
  const loops = Array.from({ length: Math.min(CONCURRENCY, wanted) }, () => poll(options, stopping.signal, countWork));
  return {
    inFlight: () => inFlight,
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function poll(
  options: PollerOptions,
  signal: AbortSignal,
  countWork: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const queueName = options.mapping.EventSourceArn?.split(':').at(-1) ?? '';
  let queueUrl: string | undefined;
  while (!signal.aborted) {
    try {
      queueUrl ??= (await options.sqs.send(new GetQueueUrlCommand({ QueueName: queueName }))).QueueUrl ?? '';
      const url = queueUrl;
      const messages = await receive(url, options, signal);
      if (messages.length > 0) await countWork(() => handOver(url, messages, options));
    } catch (error) {
      if (signal.aborted) return;
      options.log(`Queue ${queueName}: ${error instanceof Error ? error.message : String(error)}; asking again.`);
      await wait(PAUSE);
    }
  }
}

async function receive(queueUrl: string, { sqs, mapping }: PollerOptions, signal: AbortSignal): Promise<Message[]> {
  const request = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(10, mapping.BatchSize ?? 10),
    WaitTimeSeconds: LONG_POLL,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages = [] } = await sqs.send(request, { abortSignal: signal });
  return Messages;
}

async function handOver(queueUrl: string, messages: readonly Message[], options: PollerOptions): Promise<void> {
  const { mapping, visibilityTimeout, sqs } = options;
  const failed = await findFailures(messages, options);
  for (const { MessageId, ReceiptHandle } of messages) {
    const message = { QueueUrl: queueUrl, ReceiptHandle };
    const lasting = failed.has(MessageId ?? '');
    if (lasting)
      await sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: visibilityTimeout }));
    else await sqs.send(new DeleteMessageCommand(message));
  }
  if (failed.size > 0) options.log(`${failed.size} of ${messages.length} messages stay in ${mapping.EventSourceArn}.`);
}

/** @returns the ids of the messages that stay in the queue */
async function findFailures(messages: readonly Message[], options: PollerOptions): Promise<ReadonlySet<string>> {
  const { mapping, invoke, log } = options;
  const ids = messages.map(({ MessageId }) => MessageId ?? '');
  const event = makeSqsEvent(messages, mapping.EventSourceArn ?? '');
  const name = mapping.FunctionArn?.split(':')[6] ?? '';
  try {
    const { functionError, payload } = await invoke(name, JSON.stringify(event));
    if (functionError !== undefined) {
      log(`Function ${name} failed: ${payload}`);
      return new Set(ids);
    }
    return mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ? readFailures(payload, ids) : new Set();
  } catch (error) {
    log(`Function ${name} could not be started: ${error instanceof Error ? error.message : String(error)}`);
    return new Set(ids);
  }
}
