import { z } from 'zod';
import type { Caller, OrderResult } from './order.ts';
import { refuse } from './refusal.ts';

/** What a function URL answers. */
export interface UrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/**
 * What Lambda makes of a request to a function URL, as far as it is read.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload (format 2.0)
 */
const urlEventSchema = z.object({
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    http: z.object({ method: z.string(), sourceIp: z.string().optional(), userAgent: z.string().optional() }),
    authorizer: z
      .object({
        iam: z.object({
          userArn: z.string().min(1),
          accountId: z.string(),
          userId: z.string().nullish(),
        }),
      })
      .nullish(),
  }),
});

/** Whether it came through the function URL: nothing that a person sends as an order looks like that. */
export const isUrlEvent = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && 'requestContext' in input;

/** A request to the function URL, read. */
export interface UrlRequest {
  /** The order, unchecked. */
  readonly input: unknown;
  readonly caller: Caller;
}

/** What keeps a request from being an order. */
export interface UnfitRequest {
  readonly refused: UrlAnswer;
}

/**
 * Reads who sends what through the function URL. Without a caller whom AWS names nothing is taken, whatever the settings of the
 * URL are: nobody may order anything because somebody opened it.
 */
export function readUrlEvent(event: unknown): UrlRequest | UnfitRequest {
  const parsed = urlEventSchema.safeParse(event);
  if (!parsed.success) {
    return unfit(400, 'This is no request to a function URL as Lambda makes it (payload format 2.0).');
  }
  const { requestContext, headers, body, isBase64Encoded } = parsed.data;
  const { http, authorizer } = requestContext;
  if (authorizer === undefined || authorizer === null) {
    return unfit(
      401,
      'AWS does not name the caller: the function URL must have AuthType AWS_IAM, and the request must be signed. Nothing was done.',
    );
  }
  if (http.method !== 'POST') return unfit(405, `The method is ${http.method}. Send the order with POST, as JSON.`);
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return unfit(400, 'The body is no JSON. Send the order as a JSON object.');
  }
  const { iam } = authorizer;
  const { userArn: arn, accountId, userId } = iam;
  const caller = {
    arn,
    accountId,
    ...(userId === undefined || userId === null ? {} : { principalId: userId }),
    ...(http.sourceIp === undefined ? {} : { sourceIp: http.sourceIp }),
    ...(http.userAgent === undefined ? {} : { userAgent: http.userAgent }),
  };
  return { input: withKey(input, headers[IDEMPOTENCY_KEY]), caller };
}

/** Lambda gives names of headers in lower case. */
const IDEMPOTENCY_KEY = 'idempotency-key';

/** Whatever sends a request again by itself knows headers, and not the fields of an order. */
const withKey = (input: unknown, orderId: string | undefined): unknown =>
  orderId !== undefined && typeof input === 'object' && input !== null && !('orderId' in input)
    ? { ...input, orderId }
    : input;

const unfit = (statusCode: number, message: string): UnfitRequest => ({
  refused: { ...answerUrl(refuse('input', message)), statusCode },
});

const STATUS: Readonly<Record<'input' | 'caller' | 'conflict', number>> = { input: 400, caller: 403, conflict: 409 };

/** The answer to an order as an answer of HTTP: 200, 202 for what goes on in the background, or why it was refused. */
export const answerUrl = (result: OrderResult): UrlAnswer => ({
  statusCode: result.status === 'refused' ? STATUS[result.why] : result.status === 'accepted' ? 202 : 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(result),
});
