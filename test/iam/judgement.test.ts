import { describe, expect, test } from '@jest/globals';
import { judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../../lib/iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { listWords } from '../../lib/iam/sentence.ts';
import {
  APP,
  documentOf,
  type Json,
  keyPolicyOf,
  OWN,
  PARTNER,
  STRANGER,
  shorten,
  statement,
  TRUST,
} from './policy-fixtures.ts';

const judgeLeast = (...statements: readonly Json[]) =>
  judgeKeyPolicyLeastPrivilege(parsePolicy(keyPolicyOf(...statements)), TRUST);
const deny = (...principals: readonly string[]) =>
  statement({ Effect: 'Deny', Principal: { AWS: principals }, Action: 'kms:*' });
const strangersRole = `arn:aws:iam::${STRANGER}:role/x`;

describe('a Deny', () => {
  test('for everybody among others covers everybody', () => {
    expect(judgeLeast(statement({ Principal: { AWS: strangersRole } }), deny(APP, '*')).verdict).toBe('compliant');
  });

  test('for the account of a principal lowers the severity, and for another account does nothing', () => {
    const stranger = statement({ Principal: { AWS: strangersRole } });
    expect(judgeLeast(stranger, deny(STRANGER)).findings.map(shorten)).toEqual([['K2', 0, 'medium', strangersRole]]);
    expect(judgeLeast(stranger, deny(PARTNER)).findings.map(shorten)).toEqual([['K2', 0, 'high', strangersRole]]);
  });

  test('of the other actions does nothing', () => {
    const other = statement({ Effect: 'Deny', Principal: '*', Action: 'kms:Sign', Condition: { Bool: { a: 'b' } } });
    expect(judgeLeast(statement({ Principal: { AWS: STRANGER } }), other).findings.map(shorten)).toEqual([
      ['K2', 0, 'high', STRANGER],
    ]);
  });

  test('that is not understood removes nothing', () => {
    const odd = { ...deny('*'), Comment: 'x' };
    expect(judgeLeast(statement({ Principal: { AWS: STRANGER } }), odd).findings.map(shorten)).toEqual([
      ['K2', 0, 'medium', STRANGER],
    ]);
  });
});

describe('a statement that KMS ignores', () => {
  test.each<[string, Json]>([
    ['an empty list of actions', { Action: [] }],
    ['an empty list of resources', { Resource: [] }],
  ])('has %s', (_name, changes) => {
    expect(judgeLeast(statement(changes)).findings.map(shorten)).toEqual([['K6', 0, 'low']]);
  });

  test('is named when it denies, too, because then it does not protect', () => {
    expect(judgeLeast(statement({ Effect: 'Deny', Action: undefined })).findings.map(shorten)).toEqual([
      ['K6', 0, 'low'],
    ]);
  });
});

test('a foreign account is judged without a list of organisations', () => {
  const foreign = statement({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': STRANGER } } });
  const trust = { ...TRUST, trustedOrganizations: [] };
  const { verdict, needs } = judgeKeyPolicyLeastPrivilege(parsePolicy(keyPolicyOf(foreign)), trust);
  expect({ verdict, needs }).toEqual({ verdict: 'violation', needs: [] });
});

test('NotAction is a matter of form for the account itself, and not when somebody stands beside it', () => {
  const excluding = { Action: undefined, NotAction: 'kms:*' };
  const root = `arn:aws:iam::${OWN}:root`;
  expect(judgeLeast(statement({ ...excluding, Principal: { AWS: root } })).findings).toEqual([]);
  const [finding] = judgeLeast(
    statement({ ...excluding, NotAction: 'kms:Decrypt', Principal: { AWS: [root, APP] } }),
  ).findings.filter(({ rule }) => rule === 'K6');
  expect(finding?.offending).toEqual({ whole: true });
  expect(finding?.excess).toContain('kms:Sign');
  expect(judgeLeast(statement({ Resource: [] })).findings[0]?.actions).toEqual([]);
});

test('NotResource that names all keys leaves none', () => {
  const policy = parsePolicy(
    documentOf({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 's3:*'],
      NotResource: ['arn:aws:s3:::bucket', 'arn:aws:kms:*:*:*'],
    }),
  );
  expect(judgeIamPolicy(policy, TRUST, { kind: 'inline' }).verdict).toBe('compliant');
});

describe('what the officer reads', () => {
  test('names statement, whom, what and why', () => {
    const open = statement({ Sid: 'Temp', Principal: '*', Condition: { StringEquals: { 'kms:ViaService': 'x' } } });
    const { findings } = judgeKeyPolicyPublic(parsePolicy(keyPolicyOf(open)), TRUST);
    expect(findings.map(({ reason }) => reason)).toEqual([
      'Statement 1 ("Temp") opens the key to everybody (*), in every AWS account, for kms:Decrypt and ' +
        'kms:GenerateDataKey, and its condition (StringEquals on kms:ViaService) does not limit that to trusted accounts.',
    ]);
    expect(findings[0]).toMatchObject({
      statement: { index: 0, sid: 'Temp' },
      excess: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
  });

  test('says of PutKeyPolicy alone nothing about use', () => {
    expect(judgeLeast(statement({ Action: 'kms:PutKeyPolicy' })).findings[0]?.reason).toBe(
      `Statement 1 lets the role "${APP}" administer the key (kms:PutKeyPolicy), and it is not one of the administrators.`,
    );
  });

  test('names only the foreign one of several accounts', () => {
    const mixed = statement({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': [OWN, STRANGER] } } });
    expect(judgeLeast(mixed).findings[0]?.reason).toBe(
      `Statement 1 lets everybody (*) use the key, and its condition names ${STRANGER}, which is not trusted.`,
    );
  });

  test('says what it could not tell', () => {
    const odd = statement({ Sid: 'Odd', Principal: '*', Condition: { StringEquals: { 'aws:NewKey': 'x' } } });
    expect(judgeLeast(odd).unclear).toEqual([
      'Statement 1 ("Odd"): Whom the condition StringEquals on "aws:NewKey" lets in cannot be told.',
    ]);
  });

  test('shows a list as people write it, and how much is missing', () => {
    expect(listWords([])).toBe('nothing');
    expect(listWords(['a'])).toBe('a');
    expect(listWords(['a', 'b'])).toBe('a and b');
    expect(listWords(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c, d and e');
    expect(listWords(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more');
    expect(listWords(['x'.repeat(121)])).toBe(`${'x'.repeat(117)}...`);
  });
});
