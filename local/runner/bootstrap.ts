/**
 * Runs inside a function's process: imports the deployed bundle and calls its handler, one invocation at a time, as
 * Lambda's runtime for Node.js does. It is started by `function-process.ts` and talks to it over the process channel.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromFunction, ToFunction } from './protocol.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const environment = process.env;

// Without its runner the function has nobody to work for.
process.on('disconnect', () => process.exit(0));

const loaded = await loadHandler().then(
  (handler) => ({ handler }),
  (error: unknown) => ({ error }),
);

process.on('message', async (message: ToFunction) => {
  reply('error' in loaded ? { error: describeError(loaded.error) } : await callHandler(loaded.handler, message));
});
reply({ ready: true });

async function loadHandler(): Promise<Handler> {
  const root = environment.LAMBDA_TASK_ROOT ?? '';
  const [path = '', name = ''] = (environment._HANDLER ?? '').split(/\.(?=[^.]+$)/);
  const file = ['.mjs', '.js', '.cjs']
    .map((extension) => join(root, path + extension))
    .find((each) => existsSync(each));
  if (file === undefined) throw asImportError(`Cannot find module '${path}' in ${root}`);
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const handler = module[name];
  if (typeof handler !== 'function') throw asImportError(`${path}.${name} is undefined or not exported`);
  return handler as Handler;
}

function asImportError(message: string): Error {
  return Object.assign(new Error(message), { name: 'Runtime.ImportModuleError' });
}

async function callHandler(handler: Handler, { id, payload, deadline }: ToFunction): Promise<FromFunction> {
  try {
    const result = await handler(JSON.parse(payload), makeContext(id, deadline));
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { error: describeError(error) };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function makeContext(id: string, deadline: number): object {
  return {
    awsRequestId: id,
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: environment.KEYWARDEN_LOCAL_FUNCTION_ARN,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function describeError(error: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const { name, message, stack = '' } = error;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}

function reply(message: FromFunction): void {
  process.send?.(message);
}
