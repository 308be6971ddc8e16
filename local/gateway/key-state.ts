import type { Refusal } from './answer.ts';

/**
 * Operations that use the key material, and that GetKeyLastUsage tells the last one of.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyLastUsageData.html
 */
export const CRYPTOGRAPHIC = [
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
] as const;

const ROTATION = ['EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'] as const;

/** What a disabled key refuses. */
const REFUSED_WHEN_DISABLED: ReadonlySet<string> = new Set([
  ...CRYPTOGRAPHIC,
  ...ROTATION,
  'CreateGrant',
  'GetPublicKey',
  'ReplicateKey',
  'UpdatePrimaryRegion',
]);

/** What a key that is pending deletion still permits; everything else is refused. */
const PERMITTED_WHEN_PENDING_DELETION: ReadonlySet<string> = new Set([
  'CancelKeyDeletion',
  'DeleteAlias',
  'DeleteImportedKeyMaterial',
  'DescribeKey',
  'GetKeyLastUsage',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'ListAliases',
  'ListGrants',
  'ListKeyPolicies',
  'ListKeyRotations',
  'ListResourceTags',
  'PutKeyPolicy',
  'RetireGrant',
  'RevokeGrant',
]);

/** What a key without material refuses. */
const REFUSED_WHEN_PENDING_IMPORT: ReadonlySet<string> = new Set([
  ...CRYPTOGRAPHIC,
  'CreateGrant',
  'DisableKey',
  'EnableKey',
  'ReplicateKey',
  'RotateKeyOnDemand',
]);

/**
 * KMS's key-state table: what the state of a key refuses, in KMS's words. UpdateAlias is judged by the state of its new
 * target, so moving an alias away from a key that is pending deletion is permitted.
 *
 * @param arn key ARN
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function refuseByState(operation: string, state: string, arn: string): Refusal | undefined {
  if (operation === 'CancelKeyDeletion' && state !== 'PendingDeletion') {
    return { code: 'KMSInvalidStateException', message: `${arn} is not pending deletion.` };
  }
  if (state === 'Disabled' && REFUSED_WHEN_DISABLED.has(operation)) {
    return { code: 'DisabledException', message: `${arn} is disabled.` };
  }
  if (state === 'PendingDeletion' && !PERMITTED_WHEN_PENDING_DELETION.has(operation)) {
    return { code: 'KMSInvalidStateException', message: `${arn} is pending deletion.` };
  }
  if (state === 'PendingImport' && REFUSED_WHEN_PENDING_IMPORT.has(operation)) {
    return { code: 'KMSInvalidStateException', message: `${arn} is pending import.` };
  }
  return undefined;
}
