import { describe, expect, test } from '@jest/globals';
import { judgeKeyPolicy, sumUp, toClause } from '../../lib/controls/judgement/judge-key-policy.ts';
import keyPolicyLeastPrivilege from '../../lib/controls/key-policy-least-privilege.ts';
import type { Finding, PolicyJudgement, Severity } from '../../lib/iam/judgement.ts';
import type { Need } from '../../lib/iam/trust.ts';
import { statement } from '../iam/policy-fixtures.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES } from './control-case.ts';
import { FILLED, OPEN, withStatements } from './key-policy-case.ts';

/** What is wrong with a statement, which is counted from 1 here. */
const findingOf = (at: number, severity: Severity, overrides: Partial<Finding> = {}): Finding => ({
  rule: 'K1',
  severity,
  statement: { index: at - 1 },
  actions: ['kms:Decrypt'],
  excess: [],
  offending: { whole: true },
  reason: `Statement ${at} is bad.`,
  ...overrides,
});

const judgementOf = (overrides: Partial<PolicyJudgement>): PolicyJudgement => ({
  verdict: 'violation',
  findings: [],
  unclear: [],
  needs: [],
  ...overrides,
});

const sum = (overrides: Partial<PolicyJudgement>) => sumUp('Key K', judgementOf(overrides), 'is fine');
const reasonOf = (overrides: Partial<PolicyJudgement>): string => sum(overrides).reason;

describe('a key policy with several findings', () => {
  test.each<[Severity, Severity]>([
    ['critical', 'high'],
    ['high', 'medium'],
    ['critical', 'medium'],
    ['medium', 'low'],
    ['high', 'low'],
  ])('is as severe as the worst, %s beside %s, and the sentence describes that one', (worse, lesser) => {
    for (const findings of [
      [findingOf(1, worse), findingOf(2, lesser)],
      [findingOf(2, lesser), findingOf(1, worse)],
    ]) {
      const { severity, reason } = sum({ findings });
      expect(severity).toBe(worse);
      expect(reason).toBe('Key K: statement 1 is bad; 1 more finding, in statement 2.');
    }
  });

  test('counts the others, names each of their statements once, and leaves out what is only worth knowing', () => {
    const findings = [findingOf(1, 'high'), findingOf(3, 'low'), findingOf(3, 'low'), findingOf(4, 'low')];
    expect(reasonOf({ findings: [findingOf(2, 'info'), ...findings] })).toBe(
      'Key K: statement 1 is bad; 3 more findings, in statement 3 and 4.',
    );
  });

  test('says how much of it could not be judged', () => {
    const findings = [findingOf(1, 'high')];
    expect(reasonOf({ findings, unclear: ['A.', 'B.'], needs: ['administrators'] })).toBe(
      'Key K: statement 1 is bad; 3 more could not be judged.',
    );
    expect(reasonOf({ findings })).toBe('Key K: statement 1 is bad.');
  });

  test('names what is too much, unless the sentence of the rule does', () => {
    const excess = ['kms:Decrypt', 'kms:Encrypt'];
    expect(reasonOf({ findings: [findingOf(1, 'high', { excess })] })).toBe(
      'Key K: statement 1 is bad (kms:Decrypt and kms:Encrypt).',
    );
    const reason = 'Statement 1 gives kms:Encrypt.';
    expect(reasonOf({ findings: [findingOf(1, 'high', { excess, reason })] })).toBe(
      'Key K: statement 1 gives kms:Encrypt.',
    );
  });
});

describe('a key policy that cannot be judged', () => {
  test('is described by the first thing that is not understood, and the number of the others', () => {
    const unclear = ['Statement 1 is odd.', 'B.', 'C.'];
    expect(reasonOf({ verdict: 'unknown', unclear: unclear.slice(0, 1) })).toBe('Key K: statement 1 is odd.');
    expect(reasonOf({ verdict: 'unknown', unclear: unclear.slice(0, 2) })).toBe(
      'Key K: statement 1 is odd; 1 more part of the policy could not be judged.',
    );
    expect(reasonOf({ verdict: 'unknown', unclear })).toBe(
      'Key K: statement 1 is odd; 2 more parts of the policy could not be judged.',
    );
  });

  test.each<[Need, string]>([
    ['trustedAccounts', 'trust.accounts'],
    ['trustedOrganizations', 'trust.organizations'],
    ['administrators', 'trust.administrators'],
    ['custodians', 'keyMaterial.custodians'],
    ['dataKeyPairRoles', 'keyMaterial.dataKeyPairRoles'],
  ])('for want of %s says that %s has to be filled in', (need, setting) => {
    const missing = `whether its policy gives too much cannot be said while ${setting} of the policy file names nobody`;
    expect(reasonOf({ verdict: 'unknown', needs: [need] })).toBe(`Key K: ${missing}.`);
    expect(reasonOf({ verdict: 'unknown', needs: [need], unclear: ['A.'] })).toBe(`Key K: A; ${missing}.`);
  });

  test('because Keywarden has a defect is not called unknown: the defect comes out', () => {
    const evidence = {
      facts: withStatements(),
      policy: FILLED,
      now: NOW,
      ownRoles: OWN_ROLES,
      ownResources: OWN_RESOURCES,
    };
    const fail = () => {
      throw new RangeError('a defect');
    };
    expect(() => judgeKeyPolicy(evidence, fail, 'is fine')).toThrow('a defect');
  });
});

test('A judgement that does not apply says why', () => {
  const reason = 'The policy is of AWS.';
  expect(sum({ verdict: 'not-applicable', reason })).toEqual({
    verdict: 'not-applicable',
    reason: 'Key K: the policy is of AWS.',
  });
  expect(reasonOf({ verdict: 'not-applicable' })).toBe('Key K: it does not apply.');
});

describe('a sentence as a part of another one', () => {
  test.each([
    ['The file a.b is bad.', 'the file a.b is bad'],
    ['It is Statement 1.', 'It is Statement 1'],
    ['Key and Statement.', 'key and Statement'],
  ])('%s becomes %s', (sentence, clause) => {
    expect(toClause(sentence)).toBe(clause);
  });

  test('has 700 characters at most', () => {
    expect(toClause(`${'x'.repeat(700)}.`)).toBe('x'.repeat(700));
    expect(toClause('x'.repeat(701))).toBe(`${'x'.repeat(697)}...`);
  });
});

describe('a policy that was put past the lockout safety check', () => {
  const action = actionOf('PutKeyPolicy', { request: { bypassPolicyLockoutSafetyCheck: true } });
  const verify = (...statements: readonly unknown[]) =>
    keyPolicyLeastPrivilege.verify({
      action,
      facts: withStatements(...statements),
      policy: FILLED,
      now: NOW,
      ownRoles: OWN_ROLES,
      ownResources: OWN_RESOURCES,
    });

  test.each([
    ['is in order', []],
    ['is only open to everybody, which another control says', [OPEN]],
  ])('and %s is blamed for that alone', (_what, statements) => {
    expect(verify(...statements)).toEqual({
      verdict: 'violation',
      severity: 'high',
      reason: expect.stringMatching(/of KMS \(bypassPolicyLockoutSafetyCheck\)\.$/),
    });
  });

  test('and gives too much is blamed for both', () => {
    const { reason } = verify(statement({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE01' } }));
    expect(reason).toMatch(
      /SafetyCheck\); besides, key .+ AROAEXAMPLEEXAMPLE01|SafetyCheck\); besides, key .+AROAEXAMPLEEXAMPLE01/,
    );
  });
});
