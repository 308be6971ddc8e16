import { z } from 'zod';

/**
 * The organisation's policy file as typed data. Limits come from the AWS pages named beside them: a policy that KMS could
 * not carry out must stop at load, not at the first remediation.
 */

/** Key specs of the KMS API by key usage, https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
export const KEY_SPECS_BY_USAGE = {
  ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'],
  SIGN_VERIFY: [
    'RSA_2048',
    'RSA_3072',
    'RSA_4096',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
    'SM2',
    'ML_DSA_44',
    'ML_DSA_65',
    'ML_DSA_87',
  ],
  GENERATE_VERIFY_MAC: ['HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512'],
  KEY_AGREEMENT: ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'SM2'],
  ENCAPSULATE_DECAPSULATE: ['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'],
} as const;

const specs = <T extends readonly [string, ...string[]]>(known: T) => z.array(z.enum(known)).min(1);

const modeSchema = z.strictObject({ mode: z.enum(['observe', 'approve', 'enforce']) });

/**
 * The shape of the policy file.
 *
 * @param controlIds ids of the known controls: imports point from the controls to the policy, so the caller names them here.
 */
export const policySchema = (controlIds: readonly string[]) =>
  z.strictObject({
    version: z.literal(1),
    keySpecs: z.strictObject({
      ENCRYPT_DECRYPT: specs(KEY_SPECS_BY_USAGE.ENCRYPT_DECRYPT),
      SIGN_VERIFY: specs(KEY_SPECS_BY_USAGE.SIGN_VERIFY),
      GENERATE_VERIFY_MAC: specs(KEY_SPECS_BY_USAGE.GENERATE_VERIFY_MAC),
      KEY_AGREEMENT: specs(KEY_SPECS_BY_USAGE.KEY_AGREEMENT),
      ENCAPSULATE_DECAPSULATE: specs(KEY_SPECS_BY_USAGE.ENCAPSULATE_DECAPSULATE),
    }),
    rotation: z.strictObject({
      // KMS accepts 90 to 2560 days (https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html);
      // the procedure says annual, so that a policy may be stricter than a year and never laxer.
      periodInDays: z.int().min(90).max(365),
    }),
    deletion: z.strictObject({
      // 7 to 30 days: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
      minimumWaitingDays: z.int().min(7).max(30),
    }),
    // 1 to 128 characters: https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html
    protectedTag: z.string().min(1).max(128),
    controls: z.partialRecord(z.enum(controlIds as [string, ...string[]]), modeSchema),
  });

export type Policy = z.infer<ReturnType<typeof policySchema>>;
