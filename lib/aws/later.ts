import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** The longest delay that SQS takes, in seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const LONGEST = 900;

/**
 * Sends messages to our own queue that arrive later.
 *
 * @returns a function that throws what SQS throws
 */
export const createLater =
  (sqs: SQSClient, queueUrl: string) =>
  async (message: unknown, seconds: number): Promise<void> => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        DelaySeconds: Math.min(seconds, LONGEST),
      }),
    );
  };
