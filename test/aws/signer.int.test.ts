import { verify } from 'node:crypto';
import { CreateKeyCommand, DisableKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKmsClient } from '../../lib/aws/clients.ts';
import { createSigner } from '../../lib/aws/signer.ts';
import { readPublicKey } from '../../lib/ledger/checkpoint.ts';
import { startLocalAws } from '../local/start-local-aws.ts';

let aws: Awaited<ReturnType<typeof startLocalAws>>;
let kms: KMSClient;
beforeAll(async () => {
  aws = await startLocalAws();
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  kms = createKmsClient({ region: 'eu-west-1', endpoint: aws.gateway.url });
});
afterAll(() => aws.stop());

async function createSigningKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY' }));
  return KeyMetadata?.Arn ?? '';
}

describe('the signer', () => {
  test('signs a text of any length so that the public key alone verifies it', async () => {
    const signer = createSigner(kms, await createSigningKey());
    const { pem, fingerprint } = await signer.publicKey();
    const read = readPublicKey(pem);
    expect(read.fingerprint).toBe(fingerprint);
    for (const text of ['short', `ü${'long '.repeat(100_000)}`]) {
      const signature = Buffer.from(await signer.sign(text), 'base64');
      expect(verify('sha384', Buffer.from(text), read.key, signature)).toBe(true);
      expect(verify('sha384', Buffer.from(`${text}.`), read.key, signature)).toBe(false);
    }
  });

  test('throws what KMS throws when the key cannot sign', async () => {
    const keyArn = await createSigningKey();
    await kms.send(new DisableKeyCommand({ KeyId: keyArn }));
    await expect(createSigner(kms, keyArn).sign('text')).rejects.toMatchObject({ name: 'DisabledException' });
    const gone = createSigner(kms, keyArn.replace(/.{4}$/, '0000'));
    await expect(gone.publicKey()).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});
