/** One base record and its overrides; every event of these tests is made from it. All names and numbers are invented. */
import type { ReadContext } from '../../lib/event/read-record.ts';

type Fields = Readonly<Record<string, unknown>>;

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-west-2';
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const MULTI_REGION_ID = 'mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9';
export const SELF_ROLE = `arn:aws:iam::${ACCOUNT}:role/keywarden/lifecycle`;
export const CONTEXT: ReadContext = { origin: 'eventbridge', selfRoleArns: [SELF_ROLE] };

export const keyArn = (id: string = KEY_ID, region: string = REGION, account: string = ACCOUNT): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`;
export const aliasArn = (name: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:alias/${name}`;
export const KEY = keyArn();
export const OTHER_KEY = keyArn('9d1f7a64-0a5b-4c0e-8f51-2b7f3c9d0e11');

export const resourcesOf = (...arns: readonly string[]): Fields[] =>
  arns.map((ARN) => ({ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN }));

const ROLE = { type: 'Role', principalId: 'AROAEXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:role/ci`, accountId: ACCOUNT };

/** A session of a role, as CloudTrail writes it. */
export const sessionOf = (roleArn: string, name: string, session: Fields = {}): Fields => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${name}`,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${name}`,
  accountId: ACCOUNT,
  accessKeyId: '',
  sessionContext: {
    sessionIssuer: { ...ROLE, arn: roleArn },
    webIdFederationData: {},
    attributes: { creationDate: '2026-08-03T09:00:00Z', mfaAuthenticated: 'false' },
    ...session,
  },
});

/** A CloudTrail record of a successful DisableKeyRotation, changed by `overrides`; a field set to undefined is absent. */
export function recordOf(overrides: Fields = {}): Record<string, unknown> {
  const record: Fields = {
    eventVersion: '1.11',
    userIdentity: sessionOf(ROLE.arn, 'run-1'),
    eventTime: '2026-08-03T09:01:02Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'DisableKeyRotation',
    awsRegion: REGION,
    sourceIPAddress: '192.0.2.10',
    userAgent: 'aws-cli/2.31.0',
    requestParameters: { keyId: KEY_ID },
    responseElements: null,
    requestID: '00000000-1111-4222-8333-000000000001',
    eventID: '0f0f0f0f-aaaa-4bbb-8ccc-000000000001',
    readOnly: false,
    resources: resourcesOf(KEY),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...overrides,
  };
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** What IAM refused: no request, no response, no resources; the key is only in the message. */
export const deniedOf = (api: string, on: string, overrides: Fields = {}): Record<string, unknown> =>
  recordOf({
    eventName: api,
    errorCode: 'AccessDenied',
    errorMessage: `User: arn:aws:sts::${ACCOUNT}:assumed-role/ci/run-1 is not authorized to perform: kms:${api} ${on}`,
    requestParameters: null,
    resources: undefined,
    ...overrides,
  });

/** What KMS does by itself: no type of identity, no request. */
export const serviceEventOf = (api: string, overrides: Fields = {}): Record<string, unknown> =>
  recordOf({
    eventName: api,
    eventType: 'AwsServiceEvent',
    userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    requestID: undefined,
    ...overrides,
  });

/** The EventBridge envelope of a CloudTrail record; its account, Region and time are not those of the record. */
export const envelopeOf = (detail: unknown, overrides: Fields = {}): Record<string, unknown> => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  account: ACCOUNT,
  time: '2026-08-03T09:01:19Z',
  region: REGION,
  resources: [],
  detail,
  ...overrides,
});

/** An event that KMS sends to EventBridge itself. */
export const directEventOf = (detailType: string, detail: Fields, overrides: Fields = {}): Record<string, unknown> =>
  envelopeOf(detail, { 'detail-type': detailType, resources: [KEY], ...overrides });
