import { describe, expect, test } from '@jest/globals';
import { judgeKeyPolicyLeastPrivilege } from '../../lib/iam/judge-key-policy-least-privilege.ts';
import type { Finding, PolicyJudgement } from '../../lib/iam/judgement.ts';
import { leaveOutPublic } from '../../lib/iam/leave-out-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { APP, type Json, keyPolicyOf, OWN, PARTNER, statement, TRUST } from './policy-fixtures.ts';

const findingsOf = (...statements: readonly Json[]): readonly Finding[] =>
  judgeKeyPolicyLeastPrivilege(parsePolicy(keyPolicyOf(...statements)), TRUST).findings;
const reasonOf = (changes: Json): string | undefined => findingsOf(statement(changes))[0]?.reason;

describe('a finding about a key policy', () => {
  test.each<[string, Json, string]>([
    ['without an action', { Action: [] }, 'Statement 1 has no Action, so that KMS ignores it.'],
    ['without a resource', { Resource: [] }, 'Statement 1 has no Resource, so that KMS ignores it.'],
    ['for nobody', { Principal: { AWS: [] } }, 'Statement 1 has no principal in Principal, so that KMS ignores it.'],
    [
      'for all but some',
      { Principal: undefined, NotPrincipal: { AWS: APP } },
      'Statement 1 allows everybody but those whom NotPrincipal names.',
    ],
    [
      'for a user who may also make grants',
      { Action: ['kms:Decrypt', 'kms:CreateGrant'] },
      `Statement 1 lets the role "${APP}" make any grant, and so pass the key on to anybody; limit CreateGrant with kms:GrantIsForAWSResource.`,
    ],
  ])('%s says: %s', (_what, changes, reason) => {
    expect(reasonOf(changes)).toBe(reason);
  });

  test('about the use of a key and its administration says that it is both, and names grants among the rights', () => {
    const [finding] = findingsOf(statement({ Action: ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:CreateGrant'] }));
    expect(finding?.reason).toContain(' beside using it');
    expect(finding?.excess).toEqual(expect.arrayContaining(['kms:PutKeyPolicy', 'kms:CreateGrant']));
    const [alone] = findingsOf(statement({ Action: 'kms:PutKeyPolicy' }));
    expect(alone?.reason).not.toContain('beside using it');
  });

  test('is not made of what KMS takes from no other account', () => {
    const partner = { Principal: { AWS: `arn:aws:iam::${PARTNER}:role/Reader` } };
    expect(findingsOf(statement({ ...partner, Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] }))).toEqual([]);
  });

  test('of a statement that denies takes no actions away', () => {
    expect(findingsOf(statement({ Effect: 'Deny', Action: 'kms:Decrypt', Resource: [] }))[0]?.actions).toEqual([]);
  });

  test('comes in the order of the statements', () => {
    const bad = statement({ Resource: [] });
    const findings = findingsOf(bad, statement(), bad, bad);
    expect(findings.map(({ statement: at }) => at?.index)).toEqual([0, 2, 3]);
  });
});

describe('what only says again that a policy is open to everybody', () => {
  const finding = (index: number, overrides: Partial<Finding> = {}): Finding => ({
    rule: 'K2',
    severity: 'high',
    statement: { index },
    principal: '*',
    actions: [],
    excess: [],
    offending: { whole: true },
    reason: 'It is so.',
    ...overrides,
  });
  const { principal: _none, ...nobody } = finding(0);
  const of = (findings: readonly Finding[], more: Partial<PolicyJudgement> = {}): PolicyJudgement => ({
    verdict: 'violation',
    findings,
    unclear: [],
    needs: [],
    ...more,
  });
  const open = of([finding(0, { rule: 'K1' })]);

  test('is left out, and nothing else is', () => {
    const other = finding(1);
    expect(leaveOutPublic(of([finding(0), other]), open)).toEqual(of([other]));
    expect(leaveOutPublic(of([other]), open)).toEqual(of([other]));
    expect(leaveOutPublic(of([finding(0, { principal: APP })]), open)).toEqual(of([finding(0, { principal: APP })]));
  });

  test('leaves a policy to which nothing else applies, unless something in it is unclear', () => {
    const note = finding(2, { severity: 'info' });
    expect(leaveOutPublic(of([finding(0), note]), open)).toEqual(
      of([note], { verdict: 'not-applicable', reason: 'All that is wrong is that it is open to everybody.' }),
    );
    const unclear = { unclear: ['What?'] };
    expect(leaveOutPublic(of([finding(0)], unclear), open)).toEqual(of([], { ...unclear, verdict: 'unknown' }));
    const needs = { needs: ['administrators'] as const };
    expect(leaveOutPublic(of([finding(0)], needs), open)).toEqual(of([], { ...needs, verdict: 'unknown' }));
  });

  test('is, of what names nobody, only that everybody but some are allowed', () => {
    const excluding = of([{ ...nobody, rule: 'K1' }]);
    expect(leaveOutPublic(of([{ ...nobody, rule: 'K6' }]), excluding).verdict).toBe('not-applicable');
    expect(leaveOutPublic(of([{ ...nobody, rule: 'K2' }]), excluding).verdict).toBe('violation');
  });
});

test('The account of a key may do everything in the key policy of its own', () => {
  expect(findingsOf(statement({ Principal: { AWS: OWN }, Action: 'kms:*' }))).toEqual([]);
});
