import { randomUUID } from 'node:crypto';
import type { Denials } from './access.ts';
import { type Answer, type AwsCall, readJson, textAt } from './call.ts';
import { makeUrlEvent, readUrlAnswer } from './function-url-event.ts';
import { INVOKE_BY_URL, readUrlRoute } from './function-url-route.ts';
import type { InvokeOptions } from './lambda-call.ts';
import { forward } from './moto-client.ts';
import type { Principal, Principals } from './principal.ts';
import { isSigned } from './signature.ts';

/** What a call by URL needs. */
export type UrlOptions = InvokeOptions & {
  denials: Denials;
  principals: Principals;
  clock: () => Date;
};

/**
 * Answers a call of a function by its URL: it must be signed for Lambda, by somebody who may both InvokeFunctionUrl and
 * InvokeFunction. A URL for everybody (`AuthType` NONE) opens nothing here: no permission of a function is evaluated.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export async function answerUrlCall(call: AwsCall, principal: Principal, options: UrlOptions): Promise<Answer> {
  const requestId = randomUUID();
  const { functionName, path } = readUrlRoute(call.path) ?? { functionName: '', path: '/' };
  if (!(await mayInvoke(call, principal, functionName, options)))
    return answerText(403, '{"Message":"Forbidden"}', requestId);
  const { account, clock, invokeFunction, log } = options;
  if (invokeFunction === undefined) {
    log(`Nothing runs functions here: this gateway was started without a runner, so ${functionName} was not invoked.`);
    return answerText(502, INTERNAL_ERROR, requestId);
  }
  const event = makeUrlEvent({ call, principal, functionName, path, account, requestId, now: clock() });
  try {
    const payload = Buffer.from(JSON.stringify(event));
    const { functionError, payload: answered } = await invokeFunction(functionName, payload, 'RequestResponse');
    if (functionError === undefined) return readUrlAnswer(answered, requestId);
    log(`${functionName}, called by its URL, failed: ${answered}`);
  } catch (cause) {
    log(`${functionName}, called by its URL, could not be run: ${cause instanceof Error ? cause.message : cause}`);
  }
  return answerText(502, INTERNAL_ERROR, requestId);
}

/** The caller never sees how a function failed. */
const INTERNAL_ERROR = '{"Message":"Internal Server Error"}';

const answerText = (status: number, text: string, requestId: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
  body: Buffer.from(text),
});

async function mayInvoke(
  call: AwsCall,
  principal: Principal,
  functionName: string,
  { account, denials, motoUrl, principals }: UrlOptions,
): Promise<boolean> {
  if (call.service !== 'lambda' || !isSigned(call, principals.credentialsOf(call.accessKeyId))) return false;
  const resource = `arn:aws:lambda:${call.region}:${account}:function:${functionName}`;
  const actions = [`lambda:${INVOKE_BY_URL}`, 'lambda:InvokeFunction'];
  if (actions.some((action) => denials.denies({ principal: principal.arn, action, resource }))) return false;
  return (await readAuthType(call, functionName, motoUrl)) === 'AWS_IAM';
}

/** In the Region that the request is signed for: elsewhere the function has no URL. */
async function readAuthType(call: AwsCall, functionName: string, motoUrl: string): Promise<string | undefined> {
  const { authorization, host } = call.headers;
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(host === undefined ? {} : { host }),
  };
  const path = `/2021-10-31/functions/${functionName}/url`;
  const answer = await forward(motoUrl, { method: 'GET', path, headers, body: Buffer.alloc(0) });
  return answer.status < 300 ? textAt(readJson(answer.body), 'AuthType') : undefined;
}

const MOTO_URL = /https:\/\/([\w-]+)\.lambda-url\.[a-z0-9-]+\.on\.aws\//g;

/** Puts the URL at which a function answers here in the place of the one it would have on AWS, wherever an answer names it. */
export function showLocalUrls(call: AwsCall, answer: Answer): Answer {
  if (call.service !== 'lambda' && call.service !== 'cloudformation') return answer;
  const text = answer.body.toString('latin1');
  const shown = text.replaceAll(MOTO_URL, `http://${call.headers.host}/lambda-url/$1/`);
  return shown === text ? answer : { ...answer, body: Buffer.from(shown, 'latin1') };
}
