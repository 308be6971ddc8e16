import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

const approving = (...origins: typeof POLICY.keyMaterial.origins) => ({
  ...POLICY,
  keyMaterial: { ...POLICY.keyMaterial, origins },
});

export const cases: readonly ControlCase[] = [
  {
    name: 'KMS made the material',
    action: actionOf('CreateKey'),
    facts: factsOf(),
    expected: 'compliant',
    says: `Key ${KEY_ID} has material of the origin AWS_KMS, which the policy approves.`,
  },
  {
    name: 'the policy approves AWS CloudHSM',
    facts: factsOf({ origin: 'AWS_CLOUDHSM' }),
    policy: approving('AWS_KMS', 'AWS_CLOUDHSM'),
    expected: 'compliant',
    says: 'AWS_CLOUDHSM, which the policy approves',
  },
  {
    name: 'material was imported',
    action: actionOf('ImportKeyMaterial'),
    facts: factsOf({ origin: 'EXTERNAL' }),
    expected: 'violation',
    says: 'of the origin EXTERNAL, and the policy approves AWS_KMS.',
  },
  {
    name: 'a new key waits for material from outside',
    action: actionOf('CreateKey'),
    facts: factsOf({ origin: 'EXTERNAL', state: 'PendingImport' }),
    expected: 'violation',
    says: 'EXTERNAL',
  },
  {
    name: 'the material is in an external key store',
    facts: factsOf({ origin: 'EXTERNAL_KEY_STORE' }),
    expected: 'violation',
    says: 'EXTERNAL_KEY_STORE',
  },
  {
    name: 'the material is in AWS CloudHSM, which the policy does not approve',
    facts: factsOf({ origin: 'AWS_CLOUDHSM' }),
    expected: 'violation',
    says: 'AWS_CLOUDHSM',
  },
  {
    name: 'the policy approves imports and nothing else',
    facts: factsOf(),
    policy: approving('EXTERNAL'),
    expected: 'violation',
    says: 'AWS_KMS, and the policy approves EXTERNAL.',
  },
  {
    name: 'AWS manages the key',
    facts: factsOf({ manager: 'AWS' }),
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
    name: 'the origin is one that nobody knows yet',
    facts: factsOf({ origin: 'ELSEWHERE' }),
    expected: 'unknown',
    says: 'ELSEWHERE, which this version of Keywarden does not know.',
  },
  { name: 'the key could not be described', facts: UNREADABLE, expected: 'unknown', says: KEY_ID },
];
