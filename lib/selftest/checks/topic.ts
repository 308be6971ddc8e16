import { DescribeKeyCommand, GetKeyPolicyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { parsePolicy } from '../../iam/parse-policy.ts';
import { matchesPattern } from '../../iam/pattern.ts';
import type { PolicyDocument, Statement } from '../../iam/policy-document.ts';
import { type Found, inOrder, unclear, wrong } from '../check.ts';

/**
 * Whether the officer's topic is there and encrypted.
 *
 * @throws what SNS throws
 * @see https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
 */
export async function lookAtTopic(sns: SNSClient, topicArn: string): Promise<Found> {
  const { Attributes: { KmsMasterKeyId = '' } = {} } = await sns.send(
    new GetTopicAttributesCommand({ TopicArn: topicArn }),
  );
  return KmsMasterKeyId === ''
    ? wrong('The topic is not encrypted.', 'Deploy the stack of Keywarden again, and find out who took the key away.')
    : inOrder('The topic is there, and encrypted.');
}

/** Services that must be able to use the key of the topic, or what they send is dropped unseen. */
const SERVICES = ['sns.amazonaws.com', 'cloudwatch.amazonaws.com'];

/** https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse */
const NEEDED = ['kms:decrypt', 'kms:generatedatakey'];

/**
 * Whether the key of the topic works, and SNS and CloudWatch may use it.
 *
 * @param account 12 digits: whose alarms and topic it is
 * @throws what KMS throws
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
export async function lookAtTopicKey(kms: KMSClient, keyArn: string, account: string): Promise<Found> {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyArn }));
  const state = KeyMetadata?.KeyState ?? 'unknown';
  if (state !== 'Enabled') {
    return wrong(
      `The key of the topic is ${state}: nothing that is sent arrives.`,
      `Make it usable again: aws kms ${state === 'PendingDeletion' ? 'cancel-key-deletion' : 'enable-key'} --key-id ${keyArn}`,
    );
  }
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' }));
  return judgeTopicKeyPolicy(Policy, account);
}

/**
 * Whether a key policy lets the services use the key that must.
 *
 * @param policy JSON text
 * @throws {PolicyDocumentError} when it is no policy
 */
export function judgeTopicKeyPolicy(policy: string, account: string): Found {
  const document = parsePolicy(policy);
  const refused = SERVICES.filter((service) => !mayUse(document, service, account));
  if (refused.length > 0) {
    return wrong(
      `The key policy does not let ${refused.join(' and ')} use the key of the topic.`,
      'Deploy the stack of Keywarden again: its key policy has a statement "ServicesThatDeliver".',
    );
  }
  return document.statements.some((one) => one.effect === 'Deny' && SERVICES.some((service) => concerns(one, service)))
    ? unclear(
        'The key policy lets them use the key, and has a statement that may deny it to them.',
        'Look at the statements of the key policy that deny.',
      )
    : inOrder('The key of the topic is enabled, and SNS and CloudWatch may use it.');
}

const mayUse = ({ statements }: PolicyDocument, service: string, account: string): boolean =>
  NEEDED.every((action) =>
    statements.some(
      (one) =>
        one.effect === 'Allow' &&
        one.notUnderstood.length === 0 &&
        concerns(one, service) &&
        one.action?.negated === false &&
        one.action.list.some((pattern) => matchesPattern(pattern.toLowerCase(), action)) &&
        one.conditions.every((condition) => holdsFor(condition, account)),
    ),
  );

const concerns = ({ principal }: Statement, service: string): boolean =>
  principal !== undefined &&
  principal.list.some(({ kind, text }) => kind === 'everyone' || text === service) !== principal.negated;

/** That the call is for this account. What else a statement asks for, it may ask for in vain. */
const holdsFor = ({ operatorName, key, values }: Statement['conditions'][number], account: string): boolean =>
  key.toLowerCase() === 'aws:sourceaccount' && /^String(Equals|Like)$/i.test(operatorName) && values.includes(account);
