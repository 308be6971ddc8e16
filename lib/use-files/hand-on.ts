import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** At most so many messages, and bytes of them, go with one request: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MOST_MESSAGES = 10;
const MOST_BYTES = 256 * 1024;

/**
 * Hands records to the queue of the lifecycle function, which judges them as it judges events. It takes them for records
 * from an archive because of the form of the message, which EventBridge cannot send: see `readAction` in `batch.ts`.
 *
 * @returns a function of records as they are in a log file; it throws what SQS throws, and when SQS did not take all of them
 */
export const createHandOn =
  (sqs: SQSClient, queueUrl: string) =>
  async (records: readonly unknown[]): Promise<void> => {
    const bodies = records.map((archived) => JSON.stringify({ archived }));
    for (const batch of splitIntoBatches(bodies)) {
      const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      const [first] = Failed;
      if (first !== undefined)
        throw new Error(`SQS did not take ${Failed.length} records: ${first.Code} ${first.Message ?? ''}`);
    }
  };

function splitIntoBatches(bodies: readonly string[]): string[][] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const length = Buffer.byteLength(body);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= MOST_MESSAGES || bytes + length > MOST_BYTES) {
      batches.push([body]);
      bytes = length;
    } else {
      batch.push(body);
      bytes += length;
    }
  }
  return batches;
}
