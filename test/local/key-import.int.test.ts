import { constants, createPrivateKey, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeleteCustomKeyStoreCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EncryptCommand,
  ExpirationModelType,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GetParametersForImportCommand,
  type GetParametersForImportCommandOutput,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  KMSClient,
  ListKeyRotationsCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { type LocalAws, startLocalAws } from './start-local-aws.ts';

const NOW = new Date('2026-11-24T09:01:02Z');

let aws: LocalAws;
let kms: KMSClient;
let now = NOW;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => now });
  kms = new KMSClient(aws.access());
});
afterAll(() => aws?.stop());
beforeEach(() => {
  now = NOW;
});

async function createKey(input: CreateKeyCommandInput = {}): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

function lastRecord(): CloudTrailRecord | undefined {
  return aws.gateway.records().at(-1);
}

describe('key material of the customer', () => {
  const parametersFor = (KeyId: string) =>
    kms.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: 'RSA_2048',
      }),
    );

  function wrap(material: Buffer, { PublicKey = new Uint8Array() }: GetParametersForImportCommandOutput): Uint8Array {
    const key = createPublicKey({ key: Buffer.from(PublicKey), type: 'spki', format: 'der' });
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material);
  }

  async function importInto(id: string, material: Buffer, input: Partial<ImportKeyMaterialCommandInput> = {}) {
    const parameters = await parametersFor(id);
    return kms.send(
      new ImportKeyMaterialCommand({
        KeyId: id,
        ImportToken: parameters.ImportToken,
        EncryptedKeyMaterial: wrap(material, parameters),
        ExpirationModel: ExpirationModelType.KEY_MATERIAL_DOES_NOT_EXPIRE,
        ...input,
      }),
    );
  }

  async function describeKey(id: string) {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    const { KeyState, ExpirationModel, ValidTo, CurrentKeyMaterialId } = KeyMetadata ?? {};
    return { KeyState, ExpirationModel, ValidTo, CurrentKeyMaterialId };
  }

  const nothing = { ExpirationModel: undefined, ValidTo: undefined, CurrentKeyMaterialId: undefined };

  test('makes a key usable, and its deletion makes it unusable at once, until it is imported again', async () => {
    const { id, arn } = await createKey({ Origin: 'EXTERNAL' });
    expect(await describeKey(id)).toEqual({ KeyState: 'PendingImport', ...nothing });
    const material = randomBytes(32);
    const ValidTo = new Date('2027-01-01T00:00:00Z');
    const imported = await importInto(id, material, { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo });
    expect(imported).toMatchObject({ KeyId: arn, KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const { KeyMaterialId } = imported;
    expect(await describeKey(id)).toEqual({
      KeyState: 'Enabled',
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo,
      CurrentKeyMaterialId: KeyMaterialId,
    });
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    const all = { KeyId: id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' as const };
    expect((await kms.send(new ListKeyRotationsCommand(all))).Rotations).toEqual([
      {
        KeyId: arn,
        KeyMaterialId,
        KeyMaterialState: 'CURRENT',
        ImportState: 'IMPORTED',
        ExpirationModel: 'KEY_MATERIAL_EXPIRES',
        ValidTo,
      },
    ]);
    expect(await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }))).toMatchObject({
      KeyId: arn,
      KeyMaterialId,
    });
    expect(await describeKey(id)).toEqual({ KeyState: 'PendingImport', ...nothing });
    await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).rejects.toThrow(`${arn} is pending import.`);
    await importInto(id, material);
    expect(await describeKey(id)).toMatchObject({
      KeyState: 'Enabled',
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    });
    expect((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(
      new Uint8Array(Buffer.from('x')),
    );
    await aws.gateway.emit({ name: 'DeleteExpiredKeyMaterial', key: arn });
    expect(await describeKey(id)).toEqual({ KeyState: 'PendingImport', ...nothing });
    expect(lastRecord()?.serviceEventDetails).toEqual({ keyId: id, keyMaterialId: KeyMaterialId });
  });

  test('is recorded without the material and the token', async () => {
    const { id, arn } = await createKey({ Origin: 'EXTERNAL' });
    await parametersFor(id);
    expect(lastRecord()).toMatchObject({
      eventName: 'GetParametersForImport',
      readOnly: true,
      requestParameters: { keyId: id, wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' },
      responseElements: null,
      resources: [{ ARN: arn }],
    });
    const ValidTo = new Date('2027-01-01T00:00:00Z');
    const { KeyMaterialId } = await importInto(id, randomBytes(32), {
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo,
    });
    const { eventName, readOnly, requestParameters, responseElements } = lastRecord() ?? {};
    expect({ eventName, readOnly, requestParameters, responseElements }).toEqual({
      eventName: 'ImportKeyMaterial',
      readOnly: false,
      requestParameters: {
        keyId: id,
        expirationModel: 'KEY_MATERIAL_EXPIRES',
        validTo: 'Jan 1, 2027, 12:00:00 AM',
      },
      responseElements: { keyId: arn, keyMaterialId: KeyMaterialId },
    });
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    expect(lastRecord()).toMatchObject({
      eventName: 'DeleteImportedKeyMaterial',
      responseElements: { keyId: arn, keyMaterialId: KeyMaterialId },
    });
  });

  test('is refused with a wrong or old token, other material, a wrong date, and for other keys', async () => {
    const { id } = await createKey({ Origin: 'EXTERNAL' });
    const material = randomBytes(32);
    const old = (await parametersFor(id)).ImportToken;
    const refused = async (name: string, input: Partial<ImportKeyMaterialCommandInput>, bytes = material) =>
      expect(importInto(id, bytes, input)).rejects.toMatchObject({ name });
    await refused('InvalidImportTokenException', { ImportToken: old });
    await refused('InvalidCiphertextException', { EncryptedKeyMaterial: randomBytes(256) });
    await refused('ValidationException', { ExpirationModel: 'KEY_MATERIAL_EXPIRES' });
    await refused('ValidationException', { ValidTo: new Date('2027-01-01') });
    await refused('ValidationException', { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date('2026-01-01') });
    expect(await describeKey(id)).toEqual({ KeyState: 'PendingImport', ...nothing });
    const parameters = await parametersFor(id);
    now = new Date('2026-11-26T00:00:00Z');
    const late = new ImportKeyMaterialCommand({
      KeyId: id,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: wrap(material, parameters),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    });
    await expect(kms.send(late)).rejects.toMatchObject({ name: 'ExpiredImportTokenException' });
    await importInto(id, material);
    await refused('IncorrectKeyMaterialException', {}, randomBytes(32));
    const own = await createKey();
    await expect(parametersFor(own.id)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    const removal = new DeleteImportedKeyMaterialCommand({ KeyId: own.id });
    await expect(kms.send(removal)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });
});

describe('a data key pair', () => {
  test.each(['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const)(
    'of the spec %s has a private key that can be decrypted with the key',
    async (KeyPairSpec) => {
      const { id, arn } = await createKey();
      const EncryptionContext = { Department: 'IT' };
      const request = { KeyId: id, KeyPairSpec, EncryptionContext };
      const pair = await kms.send(new GenerateDataKeyPairCommand(request));
      const record = lastRecord();
      expect(pair).toMatchObject({ KeyId: arn, KeyPairSpec });
      const { PrivateKeyCiphertextBlob: CiphertextBlob } = pair;
      const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      expect(Plaintext).toEqual(pair.PrivateKeyPlaintext);
      const own = createPublicKey({ key: Buffer.from(pair.PublicKey ?? []), type: 'spki', format: 'der' });
      const secret = createPrivateKey({ key: Buffer.from(Plaintext ?? []), type: 'pkcs8', format: 'der' });
      const ofPrivate = createPublicKey(secret);
      expect(own.equals(ofPrivate)).toBe(true);
      expect(record).toMatchObject({
        eventName: 'GenerateDataKeyPair',
        readOnly: true,
        requestParameters: { keyId: id, keyPairSpec: KeyPairSpec, encryptionContext: EncryptionContext },
        responseElements: null,
        resources: [{ ARN: arn }],
      });
    },
  );

  test('comes without the private key if it is asked for so, and only from keys that encrypt', async () => {
    const { id } = await createKey();
    const KeyPairSpec = 'ECC_NIST_P256';
    const pair = await kms.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: id, KeyPairSpec }));
    expect(pair).not.toHaveProperty('PrivateKeyPlaintext');
    expect(pair.PrivateKeyCiphertextBlob?.length).toBeGreaterThan(0);
    expect(lastRecord()?.eventName).toBe('GenerateDataKeyPairWithoutPlaintext');
    const signer = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const refused = [
      [signer.id, KeyPairSpec, 'InvalidKeyUsageException'],
      [id, 'DSA' as typeof KeyPairSpec, 'ValidationException'],
    ] as const;
    for (const [KeyId, spec, name] of refused) {
      const request = new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: spec });
      await expect(kms.send(request)).rejects.toMatchObject({ name });
    }
  });
});

describe('a custom key store', () => {
  const list = async () => (await kms.send(new DescribeCustomKeyStoresCommand({}))).CustomKeyStores;

  test('is created, connected, disconnected and deleted, and each is recorded', async () => {
    const create = {
      CustomKeyStoreName: 'vault',
      CloudHsmClusterId: 'cluster-1a23b4cdefg',
      KeyStorePassword: 'kmsPswd',
      TrustAnchorCertificate: 'certificate',
    };
    const { CustomKeyStoreId = '' } = await kms.send(new CreateCustomKeyStoreCommand(create));
    expect(CustomKeyStoreId).toMatch(/^cks-[0-9a-f]{17}$/);
    expect(lastRecord()).toMatchObject({
      eventName: 'CreateCustomKeyStore',
      requestParameters: { customKeyStoreName: 'vault', clusterId: 'cluster-1a23b4cdefg' },
      responseElements: { customKeyStoreId: CustomKeyStoreId },
    });
    expect(JSON.stringify(lastRecord())).not.toContain('kmsPswd');
    const described = {
      CustomKeyStoreId,
      CustomKeyStoreName: 'vault',
      CustomKeyStoreType: 'AWS_CLOUDHSM',
      CloudHsmClusterId: 'cluster-1a23b4cdefg',
      CreationDate: NOW,
    };
    expect(await list()).toEqual([{ ...described, ConnectionState: 'DISCONNECTED' }]);
    await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    expect(lastRecord()).toMatchObject({
      eventName: 'ConnectCustomKeyStore',
      requestParameters: { customKeyStoreId: CustomKeyStoreId },
      responseElements: null,
      additionalEventData: { customKeyStoreName: 'vault', clusterId: 'cluster-1a23b4cdefg' },
    });
    expect(lastRecord()).not.toHaveProperty('resources');
    expect(await list()).toEqual([{ ...described, ConnectionState: 'CONNECTED' }]);
    const refusal = { name: 'CustomKeyStoreInvalidStateException' };
    await expect(kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }))).rejects.toMatchObject(refusal);
    await kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    await kms.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, NewCustomKeyStoreName: 'safe' }));
    expect(await list()).toEqual([{ ...described, CustomKeyStoreName: 'safe', ConnectionState: 'DISCONNECTED' }]);
    await kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }));
    expect(lastRecord()).toMatchObject({
      eventName: 'DeleteCustomKeyStore',
      additionalEventData: { customKeyStoreName: 'safe' },
    });
    expect(await list()).toEqual([]);
  });

  test('that does not exist is not found', async () => {
    const CustomKeyStoreId = 'cks-00000000000000000';
    const refusal = { name: 'CustomKeyStoreNotFoundException' };
    await expect(kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }))).rejects.toMatchObject(refusal);
    expect(lastRecord()).toMatchObject({ eventName: 'ConnectCustomKeyStore', errorCode: refusal.name });
    await expect(kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }))).rejects.toMatchObject(refusal);
  });
});
