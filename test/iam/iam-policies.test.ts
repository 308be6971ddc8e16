import { describe, expect, test } from '@jest/globals';
import { judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { cases } from './iam-policies.cases.ts';
import { shorten, TRUST } from './policy-fixtures.ts';

describe('IAM policies', () => {
  test.each(cases)('$name', (one) => {
    const judgement = judgeIamPolicy(
      parsePolicy(one.document),
      { ...TRUST, ...one.trust },
      one.what ?? { kind: 'inline' },
    );
    expect({
      verdict: judgement.verdict,
      findings: judgement.findings.map(shorten),
      needs: judgement.needs,
    }).toEqual({ verdict: one.verdict ?? 'compliant', findings: one.findings ?? [], needs: one.needs ?? [] });
    if (one.offending !== undefined) expect(judgement.findings[0]?.offending).toEqual(one.offending);
    expect(judgement.reason !== undefined).toBe(judgement.verdict === 'not-applicable');
    for (const sentence of [...judgement.findings.map(({ reason }) => reason), ...judgement.unclear]) {
      expect(sentence).toMatch(/^Statement \d+.*[^.]\.$/);
    }
  });

  test('are at least thirty', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(30);
  });
});
