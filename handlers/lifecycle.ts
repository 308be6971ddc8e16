import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { handleBatch } from '../lib/batch.ts';
import { start, writerOf } from './start.ts';

const { pipeline, log, maxReceives } = start();

/** An SQS batch of EventBridge events. Messages that it names as failures are delivered again. */
async function verifyBatch({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const messages = Records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body,
    receives: Number(attributes.ApproximateReceiveCount),
  }));
  const failed = await handleBatch(pipeline, messages, { writer: writerOf(context), maxReceives });
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

export const handler = middy<SQSEvent, SQSBatchResponse>().use(injectLambdaContext(log)).handler(verifyBatch);
