import { describe, expect, test } from '@jest/globals';
import { judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { judgeKeyMaterialPolicy } from '../../lib/iam/judge-key-material-policy.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { ADMIN, APP, documentOf, type Json, keyPolicyOf, OWN, shorten, statement, TRUST } from './policy-fixtures.ts';

const allow = (Action: unknown, Resource: unknown = '*', more: Json = {}): Json => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const ACCOUNT_WIDE = `arn:aws:kms:*:${OWN}:key/*`;
const SOME_KEY = `arn:aws:kms:eu-west-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

const judge = (statements: readonly Json[], attachedTo: readonly string[] = [APP], policyArn?: string) =>
  judgeIamPolicy(parsePolicy(documentOf(...statements)), TRUST, {
    kind: 'managed',
    attachedTo,
    ...(policyArn === undefined ? {} : { policyArn }),
  });
const findingsOf = (...statements: readonly Json[]) => judge(statements).findings;

describe('deciding about permissions on all keys', () => {
  test.each(['PutKeyPolicy', 'CreateGrant', 'RetireGrant', 'RevokeGrant'])('is %s', (name) => {
    const [finding] = findingsOf(allow(`kms:${name}`, ACCOUNT_WIDE));
    expect(finding).toMatchObject({
      rule: 'I3',
      severity: 'medium',
      actions: [`kms:${name}`],
      excess: [`kms:${name}`],
      reason: `Statement 1 decides who may use all keys of an account (kms:${name}).`,
    });
  });

  test('is, with grants limited to those for AWS services, only what is not about such grants', () => {
    const all = ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:RetireGrant', 'kms:RevokeGrant'];
    const limited = allow(all, '*', { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } });
    expect(findingsOf(limited).map(({ rule, excess }) => [rule, excess])).toEqual([
      ['I3', ['kms:PutKeyPolicy', 'kms:RetireGrant']],
    ]);
  });
});

test('Everything on all keys of an account is one finding, which names only what the statement allows', () => {
  const findings = findingsOf(allow('kms:*', ACCOUNT_WIDE));
  expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([['I2', 'high']]);
  expect(findings[0]?.reason).toMatch(/^Statement 1 has every right over all keys of an account \(kms:/);
});

test('What is done to keys of other accounts is named as that', () => {
  expect(findingsOf(allow('kms:Encrypt')).map(({ rule, severity, reason }) => [rule, severity, reason])).toEqual([
    ['I5', 'medium', 'Statement 1 uses all keys, those of other accounts included (kms:Encrypt).'],
  ]);
  expect(findingsOf(allow('kms:Encrypt', ACCOUNT_WIDE))).toEqual([]);
});

describe('a Deny in an IAM policy', () => {
  const deny = (more: Json): Json => ({ Effect: 'Deny', Action: 'kms:Decrypt', ...more });
  const severities = (...statements: readonly Json[]) => findingsOf(...statements).map(({ severity }) => severity);
  test.each<[string, Json, readonly string[]]>([
    ['for all keys takes the right away', { Resource: '*' }, []],
    ['for all but one key lowers the severity', { NotResource: SOME_KEY }, ['medium']],
    ['for one key lowers nothing', { Resource: SOME_KEY }, ['high']],
    [
      'with a condition lowers the severity',
      { Resource: '*', Condition: { Bool: { 'aws:ViaAWSService': 'false' } } },
      ['medium'],
    ],
    ['for one key and for all takes the right away', { Resource: [SOME_KEY, '*'] }, []],
    ['of something else does nothing', { Action: 'kms:Sign', Resource: '*' }, ['high']],
  ])('%s', (_what, changes, expected) => {
    expect(severities(allow('kms:Decrypt'), deny(changes))).toEqual(expected);
  });

  test('of one of two rights that may or may not apply lowers the severity, also of a list', () => {
    const sometimes = deny({
      Action: ['kms:Decrypt'],
      Resource: '*',
      Condition: { Bool: { 'aws:ViaAWSService': 'true' } },
    });
    expect(severities(allow(['kms:Decrypt', 'kms:ReEncryptFrom']), sometimes)).toEqual(['medium']);
  });

  test('that covers one resource of two leaves the severity of the other', () => {
    const two = allow('kms:Decrypt', [ACCOUNT_WIDE, `arn:aws:kms:*:999988887777:key/*`]);
    const sometimes = deny({ Resource: ACCOUNT_WIDE, Condition: { Bool: { 'aws:ViaAWSService': 'true' } } });
    expect(severities(two, sometimes)).toEqual(['medium']);
    expect(severities(allow('kms:Decrypt', ACCOUNT_WIDE), sometimes)).toEqual(['low']);
  });
});

describe('a statement of an IAM policy', () => {
  test.each<[string, Json]>([
    ['that contradicts itself', allow('kms:Decrypt', '*', { Condition: { Null: { 'kms:CallerAccount': 'true' } } })],
    ['of other services', allow('s3:GetObject')],
    ['whose resource is all but all keys', { Effect: 'Allow', Action: 'kms:Decrypt', NotResource: '*' }],
    ['without a resource', { Effect: 'Allow', Action: 'kms:Decrypt' }],
    ['whose list of resources is empty', { Effect: 'Allow', Action: 'kms:Decrypt', NotResource: [] }],
  ])('%s gives nothing of all keys', (_what, one) => {
    expect(findingsOf(one)).toEqual([]);
  });

  test('whose resource is all but some keys reaches the others', () => {
    expect(findingsOf({ Effect: 'Allow', Action: 'kms:Decrypt', NotResource: SOME_KEY })).toMatchObject([
      { rule: 'I1', severity: 'high' },
    ]);
  });
});

describe('a policy', () => {
  test.each(['arn:aws:iam::aws:policy/Power', 'arn:aws-us-gov:iam::aws:policy/Power'])(
    '%s of AWS is judged by who has it',
    (policyArn) => {
      expect(judge([allow('kms:*')], [APP], policyArn)).toMatchObject({
        verdict: 'not-applicable',
        reason: 'The policy is managed by AWS and cannot be changed; judge who has it instead.',
      });
    },
  );

  test('that nobody has is nobody’s, so that it is not an administrator’s', () => {
    const administration = allow('kms:ScheduleKeyDeletion');
    expect(judge([administration], []).verdict).toBe('violation');
    expect(judge([administration], [ADMIN]).verdict).toBe('compliant');
    expect(judgeIamPolicy(parsePolicy(documentOf(administration)), TRUST, { kind: 'inline' }).verdict).toBe(
      'violation',
    );
  });
});

describe('key material', () => {
  const importing = (Principal: unknown): Json => statement({ Principal, Action: 'kms:ImportKeyMaterial' });
  const verdictOf = (Principal: unknown) =>
    judgeKeyMaterialPolicy(parsePolicy(keyPolicyOf(importing(Principal))), TRUST, { origin: 'EXTERNAL' });

  test('is not imported by an identity that is gone, or by a name that is none', () => {
    expect(verdictOf({ AWS: 'AROAEXAMPLEEXAMPLE01' })).toMatchObject({ verdict: 'compliant', findings: [] });
    expect(verdictOf({ AWS: `arn:aws:iam::${OWN}:role/*` }).findings).toEqual([]);
    expect(verdictOf({ AWS: APP }).findings.map(shorten)).toEqual([['M1', 0, 'high', APP]]);
  });
});

test('A public statement with many rights says how many, and the worst of them', () => {
  const [finding] = judgeKeyPolicyPublic(
    parsePolicy(keyPolicyOf(statement({ Principal: '*', Action: 'kms:*' }))),
    TRUST,
  ).findings;
  expect(finding?.reason).toMatch(/ \d\d actions, among them kms:\w+, kms:\w+, kms:\w+ and \d+ more/);
});
