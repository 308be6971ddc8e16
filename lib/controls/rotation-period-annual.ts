import enableKeyRotation from '../remediations/enable-key-rotation.ts';
import type { Control } from './control.ts';
import { judge } from './judgement/judge-key.ts';
import { judgeRotation, ROTATION_EVENTS, ROTATION_NOT_APPLICABLE } from './judgement/judge-rotation.ts';

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
const rotationPeriodAnnual: Control = {
  id: 'rotation-period-annual',
  title: "Every rotating key rotates at least once within the policy's period, which is a year or less",
  step: '4.4.1',
  severity: 'medium',
  why:
    'KMS lets a period be set from 90 days to 7 years. A key that rotates every few years counts as rotating in the ' +
    'console and still breaks the procedure, which asks for a year. The policy file may ask for less.',
  notApplicable: `${ROTATION_NOT_APPLICABLE} Nor when automatic rotation is off: rotation-enabled judges that.`,
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
  },
  runbook: [
    "1. Within 1 working day, read in the alert what Keywarden did. If the policy's period was set and confirmed, only the cause is left: step 2.",
    '2. Within 5 working days, find out who chose the longer period: `actor.person`, `actor.arn` and `request.rotationPeriodInDays` of the action in the ledger entry. Tell that person which period the policy file asks for.',
    '3. If Keywarden could not act, set the period yourself within 5 working days: AWS console, Key Management Service, Customer managed keys, the key, tab Key rotation, Edit, Rotation period in days. Data stays readable.',
    '4. If the period comes from a template (CloudFormation, Terraform), change it there too within 5 working days, or the next deployment brings it back.',
  ],
  verify: (evidence) =>
    judgeRotation(evidence, ({ enabled, periodInDays }, name) => {
      const limit = evidence.policy.rotation.periodInDays;
      if (!enabled) {
        return judge(
          'not-applicable',
          `${name} has no rotation period because its automatic rotation is off, which rotation-enabled judges`,
        );
      }
      if (periodInDays === undefined) {
        return judge('unknown', `${name} rotates automatically, but KMS did not say how often`);
      }
      return periodInDays <= limit
        ? judge('compliant', `${name} rotates every ${periodInDays} days, and the policy asks for ${limit} or less`)
        : judge(
            'violation',
            `${name} rotates only every ${periodInDays} days, and the policy asks for ${limit} or less`,
          );
    }),
};

export default rotationPeriodAnnual;
