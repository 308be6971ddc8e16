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

/** https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#key-origin */
export const KEY_ORIGINS = ['AWS_KMS', 'AWS_CLOUDHSM', 'EXTERNAL', 'EXTERNAL_KEY_STORE'] as const;

const specs = <T extends readonly [string, ...string[]]>(known: T) => z.array(z.enum(known)).min(1);

const modeSchema = z.strictObject({ mode: z.enum(['observe', 'approve', 'enforce']) });

/** https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html */
const organizationId = z.string().regex(/^o-[a-z0-9]{10,32}$/, 'an organization id such as o-a1b2c3d4e5');
const accountId = z.string().regex(/^\d{12}$/, 'an account id of 12 digits, in quotes');
const regionName = z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'the name of a Region such as eu-west-1');
/** 1 to 128 characters: https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html */
const tagKey = z.string().min(1).max(128);
/** AWS keeps what begins with `aws:`, in any case, for itself; a tag that somebody is to set cannot begin so. Same page. */
const settableTagKey = tagKey.regex(
  /^(?![aA][wW][sS]:)/,
  'a tag key that does not begin with aws:, which AWS keeps for itself',
);
const principalPattern = z
  .string()
  .regex(
    /^arn:[a-z-]+:(iam|sts)::\d{12}:.+$/,
    'the ARN of a principal of one account; * stands for any characters in its name',
  );

/** Hours by severity: what is graver comes sooner. */
const hoursBySeverity = z.strictObject({
  critical: z.int().min(1).max(8760),
  high: z.int().min(1).max(8760),
  medium: z.int().min(1).max(8760),
  low: z.int().min(1).max(8760),
});

/** A time-boxed exception. It names its control, what it is for, who answers for it, and when it ends. */
const waiverSchema = (controlIds: readonly string[]) =>
  z
    .strictObject({
      control: z.enum(controlIds as [string, ...string[]]),
      subject: z.string().min(1).max(2048).optional(),
      tag: z.strictObject({ key: z.string().min(1).max(128), value: z.string().max(256) }).optional(),
      owner: z.string().min(1).max(256),
      ticket: z.string().min(1).max(256),
      expires: z.iso.date('a day such as 2026-12-31; the waiver ends with it, in UTC'),
    })
    .refine(
      ({ subject, tag }) => (subject === undefined) !== (tag === undefined),
      'either a subject (an ARN) or a tag',
    );

export type Waiver = z.infer<ReturnType<typeof waiverSchema>>;

/**
 * The shape of the policy file.
 *
 * @param controlIds ids of the known controls: imports point from the controls to the policy, so the caller names them here.
 */
export const policySchema = (controlIds: readonly string[]) => policyShape(controlIds).superRefine(checkRequiredTags);

/**
 * Keywarden sets the required tags itself, to the name of who made the key, which that person may choose: it must never approve
 * a deletion, nor protect a key from itself, nor put it under a waiver.
 */
function checkRequiredTags(policy: z.infer<ReturnType<typeof policyShape>>, context: z.core.$RefinementCtx): void {
  const { generation, deletion, protectedTag, waivers } = policy;
  const obeyed = [deletion.approvalTag, protectedTag, ...waivers.map((waiver) => waiver.tag?.key)];
  generation.requiredTags.forEach((tag, at) => {
    if (!obeyed.includes(tag)) return;
    const path = ['generation', 'requiredTags', at];
    const message =
      'tags other than protectedTag, deletion.approvalTag and those of waivers, because Keywarden sets the required ones itself';
    context.addIssue({ code: 'custom', path, message });
  });
}

const policyShape = (controlIds: readonly string[]) =>
  z.strictObject({
    version: z.literal(1),
    keySpecs: z.strictObject({
      ENCRYPT_DECRYPT: specs(KEY_SPECS_BY_USAGE.ENCRYPT_DECRYPT),
      SIGN_VERIFY: specs(KEY_SPECS_BY_USAGE.SIGN_VERIFY),
      GENERATE_VERIFY_MAC: specs(KEY_SPECS_BY_USAGE.GENERATE_VERIFY_MAC),
      KEY_AGREEMENT: specs(KEY_SPECS_BY_USAGE.KEY_AGREEMENT),
      ENCAPSULATE_DECAPSULATE: specs(KEY_SPECS_BY_USAGE.ENCAPSULATE_DECAPSULATE),
    }),
    generation: z.strictObject({
      regions: z.array(regionName).default([]),
      creators: z.array(principalPattern).default([]),
      requiredTags: z.array(settableTagKey).max(20).default([]),
    }),
    rotation: z.strictObject({
      // KMS accepts 90 to 2560 days (https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html);
      // the procedure says annual, so that a policy may be stricter than a year and never laxer.
      periodInDays: z.int().min(90).max(365),
      // How late a rotation may be before it counts as missed: KMS rotates within some days of the date.
      graceDays: z.int().min(0).max(90),
      // The cryptoperiod of keys that KMS cannot rotate: NIST SP 800-57 Part 1 Rev. 5, 5.3.6 (1 to 3 years for most).
      manualPeriodInDays: z.int().min(1).max(1095),
    }),
    deletion: z.strictObject({
      // 7 to 30 days: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
      minimumWaitingDays: z.int().min(7).max(30),
      quietDays: z.int().min(1).max(1095),
      approvalTag: settableTagKey,
      approvers: z.array(principalPattern).default([]),
    }),
    administration: z.strictObject({
      requireMfa: z.boolean(),
    }),
    auditTrail: z.strictObject({
      maintainers: z.array(principalPattern).default([]),
    }),
    trust: z.strictObject({
      accounts: z.array(accountId).default([]),
      organizations: z.array(organizationId).default([]),
      administrators: z.array(principalPattern).default([]),
    }),
    grants: z.strictObject({
      maximumAgeDays: z.int().min(1).max(3650),
      requireConstraint: z.boolean(),
      profiles: z
        .array(
          z.strictObject({
            grantees: z.array(z.string().min(1).max(256)).min(1),
            operations: z.array(z.string().min(1).max(64)).min(1),
          }),
        )
        .default([]),
    }),
    keyMaterial: z.strictObject({
      origins: z.array(z.enum(KEY_ORIGINS)).min(1),
      custodians: z.array(principalPattern).default([]),
      dataKeyPairRoles: z.array(principalPattern).default([]),
    }),
    evidence: z.strictObject({
      // Object Lock keeps an object until a day that nobody can bring forward, so that a slip of the pen costs years:
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
      retentionYears: z.int().min(1).max(25),
    }),
    reconcile: z.strictObject({
      // CloudTrail delivers most events within 15 minutes: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
      settleMinutes: z.int().min(5).max(1440),
      lateHours: z.int().min(0).max(720),
    }),
    keyUse: z.strictObject({
      keepDays: z.int().min(30).max(3650),
    }),
    protectedTag: tagKey,
    approval: z.strictObject({
      // Separation of duties: NIST SP 800-53 Rev. 5 AC-5, SOC 2 CC6.1.
      differentPerson: z.boolean(),
      officers: z.array(principalPattern).default([]),
      longestWaiverDays: z.int().min(1).max(366),
    }),
    alerts: z.strictObject({
      remindAfterHours: hoursBySeverity,
      escalateAfterHours: hoursBySeverity,
      storm: z.strictObject({ messages: z.int().min(1).max(1000), minutes: z.int().min(1).max(15) }),
    }),
    sweep: z.strictObject({
      // Of the request quotas of KMS, which production needs too:
      // https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
      quotaPercent: z.int().min(1).max(80),
    }),
    safeguards: z.strictObject({
      sameRemedy: z.strictObject({ changes: z.int().min(1).max(20), hours: z.int().min(1).max(720) }),
      changesPerHour: z.int().min(0).max(1000),
      waiverWarningDays: z.int().min(0).max(90),
      // CloudTrail may be late by hours when AWS has a disturbance, and the comparison with it brings what was lost.
      confirmWithinHours: z.int().min(1).max(72),
    }),
    waivers: z.array(waiverSchema(controlIds)).default([]),
    controls: z.partialRecord(z.enum(controlIds as [string, ...string[]]), modeSchema),
  });

export type Policy = z.infer<ReturnType<typeof policySchema>>;
