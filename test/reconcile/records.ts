import { randomUUID } from 'node:crypto';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-4333-8444-555555555555`;
/** As the stage dev is deployed. */
export const OWN_RESOURCES = [
  `arn:aws:*:*:${ACCOUNT}:*keywarden-dev-*`,
  `arn:aws:ssm:*:${ACCOUNT}:parameter/keywarden/dev/kill-switch`,
];

/** A CloudTrail record of a call of KMS that changes a key. */
export const recordOf = (overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/dana`, accountId: ACCOUNT, userName: 'dana' },
  eventTime: '2026-08-03T09:01:02Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'DisableKey',
  awsRegion: REGION,
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  requestParameters: { keyId: KEY },
  responseElements: { keyId: KEY },
  requestID: randomUUID(),
  eventID: randomUUID(),
  readOnly: false,
  resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
  ...overrides,
});
