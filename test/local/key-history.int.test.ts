import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListKeyRotationsCommand,
  type ListKeyRotationsCommandInput,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

/** Later than the creation of every key, which moto dates by the wall clock. */
const NOW = new Date('2099-11-24T09:01:02Z');

let aws: LocalAws;
let kms: KMSClient;
let now = NOW;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => now });
  kms = new KMSClient(aws.access());
});
afterAll(() => aws?.stop());

async function createKey(input: CreateKeyCommandInput = {}) {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
  const { KeyId: id = '', Arn: arn = '', CreationDate: created, CurrentKeyMaterialId: material } = KeyMetadata ?? {};
  return { id, arn, created, material };
}

async function control(path: string, body: object): Promise<{ status: number; body: unknown }> {
  const url = `${aws.gateway.url}/_keywarden/${path}`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

describe('GetKeyLastUsage', () => {
  const ask = async (KeyId: string) => {
    const { $metadata, ...usage } = await kms.send(new GetKeyLastUsageCommand({ KeyId }));
    return usage;
  };

  test('is empty for a key that was never used, and tells when tracking began or the key was created', async () => {
    const { id, arn, created } = await createKey();
    const since = new Date('2020-01-01T00:00:00Z');
    expect(await ask(id)).toEqual({ KeyId: id, KeyCreationDate: created, TrackingStartDate: NOW, KeyLastUsage: {} });
    expect(await control('key-usage', { trackingSince: since })).toMatchObject({ status: 200 });
    expect(await ask(arn)).toMatchObject({ KeyCreationDate: created, TrackingStartDate: created });
  });

  test('tells the last use that went well, with the ids of its record', async () => {
    const { id } = await createKey();
    const Plaintext = Buffer.from('x');
    await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    const record = aws.gateway.records().at(-1);
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await expect(kms.send(new EncryptCommand({ KeyId: id, Plaintext }))).rejects.toThrow();
    expect((await ask(id)).KeyLastUsage).toEqual({
      Operation: 'Encrypt',
      Timestamp: NOW,
      CloudTrailEventId: record?.eventID,
      KmsRequestId: record?.requestID,
    });
  });

  test('counts a re-encryption for both keys', async () => {
    const [source, destination] = [await createKey(), await createKey()];
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: source.id, Plaintext: Buffer.from('x') }));
    await kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: destination.id }));
    for (const { id } of [source, destination]) {
      expect((await ask(id)).KeyLastUsage?.Operation).toBe('ReEncrypt');
    }
  });

  test('tells a use that was planted, of any age', async () => {
    const { id, arn } = await createKey();
    const at = '2019-03-04T05:06:07.000Z';
    expect(await control('key-dates', { key: arn, createdAt: '2018-01-01' })).toMatchObject({ status: 200 });
    expect(await control('key-usage', { key: arn, operation: 'Decrypt', at })).toMatchObject({ status: 200 });
    const { KeyLastUsage, TrackingStartDate, KeyCreationDate } = await ask(id);
    expect(KeyLastUsage).toMatchObject({ Operation: 'Decrypt', Timestamp: new Date(at) });
    expect(KeyLastUsage?.CloudTrailEventId).toMatch(/^[0-9a-f-]{36}$/);
    expect({ TrackingStartDate, KeyCreationDate }).toEqual({
      TrackingStartDate: new Date(at),
      KeyCreationDate: new Date('2018-01-01'),
    });
  });

  test('takes no alias', async () => {
    await expect(ask('alias/none')).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('ListKeyRotations', () => {
  const list = async (KeyId: string, input: Partial<ListKeyRotationsCommandInput> = {}) => {
    const { $metadata, ...listed } = await kms.send(new ListKeyRotationsCommand({ KeyId, ...input }));
    return listed;
  };

  test('has the rotations that KMS made by itself and those on demand, and the material of each', async () => {
    const { id, arn, material } = await createKey();
    expect(material).toMatch(/^[0-9a-f]{64}$/);
    expect(await list(id)).toEqual({ Rotations: [], Truncated: false });
    const record = await aws.gateway.emit({ name: 'RotateKey', key: arn });
    now = new Date('2099-11-25T09:00:00Z');
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const onDemand = aws.gateway.records().at(-1);
    const { currentKeyMaterialId: second } = record.serviceEventDetails ?? {};
    const { currentKeyMaterialId: third } = onDemand?.serviceEventDetails ?? {};
    expect(record.serviceEventDetails).toMatchObject({ rotationType: 'AUTOMATIC', previousKeyMaterialId: material });
    expect(onDemand?.serviceEventDetails).toMatchObject({ rotationType: 'ON_DEMAND', previousKeyMaterialId: second });
    const rotations = [
      {
        KeyId: arn,
        KeyMaterialId: second,
        KeyMaterialState: 'NON_CURRENT',
        RotationDate: NOW,
        RotationType: 'AUTOMATIC',
      },
      { KeyId: arn, KeyMaterialId: third, KeyMaterialState: 'CURRENT', RotationDate: now, RotationType: 'ON_DEMAND' },
    ];
    expect(await list(id)).toEqual({ Rotations: rotations, Truncated: false });
    expect(await list(arn, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).toEqual({
      Rotations: [{ KeyId: arn, KeyMaterialId: material, KeyMaterialState: 'NON_CURRENT' }, ...rotations],
      Truncated: false,
    });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.CurrentKeyMaterialId).toBe(third);
    now = NOW;
  });

  test('comes in pages', async () => {
    const { id } = await createKey();
    for (let count = 0; count < 3; count++) await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const first = await list(id, { Limit: 2 });
    expect(first).toMatchObject({ Truncated: true, NextMarker: expect.any(String) });
    const second = await list(id, { Limit: 2, Marker: first.NextMarker });
    expect(second.Truncated).toBe(false);
    const ids = [...(first.Rotations ?? []), ...(second.Rotations ?? [])].map((rotation) => rotation.KeyMaterialId);
    expect(new Set(ids).size).toBe(3);
    await expect(list(id, { Marker: 'other' })).rejects.toMatchObject({ name: 'InvalidMarkerException' });
    await expect(list(id, { Limit: 0 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('refuses keys that cannot rotate', async () => {
    const { id } = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    await expect(list(id)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });

  test('is shared by a primary key and its replicas', async () => {
    const { arn } = await createKey({ MultiRegion: true });
    await kms.send(new ReplicateKeyCommand({ KeyId: arn, ReplicaRegion: 'us-west-2' }));
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: arn }));
    const elsewhere = new KMSClient({ ...aws.access(), region: 'us-west-2' });
    const replica = arn.replace(REGION, 'us-west-2');
    const { Rotations } = await elsewhere.send(new ListKeyRotationsCommand({ KeyId: replica }));
    const [own] = (await list(arn)).Rotations ?? [];
    expect(Rotations).toEqual([{ ...own, KeyId: replica }]);
  });

  test('has rotations that were planted, in the order of their dates, from which the next one counts', async () => {
    const { id, arn } = await createKey();
    await control('key-dates', { key: id, region: REGION, createdAt: '2015-01-01T00:00:00Z' });
    now = new Date('2020-01-01T00:00:00Z');
    await kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 100 }));
    now = NOW;
    for (const rotatedAt of ['2022-02-03T00:00:00Z', '2021-02-03T00:00:00Z']) {
      expect(await control('key-dates', { key: arn, rotatedAt })).toEqual({
        status: 200,
        body: { rotatedAt: new Date(rotatedAt).toISOString() },
      });
    }
    const { Rotations = [] } = await list(id);
    expect(Rotations.map(({ RotationDate, RotationType }) => `${RotationType} ${RotationDate?.toISOString()}`)).toEqual(
      ['AUTOMATIC 2021-02-03T00:00:00.000Z', 'AUTOMATIC 2022-02-03T00:00:00.000Z'],
    );
    const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(status.NextRotationDate).toEqual(new Date('2022-05-14T00:00:00Z'));
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.CreationDate).toEqual(new Date('2015-01-01T00:00:00Z'));
  });
});

describe('a past that cannot be is refused, with the value', () => {
  test.each([
    ['key-usage', { key: 'x', operation: 'Decrypt', at: '2019-01-01' }, 'key is "x"; there is no such key'],
    ['key-usage', { operation: 'Decrypt', at: '2019-01-01' }, 'key is missing'],
    ['key-usage', { key: 'x', operation: 'DescribeKey', at: '2019-01-01' }, 'operation is "DescribeKey"'],
    ['key-usage', { key: 'x', operation: 'Decrypt' }, 'at is missing'],
    ['key-usage', { key: 'x', operation: 'Decrypt', at: 'yesterday' }, 'at is "yesterday"'],
    ['key-usage', { key: 'x', operation: 'Decrypt', at: '2199-01-01' }, 'at is 2199-01-01T00:00:00.000Z'],
    ['key-usage', { trackingSince: '2199-01-01' }, 'trackingSince is 2199-01-01T00:00:00.000Z'],
    ['key-usage', { trackingSince: '2019-01-01', key: 'x' }, 'no field "key"'],
    ['key-dates', { key: 'x' }, 'createdAt is missing'],
    ['key-dates', { key: 'x', createdAt: 5 }, 'createdAt is 5'],
    ['key-dates', { key: 'x', rotatedAt: '2019-13-01' }, 'rotatedAt is "2019-13-01"'],
    ['key-dates', { key: 'x', createdAt: '2019-01-01', rotateAt: '2019-01-01' }, 'no field "rotateAt"'],
  ])('%s %j', async (path, body, error) => {
    expect(await control(path, body)).toEqual({ status: 400, body: { error: expect.stringContaining(error) } });
  });

  test('and changes nothing', async () => {
    const { arn, created } = await createKey();
    expect(await control('key-dates', { key: arn, createdAt: '2199-01-01' })).toMatchObject({ status: 400 });
    const half = { createdAt: '2018-01-01', rotatedAt: '2199-01-01' };
    expect(await control('key-dates', { key: arn, ...half })).toMatchObject({ status: 400 });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
    expect(KeyMetadata?.CreationDate).toEqual(created);
    expect((await kms.send(new ListKeyRotationsCommand({ KeyId: arn }))).Rotations).toEqual([]);
  });
});
