import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { KillSwitch } from '../../aws/kill-switch.ts';
import { type Found, inOrder, unclear, wrong } from '../check.ts';

/** More than these wait only when nothing works them off: ten at a time, five times at once, each within a minute. */
const MOST_WAITING = 1_000;

/**
 * Whether a queue is worked off.
 *
 * @throws what SQS throws
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html (about: it may be some off)
 */
export async function lookAtQueue(sqs: SQSClient, queueUrl: string): Promise<Found> {
  const waiting = await countWaiting(sqs, queueUrl);
  if (waiting === undefined) return NOT_COUNTED;
  return waiting > MOST_WAITING
    ? wrong(
        `About ${waiting} messages wait in the queue.`,
        'Look at the log of the lifecycle function: what keeps it from working them off?',
      )
    : inOrder(`About ${waiting} messages wait in the queue.`);
}

/**
 * Whether a queue of dead letters is empty.
 *
 * @throws what SQS throws
 */
export async function lookAtDeadLetters(sqs: SQSClient, queueUrl: string): Promise<Found> {
  const waiting = await countWaiting(sqs, queueUrl);
  if (waiting === undefined) return NOT_COUNTED;
  return waiting === 0
    ? inOrder('No dead letters.')
    : wrong(
        `About ${waiting} ${waiting === 1 ? 'message is' : 'messages are'} dead letters: what they say was not verified.`,
        `Find out why in the log of the function, then bring them back: aws sqs start-message-move-task, or send them again, from ${queueUrl}`,
      );
}

const NOT_COUNTED = unclear('SQS did not say how many messages wait.', 'Run the selftest again in some minutes.');

async function countWaiting(sqs: SQSClient, QueueUrl: string): Promise<number | undefined> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  const count = Number(Attributes?.ApproximateNumberOfMessages);
  return Number.isInteger(count) ? count : undefined;
}

/** Whether the kill switch can be read; both of its values are in order. */
export async function lookAtKillSwitch(stopped: KillSwitch): Promise<Found> {
  const answer = await stopped('unread');
  return answer.known
    ? inOrder(`It can be read, and it is ${answer.value ? 'on: Keywarden changes nothing' : 'off'}.`)
    : unclear(
        `The kill switch could not be read: ${answer.reason}.`,
        'Until it can be read, Keywarden asks instead of acting. Set the parameter to off or on.',
      );
}
