/**
 * How many requests of each operation KMS answers in one second, to everybody in the account and Region together. Those are
 * AWS's defaults: most can be raised and none lowered, so that a share of them is never more than that share.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
 */
const PER_SECOND: Readonly<Record<string, number>> = {
  DescribeKey: 2000,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  ListResourceTags: 2000,
  ListAliases: 500,
  ListKeys: 500,
  ListGrants: 100,
  ListKeyRotations: 100,
  CreateGrant: 50,
  RevokeGrant: 50,
  EnableKeyRotation: 15,
  PutKeyPolicy: 15,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
};

/** The lowest that operations on keys have (GetKeyLastUsage, EnableKey, CancelKeyDeletion, ...): for what is not named. */
const LOWEST = 5;

/**
 * @param operation as in the API reference, e.g. `ListGrants`
 * @returns requests per second
 */
export const quotaOf = (operation: string): number =>
  Object.hasOwn(PER_SECOND, operation) ? (PER_SECOND[operation] ?? LOWEST) : LOWEST;
