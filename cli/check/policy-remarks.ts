import type { PolicyJudgement, Severity } from '../../lib/iam/judgement.ts';
import type { Need } from '../../lib/iam/trust.ts';
import type { Remark } from './kind.ts';

/** A control, as far as an offline check needs it. */
export interface CheckedControl {
  readonly id: string;
  /** Of what cannot be told; a finding has its own. */
  readonly severity: Severity;
}

/**
 * Turns the judgement of a policy into remarks: one per finding and per thing that cannot be told; one that all is well
 * when there are none. A finding that only says something worth knowing does not make a policy bad.
 */
export function listPolicyRemarks({ id, severity }: CheckedControl, judgement: PolicyJudgement): readonly Remark[] {
  const { findings, unclear, needs, verdict, reason } = judgement;
  const unknowns = [...unclear, ...(needs.length === 0 ? [] : [askForLists(needs)])];
  const remarks: Remark[] = [
    ...findings.map((finding) => ({
      control: id,
      verdict: finding.severity === 'info' ? ('compliant' as const) : ('violation' as const),
      ...(finding.statement === undefined ? {} : { statement: finding.statement }),
      ...(finding.principal === undefined ? {} : { principal: finding.principal }),
      reason: finding.reason,
      severity: finding.severity,
    })),
    ...unknowns.map((why) => ({ control: id, verdict: 'unknown' as const, reason: why, severity })),
  ];
  return remarks.length > 0 ? remarks : [{ control: id, verdict, reason: reason ?? 'Nothing is wrong.' }];
}

const SETTINGS: Readonly<Record<Need, string>> = {
  trustedAccounts: 'trust.accounts',
  trustedOrganizations: 'trust.organizations',
  administrators: 'trust.administrators',
  custodians: 'keyMaterial.custodians',
  dataKeyPairRoles: 'keyMaterial.dataKeyPairRoles',
};

/** The sentence about lists of the organisation that are empty and decide. */
const askForLists = (needs: readonly Need[]): string =>
  `It cannot be judged while the policy file names nobody in ${needs.map((need) => SETTINGS[need]).join(' and ')}: fill that in, or give the file with --policy.`;
