import { constants, createHash, generateKeyPair, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Refusal } from './answer.ts';
import { type Json, textAt } from './call.ts';
import { nameMaterial } from './key-material.ts';
import type { Emulated, EmulatedContext } from './kms-emulated.ts';
import type { Key } from './kms-keys.ts';

const generatePair = promisify(generateKeyPair);

const DAY = 86_400_000;

/** What GetParametersForImport gave out last for a key, which ImportKeyMaterial must come with. */
export type ImportParameters = {
  /** Base64. */
  token: string;
  /** Milliseconds since 1970. */
  validTo: number;
  privateKey: KeyObject;
  /** Hash of RSAES-OAEP; absent for the algorithms that this gateway cannot unwrap. */
  oaepHash?: string;
};

/** When imported material expires, as DescribeKey tells it. */
export type Expiration = { ExpirationModel: string; ValidTo?: number };

const MODULUS: Readonly<Record<string, number>> = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 };
const OAEP_HASH: Readonly<Record<string, string>> = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html */
export async function getImportParameters(input: Json, key: Key, { keys, now }: EmulatedContext): Promise<Emulated> {
  const modulusLength = MODULUS[String(input.WrappingKeySpec)];
  if (modulusLength === undefined) return refuse('wrappingKeySpec', input.WrappingKeySpec, Object.keys(MODULUS));
  const { privateKey, publicKey } = await generatePair('rsa', { modulusLength });
  const oaepHash = OAEP_HASH[String(input.WrappingAlgorithm)];
  const token = randomBytes(256).toString('base64');
  const validTo = now.getTime() + DAY;
  keys.memoryOf(key.arn).importParameters = {
    token,
    validTo,
    privateKey,
    ...(oaepHash === undefined ? {} : { oaepHash }),
  };
  const PublicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return { body: { KeyId: key.arn, ImportToken: token, PublicKey, ParametersValidTo: validTo / 1000 } };
}

/**
 * Takes material if it comes with the token that was given out last and, for RSAES-OAEP, if it can be unwrapped and is the
 * one the key had before. The key then works with material of moto's own.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 */
export function importMaterial(input: Json, key: Key, { keys, now }: EmulatedContext): Emulated {
  const memory = keys.memoryOf(key.arn);
  const parameters = memory.importParameters;
  const refusal = refuseToken(input, parameters, now) ?? refuseExpiration(input, now);
  if (refusal !== undefined || parameters === undefined) return { refusal: refusal ?? WRONG_TOKEN };
  if (parameters.oaepHash !== undefined) {
    const material = unwrap(textAt(input, 'EncryptedKeyMaterial') ?? '', parameters);
    if (material === undefined) return { refusal: WRONG_CIPHERTEXT };
    if (memory.importedHash !== undefined && memory.importedHash !== material) return { refusal: OTHER_MATERIAL };
    memory.importedHash = material;
  }
  memory.pendingImport = false;
  const { ExpirationModel = 'KEY_MATERIAL_EXPIRES', ValidTo } = input;
  memory.expiration = {
    ExpirationModel: String(ExpirationModel),
    ...(typeof ValidTo === 'number' ? { ValidTo } : {}),
  };
  return { body: { KeyId: key.arn, KeyMaterialId: nameMaterial(key.id, 0) } };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html */
export function deleteMaterial(_input: Json, key: Key, { keys }: EmulatedContext): Emulated {
  const memory = keys.memoryOf(key.arn);
  memory.pendingImport = true;
  delete memory.expiration;
  return { body: { KeyId: key.arn, KeyMaterialId: nameMaterial(key.id, 0) } };
}

const WRONG_TOKEN: Refusal = {
  code: 'InvalidImportTokenException',
  message: 'The import token is not the one that GetParametersForImport gave out last for this key.',
};
const WRONG_CIPHERTEXT: Refusal = {
  code: 'InvalidCiphertextException',
  message: 'The key material could not be decrypted with the wrapping key.',
};
const OTHER_MATERIAL: Refusal = {
  code: 'IncorrectKeyMaterialException',
  message: 'The key material is not the material that was imported into this key before.',
};

function refuseToken(input: Json, parameters: ImportParameters | undefined, now: Date): Refusal | undefined {
  if (parameters === undefined || parameters.token !== input.ImportToken) return WRONG_TOKEN;
  if (parameters.validTo >= now.getTime()) return undefined;
  return { code: 'ExpiredImportTokenException', message: 'The import token expired.' };
}

function refuseExpiration({ ExpirationModel, ValidTo }: Json, now: Date): Refusal | undefined {
  const expires = ExpirationModel !== 'KEY_MATERIAL_DOES_NOT_EXPIRE';
  const invalid = (message: string): Refusal => ({ code: 'ValidationException', message });
  if (!expires)
    return ValidTo === undefined ? undefined : invalid('ValidTo must be left out if material does not expire.');
  if (typeof ValidTo !== 'number') return invalid('ValidTo must be set if key material expires.');
  return ValidTo * 1000 > now.getTime() ? undefined : invalid('ValidTo must be in the future.');
}

/** A hash of the material; `undefined` if it cannot be unwrapped. */
function unwrap(base64: string, { privateKey, oaepHash }: ImportParameters): string | undefined {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const options = { key: privateKey, padding, ...(oaepHash === undefined ? {} : { oaepHash }) };
  try {
    const material = privateDecrypt(options, Buffer.from(base64, 'base64'));
    return createHash('sha256').update(material).digest('hex');
  } catch {
    return undefined;
  }
}

function refuse(name: string, value: unknown, allowed: readonly string[]): Emulated {
  const message =
    `1 validation error detected: Value '${value ?? null}' at '${name}' failed to satisfy constraint: ` +
    `Member must satisfy enum value set: [${allowed.join(', ')}]`;
  return { refusal: { code: 'ValidationException', message } };
}
