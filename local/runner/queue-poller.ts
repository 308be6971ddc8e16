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
import type { TimedInvocation } from './function-process.ts';
import { makeSqsEvent, readFailures } from './sqs-event.ts';

/** What a poller needs. */
export type PollerOptions = {
  sqs: SQSClient;
  mapping: EventSourceMappingConfiguration;
  invoke: (functionName: string, payload: string) => Promise<TimedInvocation>;
  /** After how many seconds a message that failed comes back, at the least. The queue's own time-out is minutes. */
  visibilityTimeout: number;
  log: (line: string) => void;
};

/** A running poller. */
export type QueuePoller = {
  /** How many batches the function is working on. */
  inFlight(): number;
  /** Stops polling until it is resumed: messages wait in the queue. Returns once the last batch is worked off. */
  pause(): Promise<void>;
  /** Polls again; does nothing while it polls. */
  resume(): void;
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
 * function worked off is deleted. What it reports as failed comes back after `visibilityTimeout`; what it was working on
 * when it failed as a whole comes back when it would have timed out, because a function may count on being alone with its
 * messages until then. In the end the queue moves a message to its dead-letter queue.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export function startQueuePoller(options: PollerOptions): QueuePoller {
  let inFlight = 0;
  const countWork: CountWork = async (work) => {
    inFlight++;
    await work().finally(() => {
      inFlight--;
    });
  };
  let polling: Polling | undefined = startPolling(options, countWork);
  const end = async (how: keyof Polling) => {
    const ended = polling?.[how]();
    polling = undefined;
    await ended;
  };
  return {
    inFlight: () => inFlight,
    pause: () => end('finish'),
    resume: () => {
      polling ??= startPolling(options, countWork);
    },
    stop: () => end('stop'),
  };
}

/** `finish` lets the last poll come back: a queue may answer it with messages that nobody would get otherwise. */
type Polling = { finish(): Promise<void>; stop(): Promise<void> };
type CountWork = (work: () => Promise<void>) => Promise<void>;

function startPolling(options: PollerOptions, countWork: CountWork): Polling {
  const stopping = new AbortController();
  let goesOn = true;
  const wanted = options.mapping.ScalingConfig?.MaximumConcurrency ?? CONCURRENCY;
  const loops = Array.from({ length: Math.min(CONCURRENCY, wanted) }, () =>
    poll(options, stopping.signal, countWork, () => goesOn),
  );
  const finish = async () => {
    goesOn = false;
    await Promise.all(loops);
  };
  return {
    finish,
    stop: () => {
      stopping.abort();
      return finish();
    },
  };
}

async function poll(
  options: PollerOptions,
  signal: AbortSignal,
  countWork: CountWork,
  goesOn: () => boolean,
): Promise<void> {
  const queueName = options.mapping.EventSourceArn?.split(':').at(-1) ?? '';
  let queueUrl: string | undefined;
  while (goesOn()) {
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
  const { mapping, sqs, log } = options;
  const { ids, pause } = await findFailures(messages, options);
  for (const { MessageId, ReceiptHandle } of messages) {
    const message = { QueueUrl: queueUrl, ReceiptHandle };
    if (!ids.has(MessageId ?? '')) await sqs.send(new DeleteMessageCommand(message));
    else await sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: pause }));
  }
  if (ids.size === 0) return;
  log(`${ids.size} of ${messages.length} messages return to ${mapping.EventSourceArn} in ${pause} s.`);
}

/** The ids of the messages that stay in the queue, and after how many seconds they come back. */
type Failures = { ids: ReadonlySet<string>; pause: number };

async function findFailures(messages: readonly Message[], options: PollerOptions): Promise<Failures> {
  const { mapping, invoke, log, visibilityTimeout } = options;
  const ids = messages.map(({ MessageId }) => MessageId ?? '');
  const event = makeSqsEvent(messages, mapping.EventSourceArn ?? '');
  const name = mapping.FunctionArn?.split(':')[6] ?? '';
  try {
    const { functionError, payload, deadline } = await invoke(name, JSON.stringify(event));
    if (functionError !== undefined) {
      log(`Function ${name} failed: ${payload}`);
      const left = Math.ceil((deadline - Date.now()) / 1000);
      return { ids: new Set(ids), pause: Math.max(visibilityTimeout, left) };
    }
    const reports = mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') === true;
    return { ids: reports ? readFailures(payload, ids) : new Set(), pause: visibilityTimeout };
  } catch (error) {
    log(`Function ${name} could not be started: ${error instanceof Error ? error.message : String(error)}`);
    return { ids: new Set(ids), pause: visibilityTimeout };
  }
}
