import { z } from 'zod';
import { sortFailure } from '../aws/failure.ts';
import type { QueueMessage } from '../batch.ts';
import { giveUpFile, type Intake, type StoredObject, takeFile } from './take-file.ts';

/** The event of S3 as EventBridge hands it over: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const schema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.object({
    bucket: z.object({ name: z.string().min(3) }),
    object: z.object({ key: z.string().min(1).max(1024), etag: z.string().optional() }),
  }),
});

/**
 * Takes the files in that a batch of messages names, one after the other. One that fails never stops the others.
 *
 * A file that was not, or not wholly, read goes back to the queue like one that failed, and after the last attempt to the
 * dead letters, which raise an alarm: whatever the reason, somebody must know of it, and can have it tried again by moving
 * the message back.
 *
 * @param maxReceives after so many receives the queue moves a message to its dead letters
 * @returns ids of the messages that must be delivered again
 */
export async function takeBatch(
  intake: Intake,
  messages: readonly QueueMessage[],
  maxReceives: number,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const message of messages) {
    const object = readMessage(message.body);
    if (object === undefined) {
      intake.log.warn('message is no event of S3', { messageId: message.id, body: message.body.slice(0, 500) });
      failed.push(message.id);
    } else if (!(await takeOne(intake, object, message.receives >= maxReceives))) failed.push(message.id);
  }
  return failed;
}

/** @returns undefined for anything that is no event of a new object */
function readMessage(body: string): StoredObject | undefined {
  const { success, data } = schema.safeParse(parse(body));
  if (!success) return undefined;
  const { bucket, object } = data.detail;
  return { bucket: bucket.name, key: object.key, ...(object.etag === undefined ? {} : { etag: object.etag }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns whether nothing is left to be done about it */
async function takeOne(intake: Intake, object: StoredObject, isLast: boolean): Promise<boolean> {
  try {
    const item = await takeFile(intake, object);
    return item === 'no-log-file' || item.outcome === 'read';
  } catch (error) {
    const { reason } = sortFailure(error);
    intake.log.warn('file returned to the queue', { key: object.key, reason });
    if (isLast) await keepFailure(intake, object, reason);
    return false;
  }
}

/** Where even that cannot be written, the dead letter says it. */
async function keepFailure(intake: Intake, object: StoredObject, reason: string): Promise<void> {
  try {
    await giveUpFile(
      intake,
      object,
      `It could not be read in several attempts, the last of which ended with ${reason}.`,
    );
  } catch (error) {
    intake.log.warn('failure not kept', { key: object.key, reason: sortFailure(error).reason });
  }
}
