import { describe, expect, test } from '@jest/globals';
import { judgeKeyMaterialPolicy } from '../../lib/iam/judge-key-material-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../../lib/iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { cases } from './key-policies.cases.ts';
import { shorten, TRUST } from './policy-fixtures.ts';

describe('key policies', () => {
  test.each(cases)('$name', (one) => {
    const policy = parsePolicy(one.document);
    const trust = { ...TRUST, ...one.trust };
    const judgements = {
      public: judgeKeyPolicyPublic(policy, trust),
      least: judgeKeyPolicyLeastPrivilege(policy, trust),
      material: judgeKeyMaterialPolicy(policy, trust, one.key),
    };
    const all = Object.values(judgements);
    const findings = all.flatMap((judgement) => judgement.findings);
    expect({
      public: judgements.public.verdict,
      least: judgements.least.verdict,
      material: judgements.material.verdict,
      findings: findings.map(shorten),
      needs: [...new Set(all.flatMap(({ needs }) => needs))],
    }).toEqual({
      public: one.public ?? 'compliant',
      least: one.least ?? 'compliant',
      material: one.material ?? 'compliant',
      findings: one.findings ?? [],
      needs: one.needs ?? [],
    });
    if (one.offending !== undefined) expect(findings[0]?.offending).toEqual(one.offending);
    for (const sentence of [...findings.map(({ reason }) => reason), ...all.flatMap(({ unclear }) => unclear)]) {
      expect(sentence).toMatch(/^(Statement \d+|No statement|The ).*[^.]\.$/);
    }
  });

  test('are at least sixty', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });
});
