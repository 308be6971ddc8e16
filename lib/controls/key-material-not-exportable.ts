import type { KeyAction } from '../event/key-action.ts';
import { textOf } from '../event/plain-json.ts';
import { isIdentified, isNamed, nameActor } from '../facts/actor.ts';
import { sayUntold } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import { judgeKeyMaterialPolicy } from '../iam/judge-key-material-policy.ts';
import type { Policy } from '../policy/policy.ts';
import type { Control, Judgement } from './control.ts';
import { excuse, judgeNobody, nameItem, nameSubject } from './judgement/judge-deed.ts';
import { judge } from './judgement/judge-key.ts';
import {
  type JudgeDocument,
  judgeKeyPolicy,
  KEY_POLICY_EVENTS,
  KEY_POLICY_NOT_APPLICABLE,
} from './judgement/judge-key-policy.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html */
const keyMaterialNotExportable: Control = {
  id: 'key-material-not-exportable',
  title: 'Nobody but the named roles can bring key material in or take private keys out',
  step: '4.2.2',
  severity: 'high',
  why:
    'KMS never hands out the material of a key. Material that was imported has a copy outside, though, which KMS cannot ' +
    'protect; a key pair that KMS generates leaves it with the private key in plaintext; an external key store keeps the ' +
    'material outside of AWS; and a replica carries it to another Region. All of this is for the few who are named for it.',
  notApplicable: `${KEY_POLICY_NOT_APPLICABLE} Replicas, while the policy file names no Regions (\`generation.regions\`); key stores in AWS CloudHSM; and what AWS services do by themselves.`,
  events: [
    ...KEY_POLICY_EVENTS,
    'ImportKeyMaterial',
    'GetParametersForImport',
    'GenerateDataKeyPair',
    'CreateCustomKeyStore',
    'UpdateCustomKeyStore',
  ],
  item: nameDeed,
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
    '2. If material was imported by somebody who is no custodian, treat the material as known to others: within 1 working day agree with the owner of the key on a new key, and on when data is encrypted again. Whoever fetched the parameters (GetParametersForImport) can import for 24 hours: have an administrator look at the key once more after that.',
    '3. If somebody made a key pair who should not, treat its private key as known to them: within 1 working day find out what it signs or decrypts (`request.encryptionContext`), and have it replaced.',
    '4. If a key was replicated to another Region (`request.replicaRegion`), have the replica there scheduled for deletion within 5 working days, or approve the Region in the policy file (`generation.regions`).',
    '5. If a key store keeps its material outside of AWS, find out within 1 working day which keys are in it (`request.customKeyStoreId`), who runs the key manager, and whether the store is connected: only a connected store is used.',
    '6. If the policy lets somebody import material or make key pairs who should not, have the owner of the key take that out of the policy within 5 working days.',
    '7. If it is right, name the role in the policy file within 5 working days: `keyMaterial.custodians` for imports and external key stores, `keyMaterial.dataKeyPairRoles` for key pairs.',
  ],
  verify: (evidence) => {
    const { action, policy } = evidence;
    return action === undefined || nameDeed(action) === undefined
      ? judgeKeyPolicy(evidence, judgeDocument, GOOD)
      : judgeDeed(action, policy);
  },
};

export default keyMaterialNotExportable;

/** Only an EXTERNAL key takes material. Where nobody can tell whether it is one, only what is so either way is certain. */
const judgeDocument: JudgeDocument = (document, trust, { origin }) => {
  const judgement = judgeKeyMaterialPolicy(document, trust, { origin: origin ?? 'AWS_KMS' });
  if (origin !== undefined) return judgement;
  const { verdict } = judgeKeyMaterialPolicy(document, trust, { origin: 'EXTERNAL' });
  if (verdict === judgement.verdict) return judgement;
  const doubt = `Whether material can be imported into the key is not known, because ${sayUntold(['origin'])}.`;
  return { ...judgement, verdict: 'unknown', unclear: [...judgement.unclear, doubt] };
};

const GOOD = 'has a policy that lets nobody but the named roles import material or take private keys out';

/** An operation that carries material, and who may do it. It is judged by who did it: an IAM policy may have allowed it. */
interface Deed {
  /** What was done to the named key, as a sentence without an end. */
  readonly says: (name: string) => string;
  readonly list: 'custodians' | 'dataKeyPairRoles';
  readonly isNot: string;
}

const lower = (name: string): string => name.replace(/^Key/, 'key');

/**
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html
 */
const DEEDS: Readonly<Record<string, Deed>> = {
  ImportKeyMaterial: {
    says: (name) => `Material was imported into ${lower(name)}`,
    list: 'custodians',
    isNot: 'who is no custodian',
  },
  GetParametersForImport: {
    says: (name) => `What is needed to import material into ${lower(name)} was fetched`,
    list: 'custodians',
    isNot: 'who is no custodian',
  },
  GenerateDataKeyPair: {
    says: (name) => `A key pair was made with ${lower(name)}, and its private key handed out in plaintext`,
    list: 'dataKeyPairRoles',
    isNot: 'who is not approved to receive private keys',
  },
  CreateCustomKeyStore: {
    says: (name) => `${name} was made, which keeps its material outside of AWS`,
    list: 'custodians',
    isNot: 'who is no custodian',
  },
  UpdateCustomKeyStore: {
    says: (name) => `${name}, which keeps its material outside of AWS, was changed`,
    list: 'custodians',
    isNot: 'who is no custodian',
  },
};

/**
 * A deed has a finding of its own for who did it (docs/adr/0009): what a role does that may must not close what another did,
 * and neither must a look at the policy of the key.
 */
function nameDeed(action: KeyAction): string | undefined {
  const { api, actor, request } = action;
  if (api === 'ReplicateKey') return nameItem('replica', textOf(request, 'replicaRegion') ?? '?');
  if (!Object.hasOwn(DEEDS, api)) return undefined;
  return nameItem(api, actor.sessionIssuer ?? actor.arn ?? actor.invokedBy ?? actor.type);
}

function judgeDeed(action: KeyAction, policy: Policy): Judgement {
  const deed = Object.hasOwn(DEEDS, action.api) ? DEEDS[action.api] : undefined;
  if (deed === undefined) return judgeReplication(action, policy);
  const name = nameSubject(action);
  if (action.api.endsWith('CustomKeyStore') && !isExternal(action)) {
    return judge('not-applicable', `${name}: nothing in ${action.api} is about material outside of AWS`);
  }
  return excuse(action) ?? judgeDoer(action, deed, policy.keyMaterial);
}

function judgeDoer(action: KeyAction, { says, list, isNot }: Deed, keyMaterial: Policy['keyMaterial']): Judgement {
  const { actor } = action;
  const allowed = keyMaterial[list];
  const sentence = `${says(nameSubject(action))}, by ${nameActor(actor)}`;
  if (actor.type === 'Root') return judge('violation', `${sentence}, the root user, ${isNot}`);
  if (!isIdentified(actor)) return judgeNobody(action);
  if (isNamed(actor, allowed)) return judge('compliant', `${sentence}, who is named for it (keyMaterial.${list})`);
  return allowed.length > 0
    ? judge('violation', `${sentence}, ${isNot}`)
    : judge('unknown', `${sentence}, and keyMaterial.${list} of the policy file names nobody who may`);
}

/**
 * Whether a call is about a key store outside of AWS. UpdateCustomKeyStore does not name the type of the store: only such a
 * store has an external key store proxy (the fields that begin with `xksProxy`).
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
 */
const isExternal = ({ request }: KeyAction): boolean =>
  textOf(request, 'customKeyStoreType') === 'EXTERNAL_KEY_STORE' ||
  Object.keys(request).some((field) => field.toLowerCase().startsWith('xksproxy'));

/** The policy of the key stays as it was; a replica has one of its own, and its own CreateKey in its Region. */
function judgeReplication(action: KeyAction, { generation: { regions } }: Policy): Judgement {
  const region = textOf(action.request, 'replicaRegion');
  const says = `${nameSubject(action)} was replicated to ${showText(region ?? 'a Region that the record does not name')}`;
  if (regions.length === 0) {
    return judge('not-applicable', `${says}, and the policy file names no Regions (generation.regions)`);
  }
  if (region === undefined) return judge('unknown', `${says}; look event ${showText(action.eventId)} up in CloudTrail`);
  return regions.includes(region)
    ? judge('compliant', `${says}, which the policy approves`)
    : judge('violation', `${says}, which carried its material out of the approved Regions (${regions.join(', ')})`);
}
