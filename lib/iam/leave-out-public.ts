import type { Finding, PolicyJudgement } from './judgement.ts';

/**
 * Takes out of the judgement of least privilege what only says again that the policy is open to everybody: one fact is one
 * finding, and an officer is asked about it once.
 *
 * @param least what {@link judgeKeyPolicyLeastPrivilege} says of a policy
 * @param open what {@link judgeKeyPolicyPublic} says of the same policy
 * @returns `not-applicable`, with the reason, when nothing else is wrong
 */
export function leaveOutPublic(least: PolicyJudgement, open: PolicyJudgement): PolicyJudgement {
  const findings = least.findings.filter((finding) => !open.findings.some((other) => says(other, finding)));
  if (findings.length === least.findings.length) return least;
  if (findings.some(({ severity }) => severity !== 'info')) return { ...least, findings };
  if (least.unclear.length + least.needs.length > 0) return { ...least, findings, verdict: 'unknown' };
  return {
    ...least,
    findings,
    verdict: 'not-applicable',
    reason: 'All that is wrong is that it is open to everybody.',
  };
}

/** About the same access; all access by exclusion is public when its statement is. */
const says = (open: Finding, { statement, principal, rule }: Finding): boolean =>
  open.statement?.index === statement?.index &&
  open.principal === principal &&
  (principal !== undefined || rule === 'K6');
