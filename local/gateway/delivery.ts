import { randomUUID } from 'node:crypto';
import { isJson, type Json, readJson, textAt } from './call.ts';
import { matchesPattern } from './event-pattern.ts';
import { DEFAULT_DELAY, type Faults } from './faults.ts';
import type { InvokeFunction } from './gateway.ts';
import { askMoto, askMotoJson } from './moto-client.ts';

/** An event on the default bus. */
export type BusEvent = {
  detailType: string;
  /** Such as `aws.kms`. */
  source: string;
  region: string;
  time: Date;
  resources: readonly string[];
  detail: Json;
  /** Whose doing it was, for faults: service, operation and ARN. */
  cause: { service: string; operation: string; principal: string };
};

/** How events get to their targets. */
export type Delivery = {
  /** Puts an event on the bus; it is delivered after those put before it. */
  put(event: BusEvent): void;
  /** Returns once everything put so far is delivered. */
  settled(): Promise<void>;
};

/** What the delivery needs. */
export type DeliveryOptions = {
  motoUrl: string;
  account: string;
  faults: Faults;
  /** Region that gets the events of IAM, too. */
  forwardIamTo?: string;
  invokeFunction?: InvokeFunction;
  log: (line: string) => void;
};

/** CloudTrail does not hand larger events to EventBridge, in bytes. */
const LARGEST_EVENT = 256 * 1024;

/**
 * Makes the local EventBridge: it evaluates the rules that are deployed in moto and sends to their targets itself,
 * because moto delivers also by disabled rules, adds a field to the envelope and knows no dead-letter queues.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html for the size
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  let inOrder = Promise.resolve();
  const underWay = new Set<Promise<void>>();
  /** Events that a fault holds back until the next one is delivered. */
  const held = new Set<() => void>();
  const deliverNow = (event: BusEvent) =>
    deliver(event, options).catch((cause) => {
      options.log(`${event.detailType} ${event.cause.operation} could not be delivered: ${describe(cause)}`);
    });
  const track = (work: Promise<void>) => {
    underWay.add(work);
    void work.then(() => underWay.delete(work));
  };
  return {
    put(event) {
      // EventBridge delivers at best effort, and says nothing of what it lost.
      if (options.faults.strike(event.cause, ['drop']).length > 0) return;
      const [reorder] = options.faults.strike(event.cause, ['reorder']);
      if (reorder !== undefined) {
        track(holdUntilNext(held, reorder.milliseconds ?? DEFAULT_DELAY).then(() => deliverNow(event)));
        return;
      }
      const overtaken = [...held];
      inOrder = inOrder.then(() => deliverNow(event));
      track(inOrder.then(() => release(overtaken)));
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function release(events: readonly (() => void)[]): void {
  for (const go of events) go();
}

function holdUntilNext(held: Set<() => void>, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const go = () => {
    clearTimeout(timer);
    resolve();
  };
  held.add(go);
  void promise.then(() => held.delete(go));
  return promise;
}

async function deliver(event: BusEvent, options: DeliveryOptions): Promise<void> {
  const envelope = wrap(event, options.account);
  const text = JSON.stringify(envelope);
  if (Buffer.byteLength(text) > LARGEST_EVENT) {
    options.log(
      `${event.cause.operation}: the event is larger than ${LARGEST_EVENT} bytes and not delivered, as on AWS.`,
    );
    return;
  }
  const duplicates = options.faults.strike(event.cause, ['duplicate']).length;
  for (const region of listRegions(event, options)) {
    for (const rule of await listRules(region, options)) {
      // A rule that cannot be evaluated must not keep the event from the others.
      await follow(rule, region, text, envelope, duplicates, options).catch((cause) =>
        options.log(`The rule ${rule.name} could not be evaluated: ${describe(cause)}`),
      );
    }
  }
}

/**
 * Where rules see an event: in its own Region, and in the one it is forwarded to, unchanged.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
 */
function listRegions({ source, region }: BusEvent, { forwardIamTo }: DeliveryOptions): ReadonlySet<string> {
  return new Set(source === 'aws.iam' && forwardIamTo !== undefined ? [region, forwardIamTo] : [region]);
}

async function follow(
  rule: Rule,
  region: string,
  text: string,
  envelope: Json,
  duplicates: number,
  options: DeliveryOptions,
): Promise<void> {
  if (isRead(envelope) && !rule.getsReads) return;
  if (!matchesPattern(JSON.parse(rule.pattern), envelope)) return;
  for (const target of await listTargets(rule.name, region, options)) {
    for (let copy = 0; copy <= duplicates; copy++) await send(text, target, rule, region, options);
  }
}

function isRead({ detail }: Json): boolean {
  return isJson(detail) && detail.readOnly === true;
}

function wrap(event: BusEvent, account: string): Json {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': event.detailType,
    source: event.source,
    account,
    time: event.time.toISOString().replace(/\.\d+Z$/, 'Z'),
    region: event.region,
    resources: event.resources,
    detail: event.detail,
  };
}

type Rule = {
  name: string;
  arn: string;
  pattern: string;
  /** Whether it also gets calls that CloudTrail takes for reads. */
  getsReads: boolean;
};

async function listRules(region: string, { motoUrl }: DeliveryOptions): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  let token: unknown;
  do {
    const input = token === undefined ? {} : { NextToken: token };
    const page = await askMotoJson(motoUrl, { service: 'events', region, target: 'AWSEvents.ListRules', input });
    if (page === undefined) throw new Error('moto refuses to list the rules.');
    rules.push(...listOf(page.Rules).flatMap(readEnabledRule));
    token = page.NextToken ?? undefined;
  } while (token !== undefined);
  return rules;
}

/** State of a rule that also gets reads. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
const ALSO_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

function readEnabledRule(rule: unknown): readonly Rule[] {
  if (!isJson(rule) || rule.State === 'DISABLED') return [];
  const pattern = textAt(rule, 'EventPattern');
  const [name, arn] = [textAt(rule, 'Name'), textAt(rule, 'Arn')];
  if (pattern === undefined || name === undefined || arn === undefined) return [];
  return [{ name, arn, pattern, getsReads: rule.State === ALSO_READS }];
}

async function listTargets(rule: string, region: string, { motoUrl }: DeliveryOptions): Promise<readonly Json[]> {
  const target = 'AWSEvents.ListTargetsByRule';
  const answer = await askMotoJson(motoUrl, { service: 'events', region, target, input: { Rule: rule } });
  if (answer === undefined) throw new Error(`moto refuses to list the targets of the rule ${rule}.`);
  return listOf(answer.Targets).filter(isJson);
}

/** A target that cannot take the event costs it that target only: the event goes to the dead-letter queue, if there is one. */
async function send(text: string, target: Json, rule: Rule, region: string, options: DeliveryOptions): Promise<void> {
  const arn = textAt(target, 'Arn') ?? '';
  try {
    await sendTo(text, target, arn, region, options);
  } catch (cause) {
    const deadLetters = isJson(target.DeadLetterConfig) ? textAt(target.DeadLetterConfig, 'Arn') : undefined;
    options.log(`The rule ${rule.name} could not deliver to ${arn}: ${describe(cause)}`);
    if (deadLetters === undefined) return;
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    await sendToQueue(text, deadLetters, region, options, {
      RULE_ARN: rule.arn,
      TARGET_ARN: arn,
      ERROR_CODE: 'NO_RESOURCE',
      ERROR_MESSAGE: describe(cause),
    });
  }
}

async function sendTo(
  text: string,
  target: Json,
  arn: string,
  region: string,
  options: DeliveryOptions,
): Promise<void> {
  const shaped = ['Input', 'InputPath', 'InputTransformer'].find((name) => target[name] !== undefined);
  if (shaped !== undefined) throw new Error(`the local EventBridge does not know ${shaped}`);
  const [, , service, , , ...resource] = arn.split(':');
  if (service === 'sqs') return sendToQueue(text, arn, region, options);
  if (service === 'lambda' && options.invokeFunction !== undefined) {
    // Asynchronous on AWS: what becomes of the invocation is not the rule's business.
    void options.invokeFunction(resource[1] ?? arn, Buffer.from(text), 'Event').catch((cause) => {
      options.log(`${arn} failed: ${describe(cause)}`);
    });
    return;
  }
  throw new Error('the local EventBridge delivers to queues and functions only');
}

async function sendToQueue(
  text: string,
  arn: string,
  region: string,
  { motoUrl, account }: DeliveryOptions,
  attributes: Readonly<Record<string, string>> = {},
): Promise<void> {
  const QueueUrl = `${motoUrl}/${account}/${arn.split(':').at(-1)}`;
  const values = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
  const input = { QueueUrl, MessageBody: text, MessageAttributes: Object.fromEntries(values) };
  const answer = await askMoto(motoUrl, { service: 'sqs', region, target: 'AmazonSQS.SendMessage', input });
  if (answer.status < 300) return;
  const body = readJson(answer.body);
  throw new Error(textAt(body, 'message') ?? textAt(body, 'Message') ?? `HTTP ${answer.status}`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
