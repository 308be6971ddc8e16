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

/** One process of a function, which works on one invocation at a time. */
export type FunctionProcess = {
  /** Runs one invocation. Never rejects: what goes wrong in the function is in the answer, as Lambda gives it. */
  invoke(payload: string): Promise<Invocation>;
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
  const invoke = async (payload: string): Promise<Invocation> => {
    const id = randomUUID();
    const answer = await Promise.race([
      ready.then(() => askFunction(child, id, payload, deployed.timeout * 1000)),
      wait(deployed.timeout * 1000 + INIT_LIMIT, 'timed out' as const, { ref: false }),
      gone.then((how) => ({
        error: {
          errorType: 'Runtime.ExitError',
          errorMessage: `RequestId: ${id} Error: Runtime exited with error: ${how}`,
        },
      })),
    ]);
    if (answer === 'timed out') {
      await kill();
      const errorMessage = `RequestId: ${id} Error: Task timed out after ${deployed.timeout.toFixed(2)} seconds`;
      return asInvocation({ errorType: 'Sandbox.Timedout', errorMessage });
    }
    return 'payload' in answer ? { payload: answer.payload } : asInvocation(answer.error);
  };
  return { invoke, kill, alive: () => !leaving };
}

type Answer = Exclude<FromFunction, { ready: true }>;

/** Never settles if the process ends first. */
function askFunction(child: ChildProcess, id: string, payload: string, timeout: number): Promise<Answer | 'timed out'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('timed out'), timeout);
    const onMessage = (message: FromFunction) => {
      if (!('ready' in message)) finish(message);
    };
    const finish = (answer: Answer | 'timed out') => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(answer);
    };
    const onExit = () => clearTimeout(timer);
    child.on('message', onMessage);
    child.once('exit', onExit);
    const message: ToFunction = { id, payload, deadline: Date.now() + timeout };
    // A process that is gone cannot be told; its end answers the invocation.
    if (child.connected) child.send(message, () => {});
    else clearTimeout(timer);
  });
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function asInvocation(error: { errorType: string; errorMessage: string; trace?: string[] }): Invocation {
  return { functionError: 'Unhandled', payload: JSON.stringify(error) };
}

function makeEnvironment(deployed: DeployedFunction, options: ProcessOptions): Record<string, string> {
  const { name, memory, taskRoot } = deployed;
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentials;
  return {
    PATH: process.env['PATH'] ?? '',
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
