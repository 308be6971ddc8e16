import { showText } from '../facts/plain-text.ts';
import { KEY_ORIGINS } from '../policy/policy.ts';
import type { Control } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#key-origin */
const keyMaterialInKms: Control = {
  id: 'key-material-in-kms',
  title: 'Key material comes from and stays in the places that the policy approves',
  step: '4.3.1',
  severity: 'high',
  why:
    'Material that KMS made has never been outside of its modules, which are validated to FIPS 140-3 Security Level 3. ' +
    'Material that was imported has a copy elsewhere, and a key in an external key store is not in AWS at all: how well it ' +
    'is kept, and whether it can be lost, is for somebody else to prove.',
  notApplicable: 'AWS manages the key and made its material, or the key no longer exists.',
  // The origin of a key never changes. ImportKeyMaterial is when an EXTERNAL key comes to life; a replica brings its own
  // CreateKey; DeleteKey closes what was found.
  events: ['CreateKey', 'ImportKeyMaterial', 'DeleteKey'],
  judgesState: true,
  reads: ['key'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-13'],
    'NIST SP 800-57 Part 1 Rev. 5': ['6.2'],
    'PCI DSS 4.0.1': ['3.6.1', '3.7.3'],
  },
  runbook: [
    '1. Within 1 working day, find out who made the key and why its material does not come from KMS: `actor.person`, `actor.arn`, `request.origin`, `request.customKeyStoreId` and `request.description` of the action in the ledger entry.',
    '2. If there is no reason, have the key made anew with material of KMS, and agree with its owner within 10 working days on when data is encrypted again. The origin of a key cannot be changed.',
    '3. If material was imported, ask its custodian within 5 working days for the proof of where the copy is kept and who may take it out.',
    '4. If the origin is right for the whole organisation, approve it in the policy file (`keyMaterial.origins`); if only for this key, have a waiver written; within 10 working days.',
  ],
  verify: (evidence) =>
    judgeKey(
      evidence,
      ({ manager, origin }, name) => {
        if (manager === 'AWS') return judge('not-applicable', `${name} is managed by AWS, which made its material`);
        const { origins } = evidence.policy.keyMaterial;
        const says = `${name} has material of the origin ${showText(origin)}`;
        if (origins.some((one) => one === origin)) return judge('compliant', `${says}, which the policy approves`);
        return KEY_ORIGINS.some((one) => one === origin)
          ? judge('violation', `${says}, and the policy approves ${origins.join(', ')}`)
          : judge('unknown', `${says}, which this version of Keywarden does not know`);
      },
      ['manager', 'origin'],
    ),
};

export default keyMaterialInKms;
