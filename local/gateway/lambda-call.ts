import { answerJson, answerRefusal } from './answer.ts';
import type { Answer, AwsCall } from './call.ts';
import type { InvokeFunction } from './gateway.ts';
import { forward } from './moto-client.ts';

/** What invoking needs. */
export type InvokeOptions = {
  motoUrl: string;
  account: string;
  invokeFunction?: InvokeFunction;
  log: (line: string) => void;
};

/**
 * Answers Lambda's Invoke with what the runner makes of it, since moto would run the function in Docker.
 *
 * @param named function name, partial ARN or ARN
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function answerInvoke(call: AwsCall, named: string, options: InvokeOptions): Promise<Answer> {
  const name = /function:([^:]+)/.exec(named)?.[1] ?? named;
  if (!(await exists(call, name, options.motoUrl))) {
    const arn = `arn:aws:lambda:${call.region}:${options.account}:function:${name}`;
    return answerRefusal(call, {
      code: 'ResourceNotFoundException',
      message: `Function not found: ${arn}`,
      status: 404,
    });
  }
  const { invokeFunction } = options;
  if (invokeFunction === undefined) {
    const message = `Nothing runs functions here: this gateway was started without a runner, so ${name} was not invoked.`;
    return answerRefusal(call, { code: 'InvalidRequestContentException', message });
  }
  const type = call.headers['x-amz-invocation-type'];
  if (type === 'DryRun') return answerEmpty(204);
  if (type !== 'Event') return runAndAnswer(call, name, invokeFunction);
  void invokeFunction(name, call.body, 'Event').catch((cause: unknown) => options.log(`${name} failed: ${cause}`));
  return answerEmpty(202);
}

async function exists(call: AwsCall, name: string, motoUrl: string): Promise<boolean> {
  const path = `/2015-03-31/functions/${encodeURIComponent(name)}`;
  const { authorization, host } = call.headers;
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(host === undefined ? {} : { host }),
  };
  return (await forward(motoUrl, { method: 'GET', path, headers, body: Buffer.alloc(0) })).status < 300;
}

async function runAndAnswer(call: AwsCall, name: string, invokeFunction: InvokeFunction): Promise<Answer> {
  try {
    const { functionError, payload } = await invokeFunction(name, call.body, 'RequestResponse');
    const empty = answerEmpty(200);
    const error = functionError === undefined ? {} : { 'x-amz-function-error': functionError };
    return { ...empty, headers: { ...empty.headers, ...error }, body: Buffer.from(payload) };
  } catch (cause) {
    const message = `The runner could not run ${name}: ${cause instanceof Error ? cause.message : String(cause)}`;
    return answerRefusal(call, { code: 'ServiceException', message, status: 500 });
  }
}

function answerEmpty(status: number): Answer {
  const { headers } = answerJson({});
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' },
    body: Buffer.alloc(0),
  };
}
