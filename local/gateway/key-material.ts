import { createHash } from 'node:crypto';
import type { Json } from './call.ts';

/** A rotation that is done. */
export type Rotation = {
  /** Milliseconds since 1970. */
  at: number;
  type: 'AUTOMATIC' | 'ON_DEMAND';
  /** The material that the key has had since. */
  materialId: string;
};

/**
 * The id of a key's material: 64 hexadecimal digits, the same whenever it is asked for. moto knows no key material.
 *
 * @param keyId bare key id; the keys of a multi-Region set share it, and their material
 * @param generation 0 for the first material, then the number of the rotation
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_RotationsListEntry.html
 */
export function nameMaterial(keyId: string, generation: number): string {
  return createHash('sha256').update(`${keyId}/${generation}`).digest('hex');
}

/** The id of the material that a key has now. */
export function currentMaterial(keyId: string, rotations: readonly Rotation[]): string {
  return rotations.at(-1)?.materialId ?? nameMaterial(keyId, 0);
}

/** Adds a rotation to those of a key, which stay in the order of their dates. */
export function addRotation(keyId: string, rotations: Rotation[], rotation: Omit<Rotation, 'materialId'>): void {
  rotations.push({ ...rotation, materialId: nameMaterial(keyId, rotations.length + 1) });
  rotations.sort((one, other) => one.at - other.at);
}

/**
 * Whether a key has material that can rotate: symmetric encryption keys whose material is in KMS.
 *
 * @param metadata `KeyMetadata` of DescribeKey
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 */
export function canRotate({ KeySpec, Origin }: Json): boolean {
  return KeySpec === 'SYMMETRIC_DEFAULT' && (Origin === 'AWS_KMS' || Origin === 'EXTERNAL');
}
