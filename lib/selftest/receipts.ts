import { z } from 'zod';
import type { Delivery, Pipeline } from '../context.ts';
import { endByReceipt } from './end-run.ts';
import { isRunId } from './run-ids.ts';

/** A message of the queue of receipts: what SNS delivers to a queue, with the JSON of the test message in it. */
export interface ReceiptMessage {
  readonly id: string;
  readonly body: string;
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html */
const envelopeSchema = z.object({ Message: z.string() });
const receiptSchema = z.object({ state: z.literal('selftest'), run: z.string().refine(isRunId) });

/**
 * Takes test messages that have come back. One that fails stops no other.
 *
 * @returns ids of the messages that must be delivered again
 */
export async function takeReceipts(
  pipeline: Pipeline,
  messages: readonly ReceiptMessage[],
  delivery: Delivery,
): Promise<readonly string[]> {
  const { log } = pipeline;
  const failed: string[] = [];
  for (const { id, body } of messages) {
    try {
      const run = readReceipt(body);
      const result = await endByReceipt(pipeline, run, delivery);
      if (result === undefined) throw new TypeError(`No run ${run} is among the newest in the ledger.`);
      log.info('selftest ended', { ...result });
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      log.warn('receipt returned to the queue', { messageId: id, reason });
      failed.push(id);
    }
  }
  return failed;
}

/**
 * @returns id of the run
 * @throws {SyntaxError} and {@link z.ZodError} for anything else: only the topic may send to this queue
 */
export function readReceipt(body: string): string {
  const { Message } = envelopeSchema.parse(JSON.parse(body));
  return receiptSchema.parse(JSON.parse(Message)).run;
}
