import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';

/** Who can verify what was signed, with what. */
export interface PublicKey {
  /** SubjectPublicKeyInfo in PEM. */
  readonly pem: string;
  /** sha256 (hex) of the public key in DER (SubjectPublicKeyInfo). */
  readonly fingerprint: string;
  readonly keyArn: string;
}

/** Signs with a key that never leaves KMS. */
export interface Signer {
  publicKey(): Promise<PublicKey>;
  /** @returns base64 of the signature in DER: ECDSA over the SHA-384 digest of the text in UTF-8 */
  sign(text: string): Promise<string>;
}

/**
 * The digest is made here, because KMS takes at most 4,096 bytes of a message.
 *
 * @param keyArn an enabled ECC_NIST_P384 key for signing
 * @returns a signer that throws what KMS throws, and an Error when KMS answers without what was asked for
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export const createSigner = (kms: KMSClient, keyArn: string): Signer => ({
  async publicKey() {
    const { PublicKey: der } = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
    if (der === undefined) throw new Error(`KMS answered no public key for ${keyArn}.`);
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    const fingerprint = createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    return { pem: key.export({ type: 'spki', format: 'pem' }).toString(), fingerprint, keyArn };
  },

  async sign(text) {
    const { Signature } = await kms.send(
      new SignCommand({
        KeyId: keyArn,
        Message: createHash('sha384').update(text, 'utf8').digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_384',
      }),
    );
    if (Signature === undefined) throw new Error(`KMS answered no signature of ${keyArn}.`);
    return Buffer.from(Signature).toString('base64');
  },
});
