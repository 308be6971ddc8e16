import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Invocation } from '../gateway/gateway.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { FromFunction, ToFunction } from './protocol.ts';

/** Temporary credentials of a function's role. */
export type FunctionCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string };

/** How to start the process of a function. */
export type ProcessOptions = {
  /** Where its AWS clients call. */
  endpoint: string;
  region: string;
  credentials: FunctionCredentials;
  /** Gets each line that the function writes. */
  log: (line: string) => void;
};

/** What an invocation came to, and when it would have timed out, in milliseconds since 1970. */
export type TimedInvocation = Invocation & { deadline: number };

/** One process of a function, which works on one invocation at a time. */
export type FunctionProcess = {
  /** Runs one invocation. Never rejects: what goes wrong in the function is in the answer, as Lambda gives it. */
  invoke(payload: string): Promise<TimedInvocation>;
  /** False once the process is gone or going. */
  alive(): boolean;
  /** Kills it; an invocation in work is answered as a crash. Returns once it is gone. */
  kill(): Promise<void>;
};

/** How long the code may take to load, in milliseconds; Lambda allows as much. */
const INIT_LIMIT = 10_000;

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/**
 * Starts a process that runs a deployed function with the environment that Lambda would give it, and nothing of ours.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function startFunctionProcess(deployed: DeployedFunction, options: ProcessOptions): FunctionProcess {
  const child = fork(BOOTSTRAP, [], {
    cwd: deployed.taskRoot,
    env: makeEnvironment(deployed, options),
    execArgv: [`--max-old-space-size=${deployed.memory}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) forwardLines(stream, options.log);
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`));
    child.once('error', (error) => resolve(error.message));
  });
  const ready = Promise.race([once(child, 'message'), gone]);
  let leaving = false;
  void gone.then(() => {
    leaving = true;
  });
  const kill = async () => {
    leaving = true;
    child.kill('SIGKILL');
    await gone;
  };
  const invoke = async (payload: string): Promise<TimedInvocation> => {
    const id = randomUUID();
    const limit = deployed.timeout * 1000;
    let deadline = Date.now() + limit + INIT_LIMIT;
    const ask = () => {
      deadline = Date.now() + limit;
      return askFunction(child, { id, payload, deadline }, limit);
    };
    const answer = await Promise.race([
      ready.then(ask),
      wait(limit + INIT_LIMIT, 'timed out' as const, { ref: false }),
      gone.then((how) => describeExit(id, how)),
    ]);
    if (answer !== 'timed out') return { ...toInvocation(answer), deadline };
    await kill();
    const errorMessage = `RequestId: ${id} Error: Task timed out after ${deployed.timeout.toFixed(2)} seconds`;
    return { ...toInvocation({ error: { errorType: 'Sandbox.Timedout', errorMessage } }), deadline };
  };
  return { invoke, kill, alive: () => !leaving };
}

type Failure = { error: { errorType: string; errorMessage: string; trace?: string[] } };
type Answer = { payload: string } | Failure;

function describeExit(id: string, how: string): Failure {
  const errorMessage = `RequestId: ${id} Error: Runtime exited with error: ${how}`;
  return { error: { errorType: 'Runtime.ExitError', errorMessage } };
}

/** Never settles if the process ends first. */
function askFunction(child: ChildProcess, message: ToFunction, limit: number): Promise<Answer | 'timed out'> {
  return new Promise((resolve) => {
    const finish = (answer: Answer | 'timed out') => {
      forget();
      resolve(answer);
    };
    const onMessage = (reply: FromFunction) => {
      if (!('ready' in reply)) finish(reply);
    };
    const forget = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', forget);
    };
    const timer = setTimeout(() => finish('timed out'), limit);
    child.on('message', onMessage);
    child.once('exit', forget);
    // A process that is gone cannot be told; its end answers the invocation.
    if (child.connected) child.send(message, () => {});
    else forget();
  });
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function toInvocation(answer: Answer): Invocation {
  if ('payload' in answer) return { payload: answer.payload };
  return { functionError: 'Unhandled', payload: JSON.stringify(answer.error) };
}

function makeEnvironment(deployed: DeployedFunction, options: ProcessOptions): Record<string, string> {
  const { name, memory, taskRoot } = deployed;
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentials;
  return {
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    NODE_OPTIONS: '',
    ...deployed.environment,
    _HANDLER: deployed.handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/${randomUUID()}`,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    // What follows is not Lambda's: it makes the function call the local AWS, and nothing of the user's own settings.
    AWS_ENDPOINT_URL: options.endpoint,
    AWS_CONFIG_FILE: join(taskRoot, '.no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(taskRoot, '.no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    KEYWARDEN_LOCAL_FUNCTION_ARN: deployed.arn,
  };
}

function forwardLines(stream: Readable, log: (line: string) => void): void {
  createInterface({ input: stream }).on('line', log);
}
