import { setTimeout as wait } from 'node:timers/promises';
import { type Denials, describeDenial } from './access.ts';
import {
  answerJson,
  answerRefusal,
  ensureRequestId,
  explainBreakdown,
  MOTO_FAILED,
  type Refusal,
  readRefusal,
} from './answer.ts';
import { type Answer, type AwsCall, type RawRequest, readCall, readInvokedFunction } from './call.ts';
import type { Delivery } from './delivery.ts';
import { DEFAULT_DELAY, type Faults } from './faults.ts';
import { answerUrlCall, showLocalUrls } from './function-url.ts';
import { INVOKE_BY_URL } from './function-url-route.ts';
import type { CallSummary } from './gateway.ts';
import { completeKmsAnswer, toMotoCall } from './kms-call.ts';
import { emulateKmsCall } from './kms-emulated.ts';
import type { KmsKeys } from './kms-keys.ts';
import { refuseKmsCall } from './kms-rules.ts';
import { findSubject, type Subject } from './kms-subject.ts';
import { answerInvoke, type InvokeOptions } from './lambda-call.ts';
import type { LogDelivery } from './log-delivery.ts';
import { answerLookup, type LookupLimit } from './lookup-events.ts';
import { forward } from './moto-client.ts';
import { createMutex, type Mutex } from './mutex.ts';
import type { ObjectEvents } from './object-events.ts';
import { answerCallerIdentity, type Principal, type Principals } from './principal.ts';
import { answerPublicKeys } from './public-keys.ts';
import { answerPutEvents, putsOnDefaultBus } from './put-events.ts';
import type { Recorder } from './recorder.ts';
import { readCreatedObject } from './s3-call.ts';
import { answerTrailCall } from './trail-call.ts';

/** Instead of an answer: the connection is to be dropped. */
export const DROPPED = Symbol('dropped');

/** What handling a call needs. */
export type HandlerOptions = InvokeOptions & {
  faults: Faults;
  denials: Denials;
  keys: KmsKeys;
  principals: Principals;
  recorder: Recorder;
  delivery: Delivery;
  lookupLimit: LookupLimit;
  objectEvents: ObjectEvents;
  logDelivery: LogDelivery;
  clock: () => Date;
  count: (call: CallSummary) => void;
  onCrash: (principal: string) => void;
};

/** Handles a request; the signal tells that the caller is gone. */
export type Handle = (request: RawRequest, signal: AbortSignal) => Promise<Answer | typeof DROPPED>;

/** Makes the function every AWS call goes through. */
export function createHandler(options: HandlerOptions): Handle {
  const locks = new Map<string, Mutex>(SERIAL_SERVICES.map((service) => [service, createMutex()]));
  return async (request, signal) => {
    const call = readCall(request);
    const principal = options.principals.find(call.accessKeyId);
    const inTurn: Mutex = locks.get(call.service) ?? ((work) => work());
    const answer = await withFaults(call, principal, options, () =>
      call.operation === INVOKE_BY_URL
        ? answerUrlCall(call, principal, options)
        : inTurn(() => workOff(call, principal, options, signal)),
    );
    options.count(summarise(call, principal, answer));
    return answer;
  };
}

/**
 * moto is not safe against concurrent calls of one service: a DynamoDB transaction that fails puts back a copy of the
 * table made before it and loses what others wrote meanwhile; and here a KMS call is judged by the key's state and then
 * forwarded, between which nothing may change.
 */
const SERIAL_SERVICES = ['dynamodb', 'kms'];

type Work = () => Promise<Answer>;

async function withFaults(
  call: AwsCall,
  principal: Principal,
  options: HandlerOptions,
  work: Work,
): Promise<Answer | typeof DROPPED> {
  const { faults } = options;
  const target = { service: call.service, operation: call.operation, principal: principal.arn };
  for (const { milliseconds } of faults.strike(target, ['latency'])) await wait(milliseconds ?? DEFAULT_DELAY);
  const [before] = faults.strike(target, ['throttle', 'server-error', 'refuse-connection']);
  if (before?.kind === 'refuse-connection') return DROPPED;
  if (before?.kind === 'server-error') return answerRefusal(call, SERVER_ERROR);
  // A throttled call is recorded with its parameters and without resources, which were not looked at yet.
  if (before !== undefined) return settle(call, principal, answerRefusal(call, describeThrottle(call)), {}, options);
  const [after] = faults.strike(target, ['lost-response', 'crash-after']);
  const answer = await work();
  if (after?.kind === 'crash-after') options.onCrash(principal.arn);
  return after === undefined ? answer : DROPPED;
}

const SERVER_ERROR: Refusal = { code: 'InternalFailure', message: 'An internal error occurred.', status: 500 };

/** Each service has its own name for it. https://docs.aws.amazon.com/general/latest/gr/api-retries.html */
function describeThrottle(call: AwsCall): Refusal {
  if (call.service === 'dynamodb') {
    const message = 'The level of configured provisioned throughput for the table was exceeded.';
    return { code: 'ProvisionedThroughputExceededException', message };
  }
  if (call.service === 'lambda') return { code: 'TooManyRequestsException', message: 'Rate exceeded', status: 429 };
  const code = call.headers['x-amz-target'] === undefined ? 'Throttling' : 'ThrottlingException';
  return { code, message: 'Rate exceeded' };
}

async function workOff(
  call: AwsCall,
  principal: Principal,
  options: HandlerOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const subject = call.service === 'kms' ? await findSubject(call, options.keys, options.account) : {};
  const refusal = refuse(call, subject, principal, options);
  const answer =
    refusal === undefined ? await perform(call, subject, principal, options, signal) : answerRefusal(call, refusal);
  return settle(call, principal, explainBreakdown(call, answer), subject, options);
}

/** What follows every answer, before the caller gets it: its request id, what it says about identities, its record. */
async function settle(
  call: AwsCall,
  principal: Principal,
  bare: Answer,
  subject: Subject,
  options: HandlerOptions,
): Promise<Answer> {
  const { answer, requestId } = ensureRequestId(call, bare);
  await options.principals.learn(call, answer);
  const refusal = readRefusal(answer);
  // Nothing happened that CloudTrail could have seen.
  if (refusal?.code === MOTO_FAILED) return answer;
  const { account, clock, recorder } = options;
  const answered = { call, principal, account, requestId, now: clock() };
  await recorder.record(refusal === undefined ? answered : { ...answered, refusal }, answer, subject);
  const created = refusal === undefined ? readCreatedObject(call) : undefined;
  if (created !== undefined) {
    await options.objectEvents.tell({ ...created, region: call.region, requester: account, requestId });
  }
  return answer;
}

/** A denial comes first: IAM decides before KMS looks at the key. */
function refuse(call: AwsCall, subject: Subject, principal: Principal, options: HandlerOptions): Refusal | undefined {
  const resource = subject.key?.arn ?? subject.alias?.arn ?? '*';
  const access = { principal: principal.arn, action: `${iamPrefixOf(call.service)}:${call.operation}`, resource };
  if (options.denials.denies(access)) {
    const isQuery = call.headers['x-amz-target'] === undefined && call.service !== 'lambda';
    return {
      code: isQuery ? 'AccessDenied' : 'AccessDeniedException',
      message: describeDenial(access),
      status: isQuery ? 403 : 400,
    };
  }
  if (call.service !== 'kms') return undefined;
  return subject.refusal ?? refuseKmsCall(call, subject, options.keys, principal.arn);
}

/** The service's prefix in IAM actions, where it is not the signing name. */
function iamPrefixOf(service: string): string {
  return service === 'monitoring' ? 'cloudwatch' : service;
}

async function perform(
  call: AwsCall,
  subject: Subject,
  principal: Principal,
  options: HandlerOptions,
  signal: AbortSignal,
): Promise<Answer> {
  if (call.service === 'sts' && call.operation === 'GetCallerIdentity') {
    return answerCallerIdentity(principal, options.account);
  }
  const invoked = readInvokedFunction(call);
  if (invoked !== undefined) return answerInvoke(call, invoked, options);
  if (putsOnDefaultBus(call)) {
    const { delivery, clock } = options;
    return answerPutEvents(call, { delivery, principal: principal.arn, now: clock() });
  }
  if (call.service === 'cloudtrail' && call.operation === 'ListPublicKeys') {
    return answerPublicKeys(call, options.logDelivery);
  }
  if (call.service === 'cloudtrail' && call.operation === 'LookupEvents') return lookUp(call, options);
  if (call.service === 'cloudtrail') return answerTrailCall(call, options);
  // A long poll of a queue must not hold up the end of the gateway for 20 s; what writes is finished.
  if (call.service !== 'kms') {
    return showLocalUrls(call, await forward(options.motoUrl, call, call.service === 'sqs' ? signal : undefined));
  }
  const { keys, account, clock, motoUrl } = options;
  const emulated = await emulateKmsCall(call, subject, { keys, motoUrl, now: clock() });
  if (emulated !== undefined) {
    return 'body' in emulated ? answerJson(emulated.body) : answerRefusal(call, emulated.refusal);
  }
  const answer = await forward(motoUrl, toMotoCall(call, subject));
  return completeKmsAnswer(call, subject, answer, { keys, account, now: clock() });
}

function lookUp(call: AwsCall, { recorder, lookupLimit, clock }: HandlerOptions): Answer {
  if (lookupLimit(call.region)) return answerRefusal(call, describeThrottle(call));
  return answerLookup(call, { records: recorder.records(), now: clock() });
}

function summarise(call: AwsCall, principal: Principal, answer: Answer | typeof DROPPED): CallSummary {
  const { service, operation, region } = call;
  const summary = { service, operation, region, principal: principal.arn };
  if (answer === DROPPED) return { ...summary, status: 0 };
  const refusal = readRefusal(answer);
  return { ...summary, status: answer.status, ...(refusal === undefined ? {} : { errorCode: refusal.code }) };
}
