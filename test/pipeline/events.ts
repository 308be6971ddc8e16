import { randomUUID } from 'node:crypto';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import { ACCOUNT, REGION, SELF_ROLE } from './bed.ts';

/** What EventBridge puts into the queue for a KMS call: the documented record in its envelope. */
export function writeEvent(api: string, keyArn: string, overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: ACCOUNT,
    time: '2026-08-03T09:01:02Z',
    region: REGION,
    resources: [],
    detail: {
      eventVersion: '1.11',
      userIdentity: personOf('dana@example.com', 'KeyAdmin'),
      eventTime: '2026-08-03T09:01:02Z',
      eventSource: 'kms.amazonaws.com',
      eventName: api,
      awsRegion: REGION,
      sourceIPAddress: '192.0.2.10',
      userAgent: 'aws-cli/2.31.0',
      requestParameters: { keyId: keyArn },
      responseElements: { keyId: keyArn },
      requestID: randomUUID(),
      eventID: randomUUID(),
      readOnly: false,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: keyArn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
      ...overrides,
    },
  });
}

export const personOf = (session: string, role: string) => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${session}`,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
  accountId: ACCOUNT,
  sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/${role}`, userName: role } },
});

export const readAction = (body: string): KeyAction =>
  readEvent(body, { origin: 'eventbridge', selfRoleArns: [SELF_ROLE] });
