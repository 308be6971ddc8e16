import { paginateListSubscriptionsByTopic, type SNSClient, type Subscription } from '@aws-sdk/client-sns';
import { safeText } from '../../alert/safe-text.ts';
import { type Found, inOrder, wrong } from '../check.ts';

/**
 * Whether somebody is told, and nobody waits to be: a subscription that nobody confirmed gets nothing.
 *
 * @param receipts ARN of the queue that brings the test message back, which is nobody
 * @throws what SNS throws
 * @see https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
 */
export async function lookAtSubscriptions(sns: SNSClient, topicArn: string, receipts: string): Promise<Found> {
  const all: Subscription[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
    { client: sns },
    { TopicArn: topicArn },
  )) {
    all.push(...Subscriptions);
  }
  return judgeSubscriptions(all, receipts);
}

/** @param all of the topic, as SNS lists them: `SubscriptionArn` is `PendingConfirmation` or `Deleted` where there is none */
export function judgeSubscriptions(all: readonly Subscription[], receipts: string): Found {
  const people = all.filter(({ Endpoint }) => Endpoint !== receipts);
  const pending = people.filter(({ SubscriptionArn }) => SubscriptionArn === 'PendingConfirmation');
  const confirmed = people.filter(({ SubscriptionArn = '' }) => SubscriptionArn.startsWith('arn:'));
  if (pending.length > 0) {
    return wrong(
      `Not confirmed, so that nothing arrives there: ${pending.map(describe).join(', ')}.`,
      'Have the link in the mail "AWS Notification - Subscription Confirmation" clicked; after three days it is not good any more: subscribe again, by deploying the stack.',
    );
  }
  if (confirmed.length === 0) {
    return wrong(
      'Nobody is subscribed to the topic.',
      'Deploy the stack with --param="officerEmail=...", and click the link in the mail.',
    );
  }
  if (!all.some(({ Endpoint, SubscriptionArn = '' }) => Endpoint === receipts && SubscriptionArn.startsWith('arn:'))) {
    return wrong(
      'The queue that brings the test message back is not subscribed to the topic.',
      'Deploy the stack of Keywarden again, and find out who took the subscription away.',
    );
  }
  return inOrder(
    `${confirmed.length === 1 ? '1 subscription is' : `${confirmed.length} subscriptions are`} confirmed, none waits.`,
  );
}

/** Enough to know which it is: the ledger keeps this for years, and needs nobody's address. */
function describe({ Protocol = 'unknown', Endpoint = '' }: Subscription): string {
  const [name = '', domain] = Endpoint.split('@');
  return `${safeText(Protocol)} ${domain === undefined ? safeText(Endpoint) : `${safeText(name.slice(0, 1))}...@${safeText(domain)}`}`;
}
