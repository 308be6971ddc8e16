import { judgeKeyPolicyPublic } from '../iam/judge-key-policy-public.ts';
import narrowKeyPolicy from '../remediations/narrow-key-policy.ts';
import type { Control } from './control.ts';
import { judgeKeyPolicy, KEY_POLICY_EVENTS, KEY_POLICY_NOT_APPLICABLE } from './judgement/judge-key-policy.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html */
const keyPolicyNotPublic: Control = {
  id: 'key-policy-not-public',
  title: 'No key policy opens its key to everybody',
  step: '4.2.1',
  severity: 'critical',
  why:
    'A statement for everybody without a condition that confines it lets any account of AWS use the key, and so read ' +
    'whatever it protects, without anybody of the organisation having to give them anything else. Encryption that ' +
    'everybody can undo is none.',
  notApplicable: KEY_POLICY_NOT_APPLICABLE,
  events: KEY_POLICY_EVENTS,
  judgesState: true,
  reads: ['key', 'keyPolicy'],
  iam: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
  defaultMode: 'enforce',
  remedy: narrowKeyPolicy,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.5.15', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AC-3', 'AC-6', 'SC-12'],
    'PCI DSS 4.0.1': ['3.6.1', '7.2.1'],
    'AWS Security Hub': ['KMS.5'],
  },
  runbook: [
    '1. Within 1 hour, read in the alert what Keywarden did. If the statement was taken out and confirmed, the key is closed and step 2 is about what happened meanwhile; if not, do step 4 first.',
    '2. Within 4 hours, find out who opened it: `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry. If nobody can explain it, treat the credentials of `actor.arn` as stolen and revoke their sessions.',
    '3. Within 1 working day, look in CloudTrail for uses of the key from other accounts (`userIdentity.accountId`) from `time` until it was closed: Decrypt, GenerateDataKey, ReEncrypt and CreateGrant. Grants that were made then outlive the statement; list and revoke them.',
    '4. If Keywarden could not act, take the statement out yourself within 1 hour: AWS console, Key Management Service, Customer managed keys, the key, tab Key policy, Edit.',
    '5. If the key must be open, name accounts or an organisation in a condition (kms:CallerAccount, aws:PrincipalOrgID); there is no good reason to name nobody.',
  ],
  verify: (evidence) =>
    judgeKeyPolicy(evidence, judgeKeyPolicyPublic, 'has a policy that opens it to nobody outside named accounts'),
};

export default keyPolicyNotPublic;
