import { setTimeout as wait } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Deployment, deployStack } from './deploy.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import { localClientConfig } from './local-client.ts';
import { writeLogFiles } from './log-files.ts';
import { LOCAL_ACCOUNT, startMoto } from './moto.ts';
import { type OfficerInbox, type OfficerMessage, openOfficerInbox } from './officer-inbox.ts';
import { type Runner, startRunner } from './runner.ts';

export type { OfficerMessage };

/** Options of {@link startLocalAws}. */
export type LocalAwsOptions = {
  /** TCP port of the endpoint on 127.0.0.1. Default: any free one. */
  port?: number;
  /** Default: `dev`. */
  stage?: string;
  /** AWS Region. Default: `eu-west-1`. */
  region?: string;
  /** Path of a policy file that is deployed instead of keywarden.policy.yml, to name people in it. */
  policy?: string;
  /** Ends a start half way: what was started by then is stopped, and the start rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Gets a line for each step, for what the functions write, and for what goes wrong. */
  log?: (line: string) => void;
  /** After how many seconds a message that failed comes back. Default: 3. */
  visibilityTimeout?: number;
  /** The most seconds a function may take; messages of a crashed one come back then. Default: 15. */
  functionTimeout?: number;
  /** The time that records bear. Default: the wall clock. */
  clock?: () => Date;
  /** Gets each message to the officer once, as it arrives. */
  onMessage?: (message: OfficerMessage) => void;
};

/** A local AWS with Keywarden deployed and at work. */
export type LocalAws = {
  /** The endpoint for every AWS service. */
  url: string;
  region: string;
  account: string;
  /** Name of the ledger table. */
  table: string;
  topicArn: string;
  lifecycleFunction: string;
  remediateFunction: string;
  /** Where that function answers requests that are signed. */
  remediateUrl: string;
  reconcileFunction: string;
  checkpointFunction: string;
  evidenceBucket: string;
  /** ARN of the key that signs checkpoints and evidence packs. */
  signingKey: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  gateway: Gateway;
  runner: Runner;
  /**
   * Writes every record so far below a folder as CloudTrail log files, for `keywarden audit`; see {@link writeLogFiles}.
   * Resolves to their paths.
   */
  writeLogs(folder: string): Promise<string[]>;
  /** Delivers CloudTrail's files to the buckets of the trails that log, and the digests; see {@link Gateway.deliverLogs}. */
  deliverLogs: Gateway['deliverLogs'];
  /** What the officer was told so far, oldest first. After `idle()` nothing is missing. */
  messages(): readonly OfficerMessage[];
  /**
   * Resolves when every event is delivered, the queue is empty, no function is at work and the officer's mail is read. What
   * Keywarden asked itself to look at in some minutes is not waited for.
   */
  idle(): Promise<void>;
  /** Ends it all and leaves nothing behind. Calling it again does nothing. */
  stop(): Promise<void>;
};

type Stop = () => Promise<void>;

/**
 * Starts moto, the gateway in front of it, deploys the packaged stack with the Serverless CLI, and runs its functions.
 *
 * @throws MotoInstallError, ServerlessError, an Error that names the port if it is taken, or what `loadPolicy` throws for a
 *   policy file that is wrong; then nothing is left running
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const stops: Stop[] = [];
  const stopAll = () => stopInReverse(stops);
  try {
    return await startParts(options, stops, stopAll);
  } catch (error) {
    await stopAll();
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function startParts(options: LocalAwsOptions, stops: Stop[], stop: Stop): Promise<LocalAws> {
  const { stage = 'dev', region = 'eu-west-1', log = () => {}, signal } = options;
  const place = { region, account: LOCAL_ACCOUNT, log, ...(signal === undefined ? {} : { signal }) };
  // Functions can be invoked only once the stack is deployed, and the stack is deployed through the gateway.
  let runner: Runner | undefined;

  log('Starting moto ...');
  const moto = await startMoto({ log });
  stops.push(moto.stop);
  signal?.throwIfAborted();
  const gateway = await startGateway({
    motoUrl: moto.url,
    ...(options.port === undefined ? {} : { port: options.port }),
    account: LOCAL_ACCOUNT,
    forwardIamTo: region,
    // As on AWS: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    lookupsPerSecond: 2,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    invokeFunction: (name, payload, type) => {
      if (runner === undefined) throw new Error(`Function ${name} cannot run yet: the stack is still being deployed.`);
      return runner.invoke(name, payload, type);
    },
    onCrash: (principal) => void runner?.crash(principal),
    log,
  }).catch((error: unknown) => {
    throw explainPort(error, options.port);
  });
  stops.push(gateway.stop);
  const { url } = gateway;
  const { outputs } = await deployStack({
    endpoint: url,
    motoUrl: moto.url,
    stage,
    ...place,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
  });
  signal?.throwIfAborted();
  const codeBucket = readOutput(outputs, 'ServerlessDeploymentBucketName');
  const { visibilityTimeout, functionTimeout } = options;
  const inbox = await openOfficerInbox({ endpoint: moto.url, ...pickInboxOptions(options), region });
  stops.push(inbox.stop);
  runner = await startRunner({
    endpoint: url,
    ...place,
    codeBucket,
    ...(visibilityTimeout === undefined ? {} : { visibilityTimeout }),
    ...(functionTimeout === undefined ? {} : { functionTimeout }),
  });
  stops.push(runner.stop);
  signal?.throwIfAborted();
  const queueUrl = toLocalUrl(url, readOutput(outputs, 'LifecycleQueueUrl'));
  return {
    url,
    region,
    account: LOCAL_ACCOUNT,
    table: readOutput(outputs, 'LedgerTableName'),
    topicArn: readOutput(outputs, 'OfficerTopicArn'),
    lifecycleFunction: readOutput(outputs, 'LifecycleFunctionName'),
    remediateFunction: readOutput(outputs, 'RemediateFunctionName'),
    remediateUrl: readOutput(outputs, 'RemediateFunctionUrl'),
    reconcileFunction: readOutput(outputs, 'ReconcileFunctionName'),
    checkpointFunction: readOutput(outputs, 'CheckpointFunctionName'),
    evidenceBucket: readOutput(outputs, 'EvidenceBucketName'),
    signingKey: readOutput(outputs, 'SigningKeyArn'),
    queueUrl,
    deadLetterQueueUrl: toLocalUrl(url, readOutput(outputs, 'DeadLetterQueueUrl')),
    gateway,
    runner,
    writeLogs: (folder) => writeLogFiles(gateway.records(), folder),
    deliverLogs: gateway.deliverLogs,
    messages: inbox.messages,
    idle: makeIdle({ motoUrl: moto.url, region, queueUrl, gateway, runner, inbox }, stops),
    stop,
  };
}

function explainPort(error: unknown, port: number | undefined): unknown {
  const isTaken = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
  if (!isTaken) return error;
  return new Error(
    `Port ${port} is in use, perhaps by another local AWS. Choose another one, such as ${(port ?? 0) + 1}.`,
    {
      cause: error,
    },
  );
}

function pickInboxOptions({ onMessage, log }: LocalAwsOptions): Partial<Parameters<typeof openOfficerInbox>[0]> {
  return { ...(onMessage === undefined ? {} : { onMessage }), ...(log === undefined ? {} : { log }) };
}

/** Stops what was started last first; each is stopped even if another one cannot be. */
async function stopInReverse(stops: Stop[]): Promise<void> {
  const failures: unknown[] = [];
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
    await stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Not every part of the local AWS could be stopped.');
}

function readOutput(outputs: Deployment['outputs'], name: string): string {
  const value = outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}; serverless.yml must define it.`);
  return value;
}

/** CloudFormation gives the URL that the queue would have in AWS. */
function toLocalUrl(endpoint: string, queueUrl: string): string {
  return endpoint + new URL(queueUrl).pathname;
}

type Parts = {
  motoUrl: string;
  region: string;
  queueUrl: string;
  gateway: Gateway;
  runner: Runner;
  inbox: OfficerInbox;
};

/** Milliseconds between two looks. */
const PAUSE = 30;

function makeIdle({ motoUrl, region, queueUrl, gateway, runner, inbox }: Parts, stops: Stop[]): () => Promise<void> {
  // Straight to moto: looking is not an AWS call that the gateway should count.
  const sqs = new SQSClient(localClientConfig({ endpoint: motoUrl, region }));
  stops.push(async () => sqs.destroy());
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const isIdle = async () => {
    await gateway.delivered();
    if (runner.inFlight() > 0) return false;
    const request = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
    const { Attributes = {} } = await sqs.send(request);
    return names.every((name) => Attributes[name] === '0') && runner.inFlight() === 0;
  };
  return async () => {
    // Twice in a row: what a function did last may have become an event after the queue was looked at.
    while (!((await isIdle()) && (await isIdle()))) await wait(PAUSE);
    await inbox.read();
  };
}
