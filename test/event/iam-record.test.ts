import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findIamItem } from '../../lib/event/iam-subject.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { ACCOUNT, CONTEXT, recordOf } from './fixtures.ts';

const IAM = `arn:aws:iam::${ACCOUNT}`;
const POLICY = `${IAM}:policy/teams/billing/Reports`;
const AWS_POLICY = 'arn:aws:iam::aws:policy/service-role/PowerUserAccess';

/** IAM's records come from us-east-1 and have no resources. */
const read = (eventName: string, overrides: Record<string, unknown> = {}): KeyAction =>
  readRecord(
    recordOf({
      eventSource: 'iam.amazonaws.com',
      eventName,
      awsRegion: 'us-east-1',
      resources: undefined,
      requestParameters: null,
      ...overrides,
    }),
    CONTEXT,
  );

describe('a record of IAM that writes a policy', () => {
  test.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['PutRolePolicy', { roleName: 'App', policyName: 'keys', policyDocument: '{}' }, `${IAM}:role/App`, 'keys'],
    ['PutUserPolicy', { userName: 'dana@example.com', policyName: 'a+b' }, `${IAM}:user/dana@example.com`, 'a+b'],
    ['PutGroupPolicy', { groupName: 'Ops', policyName: 'keys' }, `${IAM}:group/Ops`, 'keys'],
    ['DeleteRolePolicy', { roleName: 'App', policyName: 'keys' }, `${IAM}:role/App`, 'keys'],
    ['CreatePolicyVersion', { policyArn: POLICY, setAsDefault: true }, POLICY, undefined],
    ['SetDefaultPolicyVersion', { policyArn: POLICY, versionId: 'v2' }, POLICY, undefined],
    ['DeletePolicy', { policyArn: POLICY }, POLICY, undefined],
    ['AttachRolePolicy', { roleName: 'App', policyArn: POLICY }, POLICY, undefined],
    ['DetachUserPolicy', { userName: 'dana', policyArn: POLICY }, POLICY, undefined],
    ['AttachRolePolicy', { roleName: 'App', policyArn: AWS_POLICY }, `${IAM}:role/App`, AWS_POLICY],
    ['DetachGroupPolicy', { groupName: 'Ops', policyArn: AWS_POLICY }, `${IAM}:group/Ops`, AWS_POLICY],
    ['UpdateAssumeRolePolicy', { roleName: 'App', policyDocument: '{}' }, `${IAM}:role/App`, undefined],
    ['DeleteUserPermissionsBoundary', { userName: 'dana' }, `${IAM}:user/dana`, undefined],
    ['DeleteRolePermissionsBoundary', { roleName: 'App' }, `${IAM}:role/App`, undefined],
    ['PutRolePermissionsBoundary', { roleName: 'App', permissionsBoundary: POLICY }, `${IAM}:role/App`, undefined],
  ])('%s of %j is about %s', (api, requestParameters, subject, item) => {
    const action = read(api, { requestParameters });
    expect(action).toMatchObject({ kind: 'lifecycle', step: '4.2.1', subject, keys: [], outcome: 'succeeded' });
    expect(findIamItem(action)).toBe(item);
  });

  test('CreatePolicy is about the policy that was made; about the name and path when it failed', () => {
    const requestParameters = { policyName: 'Reports', path: '/teams/billing/' };
    const made = read('CreatePolicy', { requestParameters, responseElements: { policy: { arn: POLICY } } });
    expect(made.subject).toBe(POLICY);
    expect(read('CreatePolicy', { requestParameters, errorCode: 'EntityAlreadyExists' }).subject).toBe(POLICY);
    expect(read('CreatePolicy', { requestParameters: { policyName: 'Reports' } }).subject).toBe(
      `${IAM}:policy/Reports`,
    );
    const omitted = read('CreatePolicy', { responseElements: { policy: { arn: POLICY } } });
    expect(omitted.subject).toBe(POLICY);
  });

  test.each<[string, string, unknown]>([
    ['was denied', 'PutRolePolicy', null],
    ['was so large that CloudTrail left the parameters out', 'PutRolePolicy', { omitted: true, originalSize: 110_000 }],
    ['names a role with a line break', 'PutRolePolicy', { roleName: 'App\nSUBJECT#x', policyName: 'keys' }],
    ['names a policy of another service', 'DeletePolicy', { policyArn: 'arn:aws:s3:::bucket' }],
    ['names a policy with text before its ARN', 'DeletePolicy', { policyArn: `x ${POLICY}` }],
    ['names a policy with text behind its ARN', 'DeletePolicy', { policyArn: `${POLICY} x` }],
    ['has a path that could forge an ARN', 'CreatePolicy', { policyName: 'Reports', path: '/a b/' }],
  ])('that %s is about nothing that has a name', (_what, api, requestParameters) => {
    const action = read(api, { requestParameters });
    expect(action.subject).toBe(`${IAM}:unidentified`);
    expect(findIamItem(action)).toBeUndefined();
  });

  test('in another partition is about an ARN of that partition', () => {
    const requestParameters = { roleName: 'App', policyName: 'keys' };
    const action = read('PutRolePolicy', { awsRegion: 'us-gov-west-1', requestParameters });
    expect(action.subject).toBe(`arn:aws-us-gov:iam::${ACCOUNT}:role/App`);
    const policyArn = POLICY.replace('arn:aws:', 'arn:aws-us-gov:');
    expect(read('DeletePolicy', { requestParameters: { policyArn } }).subject).toBe(policyArn);
  });

  test('never makes a subject with a character that ends a line, or of another account than that of the record', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('App', POLICY, AWS_POLICY, '/', '/a/'));
    const requests = fc.dictionary(
      fc.constantFrom('roleName', 'userName', 'groupName', 'policyName', 'path'),
      fc.oneof(texts, fc.jsonValue()),
    );
    fc.assert(
      fc.property(fc.constantFrom('PutRolePolicy', 'CreatePolicy', 'AttachUserPolicy'), requests, (api, request) => {
        const { subject } = read(api, { requestParameters: request });
        expect(subject).toMatch(new RegExp(`^arn:aws:iam::${ACCOUNT}:[\\x21-\\x7e]+$`));
      }),
    );
  });
});

test.each(['CreateRole', 'CreateAccessKey', 'TagPolicy', 'constructor'])(
  'What %s of IAM does is not about permission to use keys',
  (api) => {
    expect(read(api)).toMatchObject({ kind: 'unrecognised', step: 'unrecognised' });
  },
);

test('An operation of another service with the name of an IAM operation is not taken for it', () => {
  const requestParameters = { policyName: 'Reports' };
  const action = read('CreatePolicy', { eventSource: 'iot.amazonaws.com', requestParameters });
  expect(action).toMatchObject({ kind: 'unrecognised', subject: `arn:aws:iot:us-east-1:${ACCOUNT}:unidentified` });
});
