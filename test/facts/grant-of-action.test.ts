import { describe, expect, test } from '@jest/globals';
import { readRecord } from '../../lib/event/read-record.ts';
import { grantOfAction } from '../../lib/facts/grant-of-action.ts';
import { readGrantRecord, UnreadableGrantError } from '../../lib/iam/grant.ts';
import { making } from '../controls/grant-least-privilege.cases.ts';
import { ACCOUNT, KEY_ARN, KEY_ID } from './key.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/ops`;

/** The documented record of a CreateGrant that EC2 makes for a person, who names the key by its bare id. */
const RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:dana',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { type: 'Role', arn: ROLE } },
    invokedBy: 'ec2-frontend-api.amazonaws.com',
  },
  eventTime: '2026-08-03T09:01:02Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'CreateGrant',
  awsRegion: 'eu-west-1',
  sourceIPAddress: 'ec2-frontend-api.amazonaws.com',
  userAgent: 'ec2-frontend-api.amazonaws.com',
  requestParameters: {
    keyId: KEY_ID,
    granteePrincipal: ROLE,
    retiringPrincipal: ROLE,
    operations: ['Decrypt', 'CreateGrant'],
    constraints: { encryptionContextSubset: { 'aws:ebs:id': 'vol-0123456789abcdef0' } },
    name: 'volume',
  },
  responseElements: { grantId: 'f'.repeat(64), keyId: KEY_ARN },
  eventID: '3d1fdf6f-0000-4000-8000-000000000001',
  readOnly: false,
  resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY_ARN }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
};

const readAction = (record: object) => readRecord(record, { origin: 'eventbridge', selfRoleArns: [] });

describe('the grant of a CreateGrant action', () => {
  test('and who made it are those of the record that the action was read from', () => {
    const ofAction = grantOfAction(readAction(RECORD));
    expect(ofAction).toEqual(readGrantRecord(RECORD));
    expect(ofAction.evidence).toMatchObject({ invokedBy: 'ec2-frontend-api.amazonaws.com', sessionIssuer: ROLE });
  });

  test('holds nothing that the record does not tell', () => {
    const record = { ...RECORD, userIdentity: { type: 'AWSService' }, userAgent: undefined };
    expect(grantOfAction(readAction(record))).toEqual(readGrantRecord(record));
  });

  test.each([
    ['that failed', making({ error: { code: 'AccessDenied', message: 'no' } }), 'errorCode'],
    ['that names no grant in its answer', making({ response: {} }), 'responseElements.grantId'],
    ['of another operation', making({ api: 'RevokeGrant' }), 'eventName'],
  ])('cannot be read from an action %s', (_name, action, field) => {
    expect(() => grantOfAction(action)).toThrow(UnreadableGrantError);
    expect(() => grantOfAction(action)).toThrow(field);
  });
});
