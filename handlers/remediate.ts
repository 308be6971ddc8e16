import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type OrderResult, obey } from '../lib/on-demand.ts';
import { start, writerOf } from './start.ts';

const { pipeline, kms, log } = start();

/** `{ key, action, dryRun?, reason, requestedBy }`: verifies the key now, or puts it right. */
function carryOutOrder(input: unknown, context: Context): Promise<OrderResult> {
  const delivery = { writer: writerOf(context), last: false };
  return obey(input, { pipeline, kms, delivery, orderId: context.awsRequestId });
}

export const handler = middy<unknown, OrderResult>().use(injectLambdaContext(log)).handler(carryOutOrder);
