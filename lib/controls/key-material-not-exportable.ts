import { showText } from '../facts/plain-text.ts';
import { judgeKeyMaterialPolicy } from '../iam/judge-key-material-policy.ts';
import { classifyPrincipal } from '../iam/principal.ts';
import { isListed } from '../iam/principal-match.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';
import {
  judgeKeyPolicy,
  KEY_POLICY_EVENTS,
  KEY_POLICY_NOT_APPLICABLE,
  toClause,
} from './judgement/judge-key-policy.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html */
const keyMaterialNotExportable: Control = {
  id: 'key-material-not-exportable',
  title: 'Nobody but the named roles can bring key material in or take private keys out',
  step: '4.2.2',
  severity: 'high',
  why:
    'KMS never hands out the material of a key. Material that was imported has a copy outside, though, which KMS cannot ' +
    'protect, and a key pair that KMS generates leaves it with the private key in plaintext. Both are for the few who are ' +
    'named for it.',
  notApplicable: KEY_POLICY_NOT_APPLICABLE,
  // Left out, because no event rule delivers them: GetParametersForImport (read-only) and GenerateDataKeyPair (use of a
  // key). Left out, because nothing to judge them by is in the policy file yet: the Regions of ReplicateKey, and key
  // stores (CreateCustomKeyStore), which are no keys.
  events: [...KEY_POLICY_EVENTS, 'ImportKeyMaterial'],
  judgesState: true,
  reads: ['key', 'keyPolicy'],
  iam: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'AC-6'],
    'NIST SP 800-57 Part 1 Rev. 5': ['6.2'],
    'PCI DSS 4.0.1': ['3.6.1', '3.7.2'],
  },
  runbook: [
    '1. Within 4 hours, find out who did it and whether it was ordered: `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry.',
    '2. If material was imported by somebody who is no custodian, treat the material as known to others: within 1 working day agree with the owner of the key on a new key, and on when data is encrypted again.',
    '3. If the policy lets somebody import material or make key pairs who should not, have the owner of the key take that out of the policy within 5 working days.',
    '4. If it is right, name the role in the policy file within 5 working days: `keyMaterial.custodians` for imports, `keyMaterial.dataKeyPairRoles` for key pairs.',
  ],
  verify: (evidence) => blameImporter(evidence, judgeKeyPolicy(evidence, judgeKeyMaterialPolicy, GOOD)),
};

export default keyMaterialNotExportable;

const GOOD = 'has a policy that lets nobody but the named roles import material or take private keys out';

/**
 * An import is judged by who did it, whatever the policy of the key says: an IAM policy may have allowed it.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 */
function blameImporter(evidence: Evidence, judgement: Judgement): Judgement {
  const { action, policy } = evidence;
  if (action?.api !== 'ImportKeyMaterial') return judgement;
  const { custodians } = policy.keyMaterial;
  const { arn, sessionIssuer, type } = action.actor;
  const isCustodian = [arn, sessionIssuer].some(
    (one) => one !== undefined && isListed(classifyPrincipal('AWS', one), custodians),
  );
  if (isCustodian) return judgement;
  return judgeKey(evidence, (_key, name) => {
    const says = `Material was imported into ${name.replace(/^Key/, 'key')} by ${showText(sessionIssuer ?? arn ?? type)}`;
    const besides = judgement.verdict === 'violation' ? `; besides, ${toClause(judgement.reason)}` : '';
    if (custodians.length > 0) return judge('violation', `${says}, who is no custodian${besides}`);
    if (besides !== '') return judgement;
    return judge('unknown', `${says}, and keyMaterial.custodians of the policy file names nobody who may`);
  });
}
