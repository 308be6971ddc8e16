import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { keyPolicyOf, statement } from '../iam/policy-fixtures.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { FILLED, withStatements, withText } from './key-policy-case.ts';
import { inRole, KEYWARDEN, NAMED, NOBODY, ROOT, SERVICE } from './people.ts';

const CUSTODIAN = inRole('Custodian', 'dana@example.com');
const ISSUER = inRole('Issuer', 'dana@example.com');
const APP = inRole('App', 'eve@example.com');
const done = (api: string, actor: Actor, request: Record<string, unknown> = {}) => actionOf(api, { actor, request });
const replicated = (replicaRegion?: unknown) =>
  done('ReplicateKey', CUSTODIAN, replicaRegion === undefined ? {} : { replicaRegion });
/** Deeds are judged by their record, whatever is known of the key. */
const facts = factsUnread('it was not read');
const external = (...statements: readonly unknown[]) =>
  withText(JSON.stringify(keyPolicyOf(...statements)), { origin: 'EXTERNAL' });
const IMPORT = statement({ Sid: 'Import', Action: 'kms:ImportKeyMaterial' });

export const cases: readonly ControlCase[] = [
  {
    name: 'a custodian imported material',
    action: done('ImportKeyMaterial', CUSTODIAN),
    facts,
    policy: FILLED,
    expected: 'compliant',
    says: `Material was imported into key ${KEY_ID}, by dana@example.com as arn:aws:iam::111122223333:role/Custodian, who is named for it (keyMaterial.custodians).`,
  },
  {
    name: 'a custodian fetched what an import needs',
    action: done('GetParametersForImport', CUSTODIAN),
    facts,
    policy: FILLED,
    expected: 'compliant',
    says: `What is needed to import material into key ${KEY_ID} was fetched, by dana@example.com`,
  },
  {
    name: 'an approved role made a key pair',
    action: done('GenerateDataKeyPair', ISSUER),
    facts,
    policy: FILLED,
    expected: 'compliant',
    says: 'who is named for it (keyMaterial.dataKeyPairRoles).',
  },
  {
    name: 'the key was replicated to an approved Region',
    action: replicated('eu-central-1'),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: `Key ${KEY_ID} was replicated to eu-central-1, which the policy approves.`,
  },
  {
    name: 'the policy of the key lets nobody do so',
    action: actionOf('PutKeyPolicy'),
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
    says: 'who is named for it (keyMaterial.custodians).',
  },
  {
    name: 'somebody else imported material, whatever the policy lets them',
    action: done('ImportKeyMaterial', APP),
    facts: external(IMPORT),
    policy: FILLED,
    expected: 'violation',
    says: `Material was imported into key ${KEY_ID}, by eve@example.com as arn:aws:iam::111122223333:role/App, who is no custodian.`,
  },
  {
    name: 'somebody else imported material, and the key could not be described',
    action: done('ImportKeyMaterial', APP),
    facts: UNREADABLE,
    policy: FILLED,
    expected: 'violation',
    says: 'who is no custodian.',
  },
  {
    name: 'somebody else fetched what an import needs',
    action: done('GetParametersForImport', APP),
    facts,
    policy: FILLED,
    expected: 'violation',
    says: 'who is no custodian.',
  },
  {
    name: 'a custodian made a key pair',
    action: done('GenerateDataKeyPair', CUSTODIAN),
    facts,
    policy: FILLED,
    expected: 'violation',
    says: `A key pair was made with key ${KEY_ID}, and its private key handed out in plaintext, by dana@example.com as arn:aws:iam::111122223333:role/Custodian, who is not approved to receive private keys.`,
  },
  {
    name: 'the root user imported material, and nobody is named yet',
    action: done('ImportKeyMaterial', ROOT),
    facts,
    expected: 'violation',
    says: 'the root user, who is no custodian.',
  },
  {
    name: 'the key was replicated to another Region',
    action: replicated('us-east-1'),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'to us-east-1, which carried its material out of the approved Regions (eu-west-1, eu-central-1).',
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
    name: 'no custodian is named yet, and the policy lets an application take private keys out',
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
    name: 'Keywarden did it',
    action: done('ImportKeyMaterial', KEYWARDEN),
    facts,
    policy: FILLED,
    expected: 'not-applicable',
    says: "Keywarden's own call",
  },
  {
    name: 'a service made a key pair by itself',
    action: done('GenerateDataKeyPair', SERVICE),
    facts,
    policy: FILLED,
    expected: 'not-applicable',
    says: 'was done by AWS itself',
  },
  {
    name: 'the key was replicated, and no Region is named yet',
    action: replicated('us-east-1'),
    facts,
    expected: 'not-applicable',
    says: 'the policy file names no Regions (generation.regions).',
  },
  {
    name: 'material was imported, and no custodian is named yet',
    action: done('ImportKeyMaterial', APP),
    facts,
    expected: 'unknown',
    says: 'and keyMaterial.custodians of the policy file names nobody who may.',
  },
  {
    name: 'a key pair was made, and nobody is named yet',
    action: done('GenerateDataKeyPair', APP),
    facts,
    expected: 'unknown',
    says: 'and keyMaterial.dataKeyPairRoles of the policy file names nobody who may.',
  },
  {
    name: 'the record of an import names nobody',
    action: done('ImportKeyMaterial', NOBODY),
    facts,
    policy: FILLED,
    expected: 'unknown',
    says: 'does not say who did it',
  },
  {
    name: 'the record does not say where the replica is',
    action: replicated(),
    facts,
    policy: NAMED,
    expected: 'unknown',
    says: 'to a Region that the record does not name; look event',
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
