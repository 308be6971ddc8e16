import { isJson, type Json, textAt } from './call.ts';
import { canRotate, currentMaterial, type Rotation } from './key-material.ts';
import type { KeyMemory } from './kms-keys.ts';

/** Algorithm lists by the key usage that has them. Those that do not belong to the usage are not answered. */
const LIST_OF_USAGE: Readonly<Record<string, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
};

/**
 * Makes moto's `KeyMetadata` what KMS answers: the algorithm list of the key's usage and no other, the right
 * multi-Region role (moto's primary and replicas share one), PendingImport until material is imported, the id of the
 * material, and no nulls.
 *
 * @param rotations of the key, oldest first
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
 */
export function completeMetadata(metadata: Json, memory: KeyMemory, rotations: readonly Rotation[]): Json {
  const lists = new Set(Object.values(LIST_OF_USAGE));
  const plain = Object.entries(metadata).filter(([name, value]) => value !== null && !lists.has(name));
  const multiRegion = metadata.MultiRegion === true;
  return {
    ...Object.fromEntries(plain),
    ...listAlgorithms(metadata),
    ...(memory.createdAt === undefined ? {} : { CreationDate: memory.createdAt / 1000 }),
    ...(canRotate(metadata) && memory.pendingImport !== true
      ? { CurrentKeyMaterialId: currentMaterial(textAt(metadata, 'KeyId') ?? '', rotations) }
      : {}),
    ...(memory.pendingImport === true ? {} : memory.expiration),
    MultiRegion: multiRegion,
    ...(multiRegion ? { MultiRegionConfiguration: tellRole(metadata) } : {}),
    ...(memory.pendingImport === true && metadata.KeyState !== 'PendingDeletion'
      ? { KeyState: 'PendingImport', Enabled: false }
      : {}),
  };
}

function listAlgorithms(metadata: Json): Json {
  const list = LIST_OF_USAGE[textAt(metadata, 'KeyUsage') ?? ''];
  const spec = textAt(metadata, 'KeySpec') ?? '';
  if (list === undefined) return {};
  if (list === 'MacAlgorithms') return { MacAlgorithms: [spec.replace('HMAC_', 'HMAC_SHA_')] };
  if (list === 'KeyAgreementAlgorithms') return { KeyAgreementAlgorithms: ['ECDH'] };
  return metadata[list] === null ? {} : { [list]: metadata[list] };
}

function tellRole(metadata: Json): Json {
  const configuration = isJson(metadata.MultiRegionConfiguration) ? metadata.MultiRegionConfiguration : {};
  const primary = isJson(configuration.PrimaryKey) ? configuration.PrimaryKey.Arn : undefined;
  return { ...configuration, MultiRegionKeyType: primary === metadata.Arn ? 'PRIMARY' : 'REPLICA' };
}
