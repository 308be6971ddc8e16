import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';

/**
 * Makes the event that Lambda hands to a function for a batch of queue messages.
 *
 * @param queueArn of the queue the messages come from; its Region is that of the event
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
 */
export function makeSqsEvent(messages: readonly Message[], queueArn: string): SQSEvent {
  return { Records: messages.map((message) => makeRecord(message, queueArn)) };
}

function makeRecord(message: Message, queueArn: string): SQSRecord {
  const { Attributes: attributes = {}, MessageAttributes: own = {} } = message;
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ...attributes,
      ApproximateReceiveCount: attributes.ApproximateReceiveCount ?? '',
      SentTimestamp: attributes.SentTimestamp ?? '',
      SenderId: attributes.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: attributes.ApproximateFirstReceiveTimestamp ?? '',
    },
    messageAttributes: Object.fromEntries(Object.entries(own).map(([name, value]) => [name, makeAttribute(value)])),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

function makeAttribute({ DataType, StringValue, BinaryValue }: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType === 'Number' || DataType === 'Binary' ? DataType : 'String',
  };
}

/**
 * Which messages of a batch a function could not work off, when the mapping reports batch item failures. An answer that
 * is empty means none; one that Lambda cannot understand, or that names a message not in the batch, means all of them.
 *
 * @param payload what the function returned, as JSON
 * @param ids of the messages in the batch
 * @returns the ids of the messages that stay in the queue
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function readFailures(payload: string, ids: readonly string[]): ReadonlySet<string> {
  const failures = parseResponse(payload)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return new Set(ids);
  const named = failures.map((failure: unknown) => readIdentifier(failure));
  return new Set(named.every((id) => id !== undefined && ids.includes(id)) ? named.flatMap((id) => id ?? []) : ids);
}

function parseResponse(payload: string): Partial<SQSBatchResponse> | undefined {
  const parsed: unknown = JSON.parse(payload);
  if (parsed === null || typeof parsed !== 'object') return undefined;
  return parsed as Partial<SQSBatchResponse>;
}

function readIdentifier(failure: unknown): string | undefined {
  if (failure === null || typeof failure !== 'object' || !('itemIdentifier' in failure)) return undefined;
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}
