import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createEventBridgeClient, createLambdaClient, createSnsClient, createSqsClient } from '../lib/aws/clients.ts';
import { lookAtAll } from '../lib/selftest/look.ts';
import { takeReceipts } from '../lib/selftest/receipts.ts';
import { runSelftest, type SelftestResult } from '../lib/selftest/selftest.ts';
import { readParts } from '../lib/selftest/settings.ts';
import { start, writerOf } from './start.ts';

const { pipeline, kms, settings, log } = start();
const { AWS_REGION: region } = settings;
const parts = readParts(process.env);
const eyes = {
  kms,
  sns: createSnsClient({ region }),
  sqs: createSqsClient({ region }),
  events: createEventBridgeClient({ region }),
  lambda: createLambdaClient({ region }),
  stopped: pipeline.stopped,
};
const starting = {
  pipeline,
  topicKeyArn: parts.topicKeyArn,
  look: () => lookAtAll(parts, eyes, pipeline.account),
};

/**
 * `{}` or `{ requestedBy }` begins a selftest, `{ run }` tells what became of one; an SQS batch brings test messages back.
 * Messages that it names as failures are delivered again.
 */
async function testTheWay(input: unknown, context: Context): Promise<SelftestResult | SQSBatchResponse> {
  const delivery = { writer: writerOf(context), last: false };
  if (isBatch(input)) {
    const messages = input.Records.map(({ messageId, body }) => ({ id: messageId, body }));
    const failed = await takeReceipts(pipeline, messages, delivery);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  }
  const result = await runSelftest(starting, input, context.awsRequestId, delivery);
  const { message: reason, ...rest } = result;
  log.info('selftest', { ...rest, reason });
  return result;
}

const isBatch = (input: unknown): input is SQSEvent =>
  typeof input === 'object' && input !== null && 'Records' in input && Array.isArray(input.Records);

export const handler = middy<unknown, SelftestResult | SQSBatchResponse>()
  .use(injectLambdaContext(log))
  .handler(testTheWay);
