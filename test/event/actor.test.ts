import { describe, expect, test } from '@jest/globals';
import { readActor } from '../../lib/event/actor.ts';
import { ACCOUNT, OTHER_ACCOUNT, recordOf, SELF_ROLE, serviceEventOf, sessionOf } from './fixtures.ts';

const SSO_ROLE = `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_KeyAdmin_0123456789abcdef`;
const CI_ROLE = `arn:aws:iam::${ACCOUNT}:role/ci`;
const actorOf = (userIdentity: unknown) => readActor(recordOf({ userIdentity }), [SELF_ROLE]);

describe('the person behind a call', () => {
  test.each([
    ['an IAM user', { type: 'IAMUser', userName: 'dana', arn: `arn:aws:iam::${ACCOUNT}:user/ops/dana` }, 'dana'],
    ['an IAM user without a user name', { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/ops/dana` }, 'dana'],
    ['a federated user', { type: 'FederatedUser', arn: `arn:aws:sts::${ACCOUNT}:federated-user/dana` }, 'dana'],
    ['a SAML user', { type: 'SAMLUser', userName: 'dana' }, 'dana'],
    ['a web identity user', { type: 'WebIdentityUser', userName: 'dana' }, 'dana'],
    ['a directory user', { type: 'Directory', userName: 'dana' }, 'dana'],
    ['a session of an Identity Center role', sessionOf(SSO_ROLE, 'dana'), 'dana'],
    [
      'an Identity Center user',
      { type: 'IdentityCenterUser', onBehalfOf: { userId: 'user-1', identityStoreArn: 'arn:aws:identitystore::1:x' } },
      'user-1',
    ],
    ['a session with a source identity', sessionOf(CI_ROLE, 'run-1', { sourceIdentity: 'dana' }), 'dana'],
    [
      'a web identity session',
      sessionOf(CI_ROLE, 'repo-build', { webIdFederationData: { federatedProvider: 'https://id.example.com' } }),
      'repo-build',
    ],
    ['a session named by an e-mail address', sessionOf(CI_ROLE, 'dana@example.com'), 'dana@example.com'],
    ['an owner-side copy', { type: 'AWSAccount', principalId: 'AROAEXAMPLE:dana@example.com' }, 'dana@example.com'],
    ['a session of a machine', sessionOf(CI_ROLE, 'run-1'), undefined],
    ['the root user', { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` }, undefined],
    ['an AWS service', { type: 'AWSService', invokedBy: 'fargate.amazonaws.com' }, undefined],
    ['an owner-side copy without a session', { type: 'AWSAccount', principalId: 'AROAEXAMPLE' }, undefined],
    ['a session without a name', { type: 'AssumedRole', principalId: 'AROAEXAMPLE:' }, undefined],
    [
      'a session of an Identity Center role that has no home Region in its path',
      sessionOf(SSO_ROLE.replace('eu-west-1/', ''), 'dana'),
      'dana',
    ],
    [
      'a session of an Identity Center role that only its ARN names',
      { ...sessionOf(SSO_ROLE, 'dana'), principalId: undefined },
      'dana',
    ],
    ...['AROAEXAMPLE', 'AROAEXAMPLE:'].map((principalId): [string, unknown, undefined] => [
      `a session of an Identity Center role known only as ${principalId}`,
      { ...sessionOf(SSO_ROLE, 'dana'), arn: undefined, principalId },
      undefined,
    ]),
    ['an IAM user whose ARN names nobody', { type: 'IAMUser', arn: 'nobody' }, undefined],
    [
      'a role, which is no session, that is named like an e-mail address',
      { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/dana@example.com` },
      undefined,
    ],
  ])('for %s', (_who, userIdentity, person) => {
    expect(actorOf(userIdentity).person).toBe(person);
  });

  test('is not taken from a session whose own role path imitates the reserved path of Identity Center', () => {
    const reserved = 'role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1';
    for (const imitation of [`x:${reserved}`, `arn:aws:iam::${ACCOUNT}:${reserved}`]) {
      const role = `arn:aws:iam::${ACCOUNT}:role/${imitation}`;
      expect(actorOf(sessionOf(role, 'ceo'))).not.toHaveProperty('person');
    }
  });

  test('of an Identity Center role in another partition is its session name', () => {
    expect(actorOf(sessionOf(SSO_ROLE.replace('arn:aws:', 'arn:aws-us-gov:'), 'dana')).person).toBe('dana');
  });
});

describe('the actor', () => {
  test('of a role session names the session, its role, the account, the address, the agent and what is known of MFA', () => {
    expect(actorOf(sessionOf(CI_ROLE, 'run-1'))).toEqual({
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ci/run-1`,
      accountId: ACCOUNT,
      principalId: 'AROAEXAMPLE:run-1',
      sessionIssuer: CI_ROLE,
      sourceIp: '192.0.2.10',
      userAgent: 'aws-cli/2.31.0',
      mfa: false,
      bySelf: false,
    });
  });

  test.each([
    ['true', true],
    [true, true],
    ['false', false],
    [false, false],
    ['maybe', undefined],
    [undefined, undefined],
  ])('has the MFA flag %j read as %j', (mfaAuthenticated, mfa) => {
    expect(actorOf(sessionOf(CI_ROLE, 'run-1', { attributes: { mfaAuthenticated } })).mfa).toBe(mfa);
  });

  test.each([
    ['a service event', serviceEventOf('RotateKey'), 'AWSInternal'],
    ['a service event without an identity', serviceEventOf('DeleteKey', { userIdentity: undefined }), 'AWSInternal'],
    ['an internal call', serviceEventOf('SynchronizeMultiRegionKey', { eventType: 'AwsApiCall' }), 'AWSInternal'],
    ['a call without an identity', recordOf({ userIdentity: undefined }), 'Unknown'],
    ['a call whose identity is a text', recordOf({ userIdentity: 'root' }), 'Unknown'],
    [
      'a call of a service',
      recordOf({ userIdentity: { type: 'AWSService', invokedBy: 'x.amazonaws.com' } }),
      'AWSService',
    ],
  ])('of %s has a type that is not guessed', (_what, record, type) => {
    expect(readActor(record, []).type).toBe(type);
  });

  test('of a service caller has no ARN and no account, only the service', () => {
    const actor = actorOf({ type: 'AWSService', invokedBy: 'fargate.amazonaws.com' });
    expect(actor).toMatchObject({ type: 'AWSService', invokedBy: 'fargate.amazonaws.com', bySelf: false });
    expect(actor).not.toHaveProperty('arn');
    expect(actor).not.toHaveProperty('accountId');
  });

  test('of a forward access session is the human together with the service', () => {
    const identity = { ...sessionOf(SSO_ROLE, 'dana'), invokedBy: 'lambda.amazonaws.com' };
    expect(actorOf(identity)).toMatchObject({ person: 'dana', invokedBy: 'lambda.amazonaws.com' });
  });
});

describe('Keywarden recognises itself', () => {
  test('by the role behind the session, whatever the session is called', () => {
    expect(actorOf(sessionOf(SELF_ROLE, 'any-name')).bySelf).toBe(true);
  });

  test.each([
    ['a session named like the function', sessionOf(CI_ROLE, 'lifecycle')],
    ['a session of a role of the same name on another path', sessionOf(`arn:aws:iam::${ACCOUNT}:role/lifecycle`, 'x')],
    [
      'a session of the same role in another account',
      sessionOf(SELF_ROLE.replace(ACCOUNT, OTHER_ACCOUNT), 'lifecycle'),
    ],
    ['a user whose path imitates the role', { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/${SELF_ROLE}` }],
    ['an empty session issuer', { ...sessionOf(CI_ROLE, 'x'), sessionContext: { sessionIssuer: {} } }],
    ['no identity', undefined],
  ])('but not in %s', (_who, userIdentity) => {
    expect(actorOf(userIdentity).bySelf).toBe(false);
  });
});
