import { IAM_OPERATIONS, IAM_SOURCE } from './iam-operations.ts';
import type { Operation } from './operation.ts';
import { OWN_CATALOGUES } from './own-operations.ts';
import { TRAIL_OPERATIONS, TRAIL_SOURCE } from './trail-operations.ts';

export type { Operation };

/** The event source of KMS records, and of the events that KMS sends itself. */
export const KMS_SOURCE = 'kms.amazonaws.com';

interface OperationGroup extends Operation {
  readonly names: readonly string[];
}

/**
 * Every KMS operation and service event that CloudTrail records, by what it does to a key.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 */
const GROUPS: readonly OperationGroup[] = [
  // 4.1.1 is about new keys. A replica is a key of its own: policy, grants, state and deletion are not shared.
  { kind: 'lifecycle', step: '4.1.1', names: ['CreateKey', 'ReplicateKey'] },
  // 4.2.1 is about permission to use a key; a grant is one, and both ways to end it belong to it.
  { kind: 'lifecycle', step: '4.2.1', names: ['CreateGrant', 'RevokeGrant', 'RetireGrant'] },
  // 4.3.1 is about where key material lives: key stores hold it, imports bring it from outside, and KMS itself carries
  // it to the replicas of a multi-Region key.
  {
    kind: 'lifecycle',
    step: '4.3.1',
    names: [
      'CreateCustomKeyStore',
      'UpdateCustomKeyStore',
      'ConnectCustomKeyStore',
      'DisconnectCustomKeyStore',
      'DeleteCustomKeyStore',
      'ImportKeyMaterial',
      'SynchronizeMultiRegionKey',
    ],
  },
  // 4.3.2 is about administration. A key policy decides who administers the key, so it counts here and not as 4.2.1;
  // aliases, tags and descriptions steer who reaches which key (kms:ResourceAliases, aws:ResourceTag conditions).
  {
    kind: 'lifecycle',
    step: '4.3.2',
    names: [
      'PutKeyPolicy',
      'EnableKey',
      'DisableKey',
      'UpdatePrimaryRegion',
      'UpdateKeyDescription',
      'CreateAlias',
      'UpdateAlias',
      'DeleteAlias',
      'TagResource',
      'UntagResource',
    ],
  },
  // 4.4.1 is the configuration of automatic rotation, 4.4.2 the rotation itself, whoever started it. RotateKey is the
  // service event that says a rotation is complete.
  { kind: 'lifecycle', step: '4.4.1', names: ['EnableKeyRotation', 'DisableKeyRotation'] },
  { kind: 'lifecycle', step: '4.4.2', names: ['RotateKeyOnDemand', 'RotateKey'] },
  // 4.5.1 is the order to destroy and its recall. Deleting imported material makes the key useless at once.
  {
    kind: 'lifecycle',
    step: '4.5.1',
    names: ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteImportedKeyMaterial'],
  },
  // 4.5.3 is the record that KMS has destroyed a key, or material whose time had run out.
  { kind: 'lifecycle', step: '4.5.3', names: ['DeleteKey', 'DeleteExpiredKeyMaterial'] },
  // 4.2.3 is the logging of use: every cryptographic operation.
  {
    kind: 'use',
    step: '4.2.3',
    names: [
      'Encrypt',
      'Decrypt',
      'ReEncrypt',
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
      'GenerateRandom',
    ],
  },
  // Reading is access to the key management service itself, which 4.3.2 limits.
  {
    kind: 'read',
    step: '4.3.2',
    names: [
      'DescribeKey',
      'GetPublicKey',
      'GetKeyPolicy',
      'GetKeyRotationStatus',
      'GetKeyLastUsage',
      'ListGrants',
      'ListKeyRotations',
      'ListResourceTags',
      'ListKeyPolicies',
      'ListKeys',
      'ListAliases',
      'ListRetirableGrants',
      'DescribeCustomKeyStores',
    ],
  },
  // CloudTrail calls it read-only: it fetches the wrapping key and token of an import and changes nothing.
  { kind: 'read', step: '4.3.1', names: ['GetParametersForImport'] },
];

/** The catalogue of KMS: name of the operation or service event as in `eventName` -> what it is. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  GROUPS.flatMap(({ kind, step, names }) => names.map((name) => [name, { kind, step }] as const)),
);

/** The cryptographic operations that use a key; GenerateRandom uses none. */
export const KEY_USES: readonly string[] = [...OPERATIONS]
  .filter(([name, { kind }]) => kind === 'use' && name !== 'GenerateRandom')
  .map(([name]) => name);

/** What an operation of another service, or one that its service gained after this version, counts as. */
export const UNRECOGNISED: Operation = { kind: 'unrecognised', step: 'unrecognised' };

const CATALOGUES: ReadonlyMap<string, ReadonlyMap<string, Operation>> = new Map([
  [KMS_SOURCE, OPERATIONS],
  [IAM_SOURCE, IAM_OPERATIONS],
  [TRAIL_SOURCE, TRAIL_OPERATIONS],
  ...OWN_CATALOGUES,
]);

/**
 * Looks an operation up in the catalogue of its service: services use the same names (License Manager has a CreateGrant).
 *
 * @param name `eventName` of a record
 * @param eventSource of the record; KMS when left out, as for the events that KMS sends itself
 */
export const findOperation = (name: string, eventSource: string = KMS_SOURCE): Operation =>
  CATALOGUES.get(eventSource)?.get(name) ?? UNRECOGNISED;
