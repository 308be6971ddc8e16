import type { KeyView } from '../facts/key-view.ts';
import { judgeKeyPolicyLeastPrivilege } from '../iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../iam/judge-key-policy-public.ts';
import { leaveOutPublic } from '../iam/leave-out-public.ts';
import narrowKeyPolicy from '../remediations/narrow-key-policy.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';
import {
  type JudgeDocument,
  judgeKeyPolicy,
  KEY_POLICY_EVENTS,
  KEY_POLICY_NOT_APPLICABLE,
  toClause,
} from './judgement/judge-key-policy.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html */
const keyPolicyLeastPrivilege: Control = {
  id: 'key-policy-least-privilege',
  title: 'A key policy gives nobody more than the work with the key needs',
  step: '4.2.1',
  severity: 'high',
  why:
    'A key policy decides who can read what the key protects. Strangers in it, users who may also administer the key, ' +
    'unlimited rights to pass the key on, and services that act for any account each let one stolen credential, or one ' +
    'confused service, reach data that it has nothing to do with.',
  notApplicable: `${KEY_POLICY_NOT_APPLICABLE} Nor does it say again what key-policy-not-public says.`,
  events: KEY_POLICY_EVENTS,
  judgesState: true,
  reads: ['key', 'keyPolicy'],
  iam: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
  defaultMode: 'approve',
  remedy: narrowKeyPolicy,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.5.15', 'A.5.18', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AC-5', 'AC-6', 'SC-12'],
    'PCI DSS 4.0.1': ['3.6.1', '7.2.1'],
  },
  runbook: [
    '1. Within 1 working day, read which statement, whom and what the alert names, and find out who wrote it: `actor.person`, `actor.arn` and `time` of the action in the ledger entry. Ask that person what it is for.',
    '2. If it is not needed, approve the plan of the alert, within 2 working days. It takes out only what the alert names; the rest of the policy stays as it is written, and the undo puts it back.',
    '3. If there is no plan because it would take away what may stay (a pattern such as kms:*, NotAction, a service statement), have the owner of the key write the statement anew within 5 working days: single actions instead of patterns, aws:SourceAccount or aws:SourceArn for services, kms:GrantIsForAWSResource for CreateGrant.',
    '4. If it is needed, name it in the policy file within 5 working days (`trust.accounts`, `trust.organizations`, `trust.administrators`), or grant a waiver with a last day.',
    '5. If the lockout safety check was bypassed, make sure within 1 hour that an administrator can still change the policy: `request.policy` of the action.',
  ],
  verify: (evidence) => blameBypass(evidence, judgeKeyPolicy(evidence, judgeDocument, GOOD)),
};

export default keyPolicyLeastPrivilege;

const GOOD = 'has a policy that gives nobody too much';

const judgeDocument: JudgeDocument = (document, trust) =>
  leaveOutPublic(judgeKeyPolicyLeastPrivilege(document, trust), judgeKeyPolicyPublic(document, trust));

/**
 * Whoever bypasses the check may lock everybody out of the key, themselves included. KMS then takes a policy that it would
 * have refused.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
function blameBypass(evidence: Evidence, judgement: Judgement): Judgement {
  if (evidence.action?.request.bypassPolicyLockoutSafetyCheck !== true) return judgement;
  const blame = (key: KeyView<'manager'>, name: string): Judgement => {
    if (key.manager === 'AWS') return judgement;
    const says = `${name} got a policy past the lockout safety check of KMS (bypassPolicyLockoutSafetyCheck)`;
    const isFine = judgement.verdict === 'compliant' || judgement.verdict === 'not-applicable';
    const besides = isFine ? '' : `; besides, ${toClause(judgement.reason)}`;
    return { ...judge('violation', `${says}${besides}`), severity: 'high' };
  };
  return judgeKey(evidence, blame, ['manager']);
}
