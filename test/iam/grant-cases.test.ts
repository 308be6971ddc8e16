import { describe, expect, test } from '@jest/globals';
import { judgeGrant, recogniseServiceGrant } from '../../lib/iam/grant.ts';
import { GRANT_ID, KEY_ARN } from './grant-fixtures.ts';
import { contextOfCase, GRANT_CASES, type GrantCase } from './grants.cases.ts';

const named = GRANT_CASES.map((one): [string, GrantCase] => [one.name, one]);

describe('the judgement of a grant', () => {
  test.each(named)('is right for %s', (_name, one) => {
    const judgement = judgeGrant(one.grant, contextOfCase(one));
    expect({
      kind: judgement.recognition.kind,
      verdict: judgement.verdict,
      rules: judgement.findings.map(({ rule }) => rule),
      severity: judgement.severity,
      revoke: judgement.revoke,
    }).toEqual({
      kind: one.kind,
      verdict: one.verdict,
      rules: one.rules ?? [],
      severity: one.severity,
      revoke: one.revoked && { KeyId: KEY_ARN, GrantId: GRANT_ID },
    });
    expect(recogniseServiceGrant(one.grant, one.evidence)).toEqual(judgement.recognition);
  });

  test.each(named)('says in sentences why, and names the grant: %s', (_name, one) => {
    const { reason, findings, unclear, verdict, revoke, keep, recognition } = judgeGrant(one.grant, contextOfCase(one));
    const sentences = [reason, ...findings.map((finding) => finding.reason), ...unclear];
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
    for (const sentence of sentences) expect(sentence).toContain(GRANT_ID);
    for (const sign of recognition.signs) expect(sign).toMatch(/\.$/);
    if (verdict === 'unknown') expect(unclear).not.toEqual([]);
    // Something is wrong or unclear: then it either goes, or the officer reads why it stays.
    const open = verdict === 'violation' || verdict === 'unknown';
    expect([revoke, keep].filter((one) => one !== undefined)).toHaveLength(open ? 1 : 0);
  });

  test('has at least 40 cases, each with its reason and its own name', () => {
    expect(GRANT_CASES.length).toBeGreaterThanOrEqual(40);
    expect(new Set(GRANT_CASES.map(({ name }) => name)).size).toBe(GRANT_CASES.length);
    for (const { why } of GRANT_CASES) expect(why).toMatch(/\S/);
  });
});
