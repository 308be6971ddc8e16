import { describe, expect, test } from '@jest/globals';
import { judgeIamPolicyNow } from '../../lib/controls/judgement/judge-iam-policy-now.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { type IamPolicy, known } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, factsOf, KEY_ARN } from '../facts/key.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const POLICY_ARN = `arn:aws:iam::${ACCOUNT}:policy/keys`;
const [OWN_ROLE = ''] = OWN_ROLES;

const documentOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) });
const decrypt = (Resource: unknown = '*') => ({ Action: 'kms:Decrypt', Resource });
const BAD = documentOf(decrypt());
const ADMIN = documentOf({ Action: 'kms:ScheduleKeyDeletion', Resource: `arn:aws:kms:*:${ACCOUNT}:key/*` });

const inline = (api: string, request: object = {}, overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf(api, { subject: ROLE, request: { roleName: 'App', policyName: 'keys', ...request }, ...overrides });
const managed = (api: string, request: object = {}, overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf(api, { subject: POLICY_ARN, request: { policyArn: POLICY_ARN, ...request }, ...overrides });

const administeredBy = (...administrators: string[]): Policy => ({
  ...POLICY,
  trust: { ...POLICY.trust, administrators },
});

const verify = (action: KeyAction | undefined, iamPolicy: IamPolicy | 'missing', policy = POLICY, now = NOW) =>
  judgeIamPolicyNow({
    ...(action === undefined ? {} : { action }),
    facts: { ...factsOf(), iamPolicy: known(iamPolicy) },
    policy,
    now,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  });

/** The inline policy "keys" of the role App is now this. */
const verifyDocument = (document: string, overrides: Partial<KeyAction> = {}) =>
  verify(inline('PutRolePolicy', {}, overrides), { kind: 'inline', attachedTo: [ROLE], document });

describe('an IAM policy that IAM does not show yet', () => {
  test('is judged as a new default version that the record shows', () => {
    const action = managed('CreatePolicyVersion', { policyDocument: BAD, setAsDefault: true });
    expect(verify(action, 'missing')).toMatchObject({
      verdict: 'violation',
      reason: expect.stringMatching(/^Policy keys gives too much: Statement 1 decrypts with all keys/),
    });
  });

  test('is judged as the inline policy of whom the record names', () => {
    const action = inline('PutRolePolicy', { policyDocument: ADMIN });
    expect(verify(action, 'missing', administeredBy(ROLE)).verdict).toBe('compliant');
    expect(verify(action, 'missing', administeredBy(`${ROLE}2`)).verdict).toBe('violation');
  });

  test('and that nobody has yet is nobody’s, not Keywarden’s: who administers keys decides', () => {
    const action = managed('CreatePolicy', { policyName: 'keys', policyDocument: ADMIN });
    expect(verify(action, 'missing')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('trust.administrators in the policy file is empty, and would decide it.'),
    });
  });

  test('is unknown when the record does not show it either, and the sentence says what to do', () => {
    expect(verify(inline('PutRolePolicy'), 'missing')).toEqual({
      verdict: 'unknown',
      reason:
        'Policy keys of role App was written within 5 minutes and IAM does not show it yet; ' +
        'look at it in the IAM console, or wait for the next action on it.',
    });
  });

  test('is gone when five minutes have passed', () => {
    const action = inline('PutRolePolicy', { policyDocument: BAD });
    const later = (ms: number) => new Date(Date.parse(action.time) + ms);
    expect(verify(action, 'missing', POLICY, later(5 * 60_000 - 1)).verdict).toBe('violation');
    expect(verify(action, 'missing', POLICY, later(5 * 60_000)).verdict).toBe('not-applicable');
  });
});

describe('whoever has the policy', () => {
  test('is not only Keywarden when somebody else has it too', () => {
    const found: IamPolicy = { kind: 'managed', attachedTo: [OWN_ROLE, ROLE], document: ADMIN };
    expect(verify(managed('SetDefaultPolicyVersion'), found).verdict).toBe('unknown');
    expect(verify(managed('SetDefaultPolicyVersion'), { ...found, attachedTo: [OWN_ROLE] }).verdict).toBe('compliant');
  });

  test('makes a permissions boundary a policy that gives, when it is attached as one', () => {
    const found: IamPolicy = { kind: 'boundary', attachedTo: [], document: BAD };
    expect(verify(managed('AttachRolePolicy', { roleName: 'App' }), found).verdict).toBe('violation');
    expect(verify(managed('CreatePolicyVersion'), found).verdict).toBe('not-applicable');
  });

  test('does not matter for an inline policy, which is never only attached', () => {
    const found: IamPolicy = { kind: 'inline', attachedTo: [], document: BAD };
    expect(verify(inline('PutRolePolicy'), found).verdict).toBe('violation');
  });
});

describe('what is said of an IAM policy', () => {
  const reach = (count: number) => Array.from({ length: count }, () => decrypt());
  const says = (at: number) =>
    `Statement ${at} decrypts with all keys, those of other accounts included (kms:Decrypt).`;

  test('is every sentence up to four, and the number of the others', () => {
    const four = [1, 2, 3, 4].map(says).join(' ');
    expect(verifyDocument(documentOf(...reach(4))).reason).toBe(`Policy keys of role App gives too much: ${four}`);
    expect(verifyDocument(documentOf(...reach(6))).reason).toBe(
      `Policy keys of role App gives too much: ${four} And 2 more.`,
    );
  });

  test('is as severe as the worst of it, wherever that stands', () => {
    const low = { Action: 'kms:ListAliases', Resource: '*' };
    const statements = {
      critical: { Action: 'kms:*', Resource: '*' },
      high: decrypt(),
      medium: decrypt(`arn:aws:kms:*:${ACCOUNT}:key/*`),
      low: { Action: 'kms:DescribeKey', Resource: '*' },
    };
    const order = ['critical', 'high', 'medium', 'low'] as const;
    order.forEach((severity, at) => {
      const lesser = order.slice(at + 1).map((name) => statements[name]);
      for (const list of [
        [statements[severity], ...lesser],
        [...lesser, low, statements[severity]],
      ]) {
        expect(verifyDocument(documentOf(...list))).toMatchObject({ verdict: 'violation', severity });
      }
    });
  });

  test('names what is missing in an action', () => {
    expect(verify(undefined, 'missing')).toEqual({
      verdict: 'unknown',
      reason: 'The policy is judged only when an action names it.',
    });
  });

  test('names the file setting once, without a period of its own', () => {
    const { reason } = verifyDocument(ADMIN);
    expect(reason).toBe(
      'Policy keys of role App cannot be judged: trust.administrators in the policy file is empty, and would decide it.',
    );
  });
});

describe('the proposal', () => {
  test.each([
    ['aws', ROLE],
    ['aws-us-gov', ROLE.replace('arn:aws:', 'arn:aws-us-gov:')],
  ])('names a key of the account in the partition %s', (partition, subject) => {
    const proposal = JSON.parse(verifyDocument(BAD, { subject }).proposal ?? '');
    expect(proposal.Statement).toEqual([
      { Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [`arn:${partition}:kms:<region>:${ACCOUNT}:key/<key id>`] },
    ]);
  });

  test('is to delete a policy of which nothing would be left', () => {
    const document = documentOf({ Action: 'kms:ScheduleKeyDeletion', Resource: '*' });
    const found: IamPolicy = { kind: 'inline', attachedTo: [ROLE], document };
    const { proposal } = verify(inline('PutRolePolicy'), found, administeredBy(`${ROLE}2`));
    expect(proposal).toBe('Delete the policy: nothing of it would be left.');
  });

  test('is absent when nothing is wrong', () => {
    expect(verifyDocument(documentOf(decrypt(KEY_ARN)))).not.toHaveProperty('proposal');
  });
});
