/** Names of the objects in the evidence bucket; nobody else spells them. */

export const CHECKPOINTS_FOLDER = 'checkpoints/';
export const KEYS_FOLDER = 'keys/';

/** @param number of the checkpoint; twelve digits, so that the order of the names is that of the numbers */
export const checkpointName = (number: number): string =>
  `${CHECKPOINTS_FOLDER}${String(number).padStart(12, '0')}.json`;

/** @param fingerprint sha256 (hex) of the public key in DER (SubjectPublicKeyInfo) */
export const publicKeyName = (fingerprint: string): string => `${KEYS_FOLDER}${fingerprint}.pem`;

/** @param at ISO 8601 UTC; `2026-08-03T09:15:22.000Z` is `inventory/2026-08-03T091522Z.jsonl.gz` */
export const inventoryName = (at: string): string => `inventory/${at.slice(0, 19).replaceAll(':', '')}Z.jsonl.gz`;
