/**
 * What an action of KMS gives to whoever may call it:
 * - `use`: the key's cryptography;
 * - `read`: looking at keys, nothing else;
 * - `grant`: making, ending and listing grants;
 * - `permission`: deciding who may do what with the key;
 * - `destructive`: making the key, its material or its rotation go away, or putting other material in its place;
 * - `admin`: the rest of managing keys;
 * - `account`: works on no existing key, so that IAM policies can only name `*` as its resource.
 */
export type AccessClass = 'use' | 'read' | 'grant' | 'permission' | 'destructive' | 'admin' | 'account';

/**
 * Every action of KMS by what it gives. `ReEncrypt` is authorized as two actions, one per key; SynchronizeMultiRegionKey is
 * for the service itself. Update it with each new operation: an action that is not here is reported as not understood.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
const BY_CLASS: Readonly<Record<AccessClass, readonly string[]>> = {
  use: [
    'Encrypt',
    'Decrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'Sign',
    'Verify',
    'GenerateMac',
    'VerifyMac',
    'DeriveSharedSecret',
    'Encapsulate',
    'Decapsulate',
  ],
  read: [
    'DescribeKey',
    'GetPublicKey',
    'GetKeyPolicy',
    'GetKeyRotationStatus',
    'GetKeyLastUsage',
    'ListKeyPolicies',
    'ListKeyRotations',
    'ListResourceTags',
  ],
  grant: ['CreateGrant', 'RetireGrant', 'RevokeGrant', 'ListGrants'],
  permission: ['PutKeyPolicy'],
  destructive: [
    'ScheduleKeyDeletion',
    'DisableKey',
    'DisableKeyRotation',
    'ImportKeyMaterial',
    'DeleteImportedKeyMaterial',
    'UpdateAlias',
  ],
  admin: [
    'CancelKeyDeletion',
    'CreateAlias',
    'DeleteAlias',
    'EnableKey',
    'EnableKeyRotation',
    'GetParametersForImport',
    'ReplicateKey',
    'RotateKeyOnDemand',
    'SynchronizeMultiRegionKey',
    'TagResource',
    'UntagResource',
    'UpdateKeyDescription',
    'UpdatePrimaryRegion',
  ],
  account: [
    'CreateKey',
    'ListKeys',
    'ListAliases',
    'ListRetirableGrants',
    'GenerateRandom',
    'CreateCustomKeyStore',
    'UpdateCustomKeyStore',
    'DeleteCustomKeyStore',
    'ConnectCustomKeyStore',
    'DisconnectCustomKeyStore',
    'DescribeCustomKeyStores',
  ],
};

/** Name of each action, with the prefix and as AWS spells it, e.g. `kms:Decrypt` -> what it gives. */
export const KMS_ACTIONS: ReadonlyMap<string, AccessClass> = new Map(
  (Object.keys(BY_CLASS) as AccessClass[]).flatMap((access) =>
    BY_CLASS[access].map((name) => [`kms:${name}`, access] as const),
  ),
);

/**
 * Actions that KMS allows across accounts, so that a resource `*` in an IAM policy reaches the keys of other accounts too.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 */
export const CROSS_ACCOUNT_ACTIONS: ReadonlySet<string> = new Set(
  [...BY_CLASS.use, ...BY_CLASS.grant, 'DescribeKey', 'GetKeyRotationStatus', 'GetPublicKey'].map(
    (name) => `kms:${name}`,
  ),
);

/** The actions of a set that give one of the kinds of access, in the order of the list. */
export const pickActions = (actions: ReadonlySet<string>, ...kinds: readonly AccessClass[]): readonly string[] =>
  [...KMS_ACTIONS].filter(([name, access]) => actions.has(name) && kinds.includes(access)).map(([name]) => name);
