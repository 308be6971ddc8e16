import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

const created = actionOf('CreateKey', { step: '4.1.1' });
const signing = (spec: string) => factsOf({ spec, usage: 'SIGN_VERIFY' });
const ONLY_RSA_4096 = { ...POLICY, keySpecs: { ...POLICY.keySpecs, SIGN_VERIFY: ['RSA_4096' as const] } };

export const cases: readonly ControlCase[] = [
  {
    name: 'AES-256',
    action: created,
    facts: factsOf(),
    expected: 'compliant',
    says: 'SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT',
  },
  {
    name: 'RSA with 3072 bits',
    action: created,
    facts: signing('RSA_3072'),
    expected: 'compliant',
    says: 'RSA_3072 for SIGN_VERIFY',
  },
  {
    name: 'a post-quantum signature',
    action: created,
    facts: signing('ML_DSA_87'),
    expected: 'compliant',
    says: 'ML_DSA_87',
  },
  {
    name: 'a MAC of 256 bits',
    facts: factsOf({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }),
    expected: 'compliant',
    says: 'HMAC_256',
  },
  {
    name: 'key agreement on a NIST curve',
    facts: factsOf({ spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' }),
    expected: 'compliant',
    says: 'KEY_AGREEMENT',
  },
  {
    name: 'post-quantum key encapsulation',
    facts: factsOf({ spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' }),
    expected: 'compliant',
    says: 'ML_KEM_768 for ENCAPSULATE_DECAPSULATE',
  },
  { name: 'an imported key', facts: factsOf({ origin: 'EXTERNAL' }), expected: 'compliant', says: 'approves' },

  {
    name: 'RSA with 2048 bits',
    action: created,
    facts: signing('RSA_2048'),
    expected: 'violation',
    says: `Key ${KEY_ID} is RSA_2048 for SIGN_VERIFY, and the policy approves RSA_3072, RSA_4096, `,
  },
  {
    name: 'the curve of Bitcoin',
    action: created,
    facts: signing('ECC_SECG_P256K1'),
    expected: 'violation',
    says: 'ECC_SECG_P256K1',
  },
  {
    name: 'a MAC of 224 bits',
    action: created,
    facts: factsOf({ spec: 'HMAC_224', usage: 'GENERATE_VERIFY_MAC' }),
    expected: 'violation',
    says: 'HMAC_224',
  },
  { name: 'SM2', facts: factsOf({ spec: 'SM2', usage: 'KEY_AGREEMENT' }), expected: 'violation', says: 'SM2' },
  {
    name: 'a spec that a stricter policy left out',
    facts: signing('RSA_3072'),
    policy: ONLY_RSA_4096,
    expected: 'violation',
    says: 'approves RSA_4096',
  },
  {
    name: 'the record asked for a strong key and KMS says it is weak',
    action: { ...created, request: { keySpec: 'RSA_4096' } },
    facts: signing('RSA_2048'),
    expected: 'violation',
    says: 'RSA_2048',
  },
  {
    name: 'a weak key that is disabled',
    facts: factsOf({ spec: 'RSA_2048', state: 'Disabled' }),
    expected: 'violation',
    says: 'RSA_2048',
  },
  {
    name: 'a weak key that waits for its deletion',
    facts: factsOf({ spec: 'RSA_2048', state: 'PendingDeletion' }),
    expected: 'violation',
    says: 'RSA_2048',
  },

  {
    name: 'AWS manages the key',
    facts: factsOf({ manager: 'AWS', spec: 'RSA_2048' }),
    expected: 'not-applicable',
    says: 'managed by AWS',
  },
  { name: 'the key is gone', action: actionOf('DeleteKey'), facts: GONE, expected: 'not-applicable', says: KEY_ID },

  {
    name: 'a spec nobody has heard of',
    action: created,
    facts: signing('RSA_16384'),
    expected: 'unknown',
    says: 'RSA_16384 for SIGN_VERIFY',
  },
  {
    name: 'a known spec that KMS did not offer for this usage',
    facts: factsOf({ spec: 'HMAC_256' }),
    expected: 'unknown',
    says: 'HMAC_256 for ENCRYPT_DECRYPT',
  },
  {
    name: 'a usage nobody has heard of',
    facts: factsOf({ spec: 'QUARK_1024', usage: 'KEY_TELEPORTATION' }),
    expected: 'unknown',
    says: 'KEY_TELEPORTATION',
  },
  {
    name: 'a usage like a property of every object',
    facts: factsOf({ usage: 'constructor' }),
    expected: 'unknown',
    says: 'constructor',
  },
  {
    name: 'a spec on two lines',
    facts: signing('RSA\nKey other is fine.'),
    expected: 'unknown',
    says: 'RSA Key other is fine.',
  },
  {
    name: 'the key could not be described',
    action: created,
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
  {
    name: 'KMS does not show the new key yet',
    action: created,
    facts: GONE,
    expected: 'unknown',
    says: 'verify it again',
  },
];
