import { setTimeout as wait } from 'node:timers/promises';
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { InvokeFunction } from './gateway/gateway.ts';
import { localClientConfig } from './local-client.ts';
import { type FunctionPool, startFunctionPool } from './runner/function-pool.ts';
import type { TimedInvocation } from './runner/function-process.ts';
import { type QueuePoller, startQueuePoller } from './runner/queue-poller.ts';
import { startSchedules } from './runner/schedules.ts';

/** What to run, and where. */
export type RunnerOptions = {
  /** The local AWS that the functions call and that the runner reads from. */
  endpoint: string;
  region: string;
  /** Twelve digits. */
  account: string;
  /** Bucket that the stack's code was deployed to. */
  codeBucket: string;
  /** Gets what the functions write and what the runner has to say, one line each. */
  log?: (line: string) => void;
  /**
   * After how many seconds a message that the function reports as failed comes back, so that retries can be watched.
   * Default: 3. The deployed queue keeps its own time-out.
   */
  visibilityTimeout?: number;
  /**
   * The most seconds a function may take, below what is deployed. After a crash, messages come back only when the
   * function would have timed out: until then it may hold leases. Default: 15.
   */
  functionTimeout?: number;
};

/** Runs the deployed functions. */
export type Runner = {
  /** As `POST /2015-03-31/functions/{name}/invocations`; `name` may be an ARN. Rejects if it is not deployed. */
  invoke: InvokeFunction;
  /** Kills the processes of the function whose calls come from this ARN; the next invocation starts a new one. */
  crash(principal: string): Promise<void>;
  /** How many invocations and batches are in work or waiting for their retry. */
  inFlight(): number;
  /** Stops the consumers of every queue: messages wait until they are resumed. Returns once what they work on is done. */
  pauseQueues(): Promise<void>;
  resumeQueues(): void;
  /** Stops polling, lets work end, kills every process and removes their code. Calling it again does nothing. */
  stop(): Promise<void>;
};

/** Lambda tries an asynchronous invocation that failed twice more. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const ASYNC_ATTEMPTS = 3;

/**
 * Runs the functions that are deployed to the local AWS, from the code and with the settings that were deployed: on
 * invocation, for the messages of their event-source mappings, and on the schedules of their rules.
 *
 * @throws what AWS throws if the mappings or the rules cannot be read
 */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { endpoint, region, log = () => {}, visibilityTimeout = 3, functionTimeout = 15 } = options;
  const config = localClientConfig(options);
  const clients = { lambda: new LambdaClient(config), sqs: new SQSClient(config), sts: new STSClient(config) };
  const source = { lambda: clients.lambda, endpoint, bucket: options.codeBucket, functionTimeout };
  const pools = new Map<string, FunctionPool>();
  const stopping = new AbortController();
  let running = 0;

  const findPool = (name: string): FunctionPool => {
    const known = pools.get(name);
    if (known !== undefined) return known;
    const logFunction = (line: string) => log(`[${name}] ${line}`);
    const pool = startFunctionPool(name, { source, sts: clients.sts, endpoint, region, log: logFunction });
    pools.set(name, pool);
    return pool;
  };
  const run = async (name: string, payload: string): Promise<TimedInvocation> => {
    if (stopping.signal.aborted) throw new Error(`The local AWS is stopping; ${name} is not run any more.`);
    running++;
    try {
      return await findPool(name).invoke(payload);
    } finally {
      running--;
    }
  };
  const runLater = async (name: string, payload: string): Promise<void> => {
    running++;
    try {
      for (let attempt = 1; attempt <= ASYNC_ATTEMPTS && !stopping.signal.aborted; attempt++) {
        const { functionError, payload: answer } = await run(name, payload);
        if (functionError === undefined) return;
        log(`Attempt ${attempt} of ${ASYNC_ATTEMPTS} to run ${name} failed: ${answer}`);
        if (attempt < ASYNC_ATTEMPTS) await wait(visibilityTimeout * 1000, undefined, { signal: stopping.signal });
      }
    } catch (error) {
      if (!stopping.signal.aborted) log(`${name} could not be run: ${describe(error)}`);
    } finally {
      running--;
    }
  };
  const invoke: InvokeFunction = async (name, payload, type) => {
    const plain = toFunctionName(name);
    const text = payload.length === 0 ? '{}' : payload.toString('utf8');
    if (type === 'RequestResponse') return run(plain, text);
    void runLater(plain, text);
    return { payload: '' };
  };
  const mappings = await listMappings(clients.lambda);
  const pollers = mappings.map((mapping) =>
    startQueuePoller({ sqs: clients.sqs, mapping, invoke: run, visibilityTimeout, log }),
  );
  const schedules = await startSchedules({ endpoint, region, account: options.account, run: runLater, log });

  let stopped: Promise<void> | undefined;
  const stopAll = async () => {
    stopping.abort();
    schedules.stop();
    // What the functions are working on would keep the pollers waiting for as long as the functions may take.
    await Promise.all([...pools.values()].map((pool) => pool.stop()));
    await Promise.all(pollers.map((poller) => poller.stop()));
    for (const client of Object.values(clients)) client.destroy();
  };
  return {
    invoke,
    crash: async (principal) => {
      const struck = [...pools.values()].filter((pool) => pool.principal() === principal);
      await Promise.all(struck.map((pool) => pool.crash()));
    },
    inFlight: () => running + countBatches(pollers),
    pauseQueues: async () => {
      await Promise.all(pollers.map((poller) => poller.pause()));
    },
    resumeQueues: () => {
      for (const poller of pollers) poller.resume();
    },
    stop: () => {
      stopped ??= stopAll();
      return stopped;
    },
  };
}

function countBatches(pollers: readonly QueuePoller[]): number {
  return pollers.reduce((sum, poller) => sum + poller.inFlight(), 0);
}

async function listMappings(lambda: LambdaClient): Promise<EventSourceMappingConfiguration[]> {
  const found: EventSourceMappingConfiguration[] = [];
  for await (const page of paginateListEventSourceMappings({ client: lambda }, {})) {
    found.push(...(page.EventSourceMappings ?? []));
  }
  return found.filter(
    ({ EventSourceArn = '', State }) => EventSourceArn.startsWith('arn:aws:sqs:') && State === 'Enabled',
  );
}

/** `arn:aws:lambda:eu-west-1:111122223333:function:name`, with or without a qualifier, or the name alone. */
function toFunctionName(name: string): string {
  return name.startsWith('arn:') ? (name.split(':')[6] ?? name) : (name.split(':')[0] ?? name);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
