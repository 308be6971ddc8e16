import { findIamItem } from '../event/iam-subject.ts';
import type { Control } from './control.ts';
import { judgeIamPolicyNow } from './judgement/judge-iam-policy-now.ts';

/**
 * Judges what one policy gives by itself: what a permissions boundary, a policy of the organisation or a key policy takes
 * away again is not counted.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
 */
const iamPolicyKmsLeastPrivilege: Control = {
  id: 'iam-policy-kms-least-privilege',
  title: 'Every IAM policy gives the use of certain keys, and nothing of all keys',
  step: '4.2.1',
  severity: 'high',
  why:
    'A key policy usually lets IAM policies of the account decide, so that one policy with Decrypt on all keys opens the ' +
    'data under every key of the account, today and tomorrow, and one that may schedule deletions can destroy it.',
  notApplicable:
    'The policy allows nothing of KMS, is only a permissions boundary, or is gone; or nobody has the policy of AWS any more.',
  eventSource: 'iam.amazonaws.com',
  events: [
    ...['PutRolePolicy', 'PutUserPolicy', 'PutGroupPolicy'],
    ...['CreatePolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion'],
    ...['AttachRolePolicy', 'AttachUserPolicy', 'AttachGroupPolicy'],
    ...['DeleteRolePolicy', 'DeleteUserPolicy', 'DeleteGroupPolicy', 'DeletePolicy', 'DeletePolicyVersion'],
    ...['DetachRolePolicy', 'DetachUserPolicy', 'DetachGroupPolicy'],
  ],
  item: findIamItem,
  judgesState: false,
  reads: ['iamPolicy'],
  iam: [
    ...['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListEntitiesForPolicy'],
    ...['iam:GetRolePolicy', 'iam:GetUserPolicy', 'iam:GetGroupPolicy'],
    ...['iam:ListAttachedRolePolicies', 'iam:ListAttachedUserPolicies', 'iam:ListAttachedGroupPolicies'],
  ],
  defaultMode: 'approve',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.5.15', 'A.8.2', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AC-3', 'AC-6'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.3'],
    'PCI DSS 4.0.1': ['3.6.1', '7.2.2'],
    'AWS Security Hub': ['KMS.1', 'KMS.2'],
  },
  runbook: [
    '1. Within 1 working day, ask the person who wrote or attached the policy (`actor.person`, `actor.arn`, `actor.sourceIp` of the action in the ledger entry) which keys it is meant for.',
    '2. If nobody can explain it, treat the credentials of `actor.arn` as stolen: look at everything they did in CloudTrail from 24 hours before `action.time` until now, and revoke their sessions.',
    '3. Put the ARNs of those keys into the proposal above, and write it in place of the policy: IAM console, the policy or the role, Edit, JSON. Keywarden never changes IAM policies. If nothing of it is needed, delete or detach it.',
    '4. A policy of AWS cannot be edited: make one of your own from the proposal, attach it, then detach the one of AWS.',
    '5. If whoever has the policy administers keys, name them in the policy file (trust.administrators). If the access must stay, have the security officer approve a waiver within 10 working days.',
  ],
  verify: judgeIamPolicyNow,
};

export default iamPolicyKmsLeastPrivilege;
