import { unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { keyPolicyOf, statement } from '../iam/policy-fixtures.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { FILLED, withStatements, withText } from './key-policy-case.ts';

const importing = (role: string) =>
  actionOf('ImportKeyMaterial', {
    actor: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::111122223333:assumed-role/${role}/dana@example.com`,
      sessionIssuer: `arn:aws:iam::111122223333:role/${role}`,
      bySelf: false,
    },
  });
const external = (...statements: readonly unknown[]) =>
  withText(JSON.stringify(keyPolicyOf(...statements)), { origin: 'EXTERNAL' });
const IMPORT = statement({ Sid: 'Import', Action: 'kms:ImportKeyMaterial' });

export const cases: readonly ControlCase[] = [
  {
    name: 'a custodian imported material',
    action: importing('Custodian'),
    facts: external(),
    policy: FILLED,
    expected: 'compliant',
    says: `Key ${KEY_ID} has a policy that lets nobody but the named roles`,
  },
  {
    name: 'the key has no imported material, so that the right to import it is none',
    action: actionOf('CreateKey'),
    facts: withStatements(IMPORT),
    policy: FILLED,
    expected: 'compliant',
    says: 'lets nobody but the named roles',
  },
  {
    name: 'a custodian who is no role but an IAM user imported material',
    action: actionOf('ImportKeyMaterial', {
      actor: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/dana', bySelf: false },
    }),
    facts: external(),
    policy: { ...FILLED, keyMaterial: { ...FILLED.keyMaterial, custodians: ['arn:aws:iam::111122223333:user/dana'] } },
    expected: 'compliant',
    says: 'lets nobody but the named roles',
  },
  {
    name: 'somebody else imported material',
    action: importing('App'),
    facts: external(),
    policy: FILLED,
    expected: 'violation',
    says: `Material was imported into key ${KEY_ID} by arn:aws:iam::111122223333:role/App, who is no custodian.`,
  },
  {
    name: 'somebody else imported material, and the policy lets them',
    action: importing('App'),
    facts: external(IMPORT),
    policy: FILLED,
    expected: 'violation',
    says: `who is no custodian; besides, key ${KEY_ID}: statement 1 ("Import") gives`,
  },
  {
    name: 'the policy lets an application import material',
    action: actionOf('PutKeyPolicy'),
    facts: external(IMPORT),
    policy: FILLED,
    expected: 'violation',
    says: 'statement 1 ("Import") gives the role',
  },
  {
    name: 'the policy lets an application take private keys out',
    facts: withStatements(statement({ Action: 'kms:GenerateDataKeyPair' })),
    policy: FILLED,
    expected: 'violation',
    says: 'kms:GenerateDataKeyPair',
  },
  {
    name: 'material was imported, no custodian is named yet, and the policy lets an application take private keys out',
    action: importing('App'),
    facts: external(statement({ Action: 'kms:GenerateDataKeyPair' })),
    policy: { ...FILLED, keyMaterial: { ...FILLED.keyMaterial, custodians: [] } },
    expected: 'violation',
    says: 'kms:GenerateDataKeyPair',
  },
  {
    name: 'AWS manages the key',
    facts: withText('{}', { manager: 'AWS' }),
    expected: 'not-applicable',
    says: 'managed by AWS',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'material was imported, and no custodian is named yet',
    action: importing('App'),
    facts: external(),
    expected: 'unknown',
    says: 'keyMaterial.custodians of the policy file names nobody who may.',
  },
  {
    name: 'the policy lets somebody import material, and no custodian is named yet',
    facts: external(IMPORT),
    expected: 'unknown',
    says: 'keyMaterial.custodians',
  },
  {
    name: 'the policy could not be read',
    action: actionOf('PutKeyPolicy'),
    facts: { ...factsOf(), keyPolicy: unread('kms:GetKeyPolicy was denied') },
    expected: 'unknown',
    says: 'kms:GetKeyPolicy was denied',
  },
  { name: 'the key could not be described', facts: UNREADABLE, expected: 'unknown', says: KEY_ID },
];
