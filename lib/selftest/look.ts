import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { KillSwitch } from '../aws/kill-switch.ts';
import { type Check, check } from './check.ts';
import { lookAtDeadLetters, lookAtKillSwitch, lookAtQueue } from './checks/queues.ts';
import { lookAtMapping, lookAtRule } from './checks/rules.ts';
import { lookAtSubscriptions } from './checks/subscriptions.ts';
import { lookAtTopic, lookAtTopicKey } from './checks/topic.ts';

/** Which parts the way from a rule to the officer has. */
export interface Parts {
  readonly topicArn: string;
  readonly topicKeyArn: string;
  /** ARN of the queue that brings the test message back. */
  readonly receiptsArn: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterUrls: readonly string[];
  readonly ruleNames: readonly string[];
  readonly lifecycleFunction: string;
}

/** With what they are looked at. */
export interface Eyes {
  readonly sns: SNSClient;
  readonly kms: KMSClient;
  readonly sqs: SQSClient;
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly stopped: KillSwitch;
}

/** Looks at every part. Never throws: what could not be looked at is `unknown`. */
export function lookAtAll(parts: Parts, eyes: Eyes, account: string): Promise<readonly Check[]> {
  const { sns, kms, sqs, events, lambda, stopped } = eyes;
  const { topicArn, topicKeyArn, receiptsArn, queueArn } = parts;
  return Promise.all([
    check('officer-topic', () => lookAtTopic(sns, topicArn)),
    check('topic-key', () => lookAtTopicKey(kms, topicKeyArn, account)),
    check('subscriptions', () => lookAtSubscriptions(sns, topicArn, receiptsArn)),
    ...parts.ruleNames.map((name) => check(`rule ${name}`, () => lookAtRule(events, name, queueArn))),
    check('event-source-mapping', () => lookAtMapping(lambda, parts.lifecycleFunction, queueArn)),
    check('queue', () => lookAtQueue(sqs, parts.queueUrl)),
    ...parts.deadLetterUrls.map((url) =>
      check(`dead-letters ${url.slice(url.lastIndexOf('/') + 1)}`, () => lookAtDeadLetters(sqs, url)),
    ),
    check('kill-switch', () => lookAtKillSwitch(stopped)),
  ]);
}
