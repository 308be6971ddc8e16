import { generateKeyPair, type KeyPairKeyObjectResult } from 'node:crypto';
import { promisify } from 'node:util';
import { type Json, textAt } from './call.ts';
import type { Emulated, EmulatedContext } from './kms-emulated.ts';
import type { Key } from './kms-keys.ts';
import { askMotoJson } from './moto-client.ts';

const generatePair = promisify(generateKeyPair);

const GENERATORS: Readonly<Record<string, () => Promise<KeyPairKeyObjectResult>>> = {
  RSA_2048: () => generatePair('rsa', { modulusLength: 2048 }),
  RSA_3072: () => generatePair('rsa', { modulusLength: 3072 }),
  RSA_4096: () => generatePair('rsa', { modulusLength: 4096 }),
  ECC_NIST_P256: () => generatePair('ec', { namedCurve: 'P-256' }),
  ECC_NIST_P384: () => generatePair('ec', { namedCurve: 'P-384' }),
  ECC_NIST_P521: () => generatePair('ec', { namedCurve: 'P-521' }),
  ECC_SECG_P256K1: () => generatePair('ec', { namedCurve: 'secp256k1' }),
  ECC_NIST_EDWARDS25519: () => generatePair('ed25519', {}),
};

/**
 * Makes a data key pair whose private key is encrypted with a key.
 *
 * @param withPlaintext whether the answer also has the private key itself
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
 */
export async function generateDataKeyPair(
  input: Json,
  key: Key,
  { motoUrl }: EmulatedContext,
  withPlaintext: boolean,
): Promise<Emulated> {
  if (key.metadata.KeySpec !== 'SYMMETRIC_DEFAULT') {
    const message = `${key.arn} key usage is ${key.metadata.KeyUsage} which is not valid for GenerateDataKeyPair.`;
    return { refusal: { code: 'InvalidKeyUsageException', message } };
  }
  const spec = textAt(input, 'KeyPairSpec') ?? '';
  const generate = Object.hasOwn(GENERATORS, spec) ? GENERATORS[spec] : undefined;
  if (generate === undefined) {
    const message =
      `1 validation error detected: Value '${spec}' at 'keyPairSpec' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: [${Object.keys(GENERATORS).join(', ')}]`;
    return { refusal: { code: 'ValidationException', message } };
  }
  const { publicKey, privateKey } = await generate();
  const Plaintext = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const { EncryptionContext } = input;
  const encrypted = await askMotoJson(motoUrl, {
    service: 'kms',
    region: key.region,
    target: 'TrentService.Encrypt',
    input: { KeyId: key.id, Plaintext, ...(EncryptionContext === undefined ? {} : { EncryptionContext }) },
  });
  if (encrypted === undefined) throw new Error(`moto refuses to encrypt with ${key.arn}.`);
  return {
    body: {
      KeyId: key.arn,
      KeyPairSpec: spec,
      PrivateKeyCiphertextBlob: encrypted.CiphertextBlob,
      PublicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      ...(withPlaintext ? { PrivateKeyPlaintext: Plaintext } : {}),
    },
  };
}
