import enableKeyRotation from '../remediations/enable-key-rotation.ts';
import type { Control } from './control.ts';
import { judge } from './judgement/judge-key.ts';
import { judgeRotation, ROTATION_EVENTS, ROTATION_NOT_APPLICABLE } from './judgement/judge-rotation.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
const rotationEnabled: Control = {
  id: 'rotation-enabled',
  title: 'Automatic rotation is on for every key that KMS can rotate',
  step: '4.4.1',
  severity: 'high',
  why:
    'A key that is never renewed protects more data every year, and all of it is lost together when the key is. With ' +
    'automatic rotation KMS makes new key material on a schedule and keeps the old material to decrypt what it ' +
    'encrypted: no application and no stored data has to change, so that there is no good reason to leave it off.',
  notApplicable: ROTATION_NOT_APPLICABLE,
  events: ROTATION_EVENTS,
  judgesState: true,
  reads: ['key', 'rotation'],
  iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus'],
  defaultMode: 'enforce',
  remedy: enableKeyRotation,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.3'],
    'PCI DSS 4.0.1': ['3.7.4'],
    'CIS AWS Foundations Benchmark 7.0': ['4.6'],
    'CIS AWS Foundations Benchmark 5.0': ['3.6'],
    'AWS Security Hub': ['KMS.4'],
  },
  runbook: [
    '1. Within 1 hour, read in the alert what Keywarden did. If rotation was switched on again and confirmed, the key is safe and step 2 is about the cause; if not, do step 4 first.',
    '2. Within 1 working day, find out who switched rotation off or made the key without it: `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry. Ask that person why.',
    '3. If nobody can explain it, treat the credentials of `actor.arn` as stolen: look at everything they did in CloudTrail from 24 hours before `time` until now, and revoke their sessions.',
    '4. If Keywarden could not act, switch rotation on yourself within 1 working day: AWS console, Key Management Service, Customer managed keys, the key, tab Key rotation, Edit, Enable, with the period of the policy file.',
    '5. If the key must not rotate, have the security officer approve and record the exception; until then the finding stays open.',
  ],
  verify: (evidence) =>
    judgeRotation(evidence, ({ enabled, periodInDays }, name) => {
      if (!enabled) return judge('violation', `${name} can be rotated by KMS and its automatic rotation is off`);
      const period = periodInDays === undefined ? '' : ` every ${periodInDays} days`;
      return judge('compliant', `${name} rotates automatically${period}`);
    }),
};

export default rotationEnabled;
