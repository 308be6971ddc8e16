import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';

/** What the sweep sends to itself. */
export type SweepMessage =
  /** Look at these keys. */
  | { readonly keys: KeysMessage }
  /** See how far the sweep is: go on with listing, end it, or look again later. */
  | { readonly check: { readonly sweep: string } };

export interface KeysMessage {
  readonly sweep: string;
  /** Which chunk of which page it is: it is crossed off when every key of it is done. */
  readonly page: number;
  readonly chunk: number;
  /** How many chunks that page has. */
  readonly chunks: number;
  /** As on the page: keys that KMS listed, or keys that it does not list any more. */
  readonly kind: 'listed' | 'gone';
  readonly arns: readonly string[];
}

/** Sends messages to our own queue; `seconds` later, at most 900. Throws what SQS throws, and an Error when it did not take all. */
export type SendSweep = (messages: readonly SweepMessage[], seconds?: number) => Promise<void>;

const schema = z.union([
  z.strictObject({
    keys: z.strictObject({
      sweep: z.string().min(1),
      page: z.int().min(1),
      chunk: z.int().min(0),
      chunks: z.int().min(1),
      kind: z.enum(['listed', 'gone']),
      arns: z.array(z.string().min(1)).min(1).max(50),
    }),
  }),
  z.strictObject({ check: z.strictObject({ sweep: z.string().min(1) }) }),
]);

/** Somebody else than Keywarden wrote to the queue of the sweep, or another version did. */
export class SweepMessageError extends Error {
  override name = 'SweepMessageError';
}

/** @throws {SweepMessageError} names what is wrong with it */
export function readSweepMessage(body: string): SweepMessage {
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    throw new SweepMessageError(
      `A message in the queue of the sweep is none of its own: ${JSON.stringify(body.slice(0, 200))}. Find out who may send to that queue; a message of an older version goes away by itself.`,
      { cause },
    );
  }
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH = 10;
const LONGEST_DELAY = 900;
const MOST_TRIES = 4;

/** Makes the function that sends, ten messages a call. What SQS did not take is sent again. */
export const createSendSweep =
  (sqs: SQSClient, queueUrl: string, pause: (milliseconds: number) => Promise<void>): SendSweep =>
  async (messages, seconds = 0) => {
    const DelaySeconds = Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_DELAY);
    for (let at = 0; at < messages.length; at += BATCH) {
      let left = messages
        .slice(at, at + BATCH)
        .map((message, place) => ({ Id: String(place), MessageBody: JSON.stringify(message), DelaySeconds }));
      for (let attempt = 1; left.length > 0; attempt += 1) {
        if (attempt > MOST_TRIES)
          throw new Error(`SQS did not take ${left.length} messages in ${MOST_TRIES} attempts.`);
        if (attempt > 1) await pause(100 * 2 ** attempt);
        const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left }));
        const failed = new Set(Failed.map(({ Id }) => Id));
        left = left.filter(({ Id }) => failed.has(Id));
      }
    }
  };
