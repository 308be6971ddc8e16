import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { obey } from '../lib/orders/obey.ts';
import type { OrderResult } from '../lib/orders/order.ts';
import { answerUrl, isUrlEvent, readUrlEvent, type UrlAnswer } from '../lib/orders/url-event.ts';
import { start, writerOf } from './start.ts';

const { pipeline, kms, log } = start();

/** An order (lib/orders/order.ts), sent to the function itself or to its URL. */
async function carryOutOrder(input: unknown, context: Context): Promise<OrderResult | UrlAnswer> {
  const delivery = { writer: writerOf(context), last: false };
  const around = { pipeline, kms, delivery, orderId: context.awsRequestId };
  if (!isUrlEvent(input)) return obey(input, around);
  const request = readUrlEvent(input);
  if ('refused' in request) return request.refused;
  return answerUrl(await obey(request.input, { ...around, caller: request.caller }));
}

export const handler = middy<unknown, OrderResult | UrlAnswer>().use(injectLambdaContext(log)).handler(carryOutOrder);
