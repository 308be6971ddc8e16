import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const ACCOUNT = '111122223333';
const NOW = new Date('2026-11-24T09:00:00Z');
const APP = `arn:aws:iam::${ACCOUNT}:role/app`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

/** A key policy that lets somebody change it. */
const policyFor = (principal: string) =>
  JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:*', Resource: '*' }] });

let aws: LocalAws;
let kms: KMSClient;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => NOW });
  kms = new KMSClient(aws.access());
});
afterAll(() => aws?.stop());

type State = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';

async function createKey(input: CreateKeyCommandInput = {}): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

async function createKeyInState(state: State, input: CreateKeyCommandInput = {}): Promise<{ id: string; arn: string }> {
  const key = await createKey(state === 'PendingImport' ? { ...input, Origin: 'EXTERNAL' } : input);
  if (state === 'Disabled') await kms.send(new DisableKeyCommand({ KeyId: key.id }));
  if (state === 'PendingDeletion') await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.id }));
  return key;
}

async function readState(KeyId: string): Promise<string | undefined> {
  return (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
}

/** The calls of the key-state table, each on an existing key. */
const CALLS = {
  CreateAlias: (TargetKeyId: string) =>
    kms.send(new CreateAliasCommand({ AliasName: `alias/${TargetKeyId}`, TargetKeyId })),
  CreateGrant: (KeyId: string) =>
    kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal: APP, Operations: ['Decrypt'] })),
  DisableKey: (KeyId: string) => kms.send(new DisableKeyCommand({ KeyId })),
  DisableKeyRotation: (KeyId: string) => kms.send(new DisableKeyRotationCommand({ KeyId })),
  EnableKey: (KeyId: string) => kms.send(new EnableKeyCommand({ KeyId })),
  EnableKeyRotation: (KeyId: string) => kms.send(new EnableKeyRotationCommand({ KeyId })),
  Encrypt: (KeyId: string) => kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })),
  PutKeyPolicy: (KeyId: string) => kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policyFor(ROOT) })),
  RotateKeyOnDemand: (KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId })),
  ScheduleKeyDeletion: (KeyId: string) => kms.send(new ScheduleKeyDeletionCommand({ KeyId })),
  TagResource: (KeyId: string) => kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })),
  UntagResource: (KeyId: string) => kms.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] })),
  UpdateKeyDescription: (KeyId: string) => kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'x' })),
  CancelKeyDeletion: (KeyId: string) => kms.send(new CancelKeyDeletionCommand({ KeyId })),
};

const NOT_PENDING = ['KMSInvalidStateException', 'is not pending deletion.'] as const;
const DISABLED = ['DisabledException', 'is disabled.'] as const;
const PENDING = ['KMSInvalidStateException', 'is pending deletion.'] as const;
const NO_MATERIAL = ['KMSInvalidStateException', 'is pending import.'] as const;
const IMPORTED = [
  'UnsupportedOperationException',
  'origin is EXTERNAL which is not valid for this operation.',
] as const;
const permitted = undefined;

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const TABLE: Record<keyof typeof CALLS, Record<State, readonly [string, string] | undefined>> = {
  CreateAlias: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: permitted },
  CreateGrant: { Enabled: permitted, Disabled: DISABLED, PendingDeletion: PENDING, PendingImport: NO_MATERIAL },
  DisableKey: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: NO_MATERIAL },
  DisableKeyRotation: { Enabled: permitted, Disabled: DISABLED, PendingDeletion: PENDING, PendingImport: IMPORTED },
  EnableKey: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: NO_MATERIAL },
  EnableKeyRotation: { Enabled: permitted, Disabled: DISABLED, PendingDeletion: PENDING, PendingImport: IMPORTED },
  Encrypt: { Enabled: permitted, Disabled: DISABLED, PendingDeletion: PENDING, PendingImport: NO_MATERIAL },
  PutKeyPolicy: { Enabled: permitted, Disabled: permitted, PendingDeletion: permitted, PendingImport: permitted },
  RotateKeyOnDemand: { Enabled: permitted, Disabled: DISABLED, PendingDeletion: PENDING, PendingImport: NO_MATERIAL },
  ScheduleKeyDeletion: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: permitted },
  TagResource: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: permitted },
  UntagResource: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: permitted },
  UpdateKeyDescription: { Enabled: permitted, Disabled: permitted, PendingDeletion: PENDING, PendingImport: permitted },
  CancelKeyDeletion: {
    Enabled: NOT_PENDING,
    Disabled: NOT_PENDING,
    PendingDeletion: permitted,
    PendingImport: NOT_PENDING,
  },
};

describe.each(['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'] as const)(
  'a key in the state %s',
  (state) => {
    test.each(Object.keys(CALLS) as (keyof typeof CALLS)[])(
      'answers %s as the key-state table says',
      async (operation) => {
        const { arn } = await createKeyInState(state);
        const expected = TABLE[operation][state];
        const call = CALLS[operation](operation === 'CreateAlias' ? arn.slice(-36) : arn);
        if (expected === permitted) await expect(call).resolves.toBeDefined();
        else await expect(call).rejects.toMatchObject({ name: expected[0], message: `${arn} ${expected[1]}` });
      },
    );
  },
);

test('A refused call changes nothing', async () => {
  const { id } = await createKeyInState('PendingDeletion');
  await expect(kms.send(new EnableKeyCommand({ KeyId: id }))).rejects.toThrow();
  await expect(readState(id)).resolves.toBe('PendingDeletion');
});

test('A key that is pending deletion can lose a grant and an alias, and cannot decrypt or be replicated', async () => {
  const { id, arn } = await createKey({ MultiRegion: true });
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
  const grant = await kms.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: APP, Operations: ['Decrypt'] }));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/leaving', TargetKeyId: id }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
  const refusal = { name: 'KMSInvalidStateException', message: `${arn} is pending deletion.` };
  await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(refusal);
  await expect(kms.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'us-west-2' }))).rejects.toMatchObject(
    refusal,
  );
  await kms.send(new RevokeGrantCommand({ KeyId: id, GrantId: grant.GrantId }));
  const other = await createKey();
  await kms.send(new UpdateAliasCommand({ AliasName: 'alias/leaving', TargetKeyId: other.id }));
  const back = kms.send(new UpdateAliasCommand({ AliasName: 'alias/leaving', TargetKeyId: id }));
  await expect(back).rejects.toMatchObject(refusal);
});

test('Cancelling a deletion leaves the key disabled', async () => {
  const { id } = await createKeyInState('PendingDeletion');
  await kms.send(new CancelKeyDeletionCommand({ KeyId: id }));
  await expect(readState(id)).resolves.toBe('Disabled');
});

describe('automatic rotation', () => {
  test.each([89, 2561, 0, -1])('refuses a period of %i days', async (RotationPeriodInDays) => {
    const { id } = await createKey();
    const call = kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays }));
    await expect(call).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(`Value '${RotationPeriodInDays}' at 'rotationPeriodInDays'`),
    });
    const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(KeyRotationEnabled).toBe(false);
  });

  test.each([90, 2560])(
    'remembers a period of %i days and counts the next date from it',
    async (RotationPeriodInDays) => {
      const { id, arn } = await createKey();
      await kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays }));
      const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
      expect(status).toMatchObject({ KeyId: arn, KeyRotationEnabled: true, RotationPeriodInDays });
      expect(status.NextRotationDate?.getTime()).toBe(NOW.getTime() + RotationPeriodInDays * 86_400_000);
    },
  );

  test('takes 365 days unless told otherwise', async () => {
    const { id } = await createKey();
    await kms.send(new EnableKeyRotationCommand({ KeyId: id }));
    const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(status.RotationPeriodInDays).toBe(365);
  });

  test('is false while the key is pending deletion, and as before once that is cancelled', async () => {
    const { id } = await createKey();
    await kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 180 }));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    const pending = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(pending.KeyRotationEnabled).toBe(false);
    await kms.send(new CancelKeyDeletionCommand({ KeyId: id }));
    const cancelled = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(cancelled).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 180 });
  });

  test.each([
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
  ] as const)('is unsupported on a key of spec $KeySpec, and its status false', async (input) => {
    const { id } = await createKey(input);
    for (const command of [EnableKeyRotationCommand, DisableKeyRotationCommand, RotateKeyOnDemandCommand]) {
      const call = kms.send(new command({ KeyId: id }) as EnableKeyRotationCommand);
      await expect(call).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    }
    const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(KeyRotationEnabled).toBe(false);
  });

  test('is set on the primary of a multi-Region key only', async () => {
    const { id, arn } = await createKey({ MultiRegion: true });
    await kms.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'us-west-2' }));
    const there = new KMSClient({ ...aws.access(), region: 'us-west-2' });
    const call = there.send(new EnableKeyRotationCommand({ KeyId: id }));
    await expect(call).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    const replica = await there.send(new DescribeKeyCommand({ KeyId: id }));
    expect(replica.KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType).toBe('REPLICA');
    const primary = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
    expect(primary.KeyMetadata?.MultiRegionConfiguration).toMatchObject({
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: { Arn: arn, Region: REGION },
      ReplicaKeys: [{ Arn: arn.replace(REGION, 'us-west-2'), Region: 'us-west-2' }],
    });
  });

  test('on demand is possible 25 times', async () => {
    const { id } = await createKey();
    for (let times = 0; times < 25; times++) await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const call = kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    await expect(call).rejects.toMatchObject({ name: 'LimitExceededException' });
  });
});

describe('a deletion', () => {
  test.each([6, 31])('refuses a window of %i days', async (PendingWindowInDays) => {
    const { id } = await createKey();
    const call = kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays }));
    await expect(call).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(readState(id)).resolves.toBe('Enabled');
  });

  test('answers the key ARN, the state and the window', async () => {
    const { id, arn } = await createKey();
    const answer = await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(answer).toMatchObject({ KeyId: arn, KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    expect(answer.DeletionDate).toBeInstanceOf(Date);
  });
});

describe('grants', () => {
  test('list who issued them and when, with the key ARN, for the grantee asked for', async () => {
    const { id, arn } = await createKey();
    const grant = { KeyId: id, Operations: ['Decrypt' as const], RetiringPrincipal: APP };
    const { GrantId } = await kms.send(new CreateGrantCommand({ ...grant, GranteePrincipal: APP, Name: 'app' }));
    await kms.send(new CreateGrantCommand({ ...grant, GranteePrincipal: `${APP}-other` }));
    const mine = await kms.send(new ListGrantsCommand({ KeyId: id, GranteePrincipal: APP }));
    expect(mine.Grants).toEqual([
      {
        KeyId: arn,
        GrantId,
        Name: 'app',
        GranteePrincipal: APP,
        RetiringPrincipal: APP,
        Operations: ['Decrypt'],
        IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
        CreationDate: NOW,
      },
    ]);
    expect(GrantId).toMatch(/^[0-9a-f]{64}$/);
    const retirable = await kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: APP }));
    expect(retirable.Grants).toHaveLength(2);
  });

  test('are not touched by dry runs', async () => {
    const { id } = await createKey();
    const input = { KeyId: id, GranteePrincipal: APP, Operations: ['Decrypt' as const] };
    const { GrantId } = await kms.send(new CreateGrantCommand(input));
    const refusal = { name: 'DryRunOperationException' };
    await expect(kms.send(new CreateGrantCommand({ ...input, DryRun: true }))).rejects.toMatchObject(refusal);
    await expect(kms.send(new RevokeGrantCommand({ KeyId: id, GrantId, DryRun: true }))).rejects.toMatchObject(refusal);
    await expect(kms.send(new RetireGrantCommand({ KeyId: id, GrantId, DryRun: true }))).rejects.toMatchObject(refusal);
    const { Grants } = await kms.send(new ListGrantsCommand({ KeyId: id }));
    expect(Grants?.map((grant) => grant.GrantId)).toEqual([GrantId]);
  });

  test('that do not exist are not found, by id or by token', async () => {
    const { id } = await createKey();
    const GrantId = 'f'.repeat(64);
    const missing = { name: 'NotFoundException' };
    await expect(kms.send(new RevokeGrantCommand({ KeyId: id, GrantId }))).rejects.toMatchObject(missing);
    await expect(kms.send(new RetireGrantCommand({ KeyId: id, GrantId }))).rejects.toMatchObject(missing);
    const call = kms.send(new RetireGrantCommand({ GrantToken: 'no-such-token' }));
    await expect(call).rejects.toMatchObject({ name: 'InvalidGrantTokenException' });
  });

  test('of an operation that no grant has are refused', async () => {
    const { id } = await createKey();
    const Operations = ['ScheduleKeyDeletion'] as unknown as ['Decrypt'];
    const call = kms.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: APP, Operations }));
    await expect(call).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('an identifier', () => {
  const UNKNOWN = '00000000-1111-4222-8333-444444444444';

  test('of a key that does not exist is not found, whatever the operation', async () => {
    const message = `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/${UNKNOWN}' does not exist`;
    for (const operation of ['EnableKey', 'CreateGrant', 'ScheduleKeyDeletion', 'Encrypt'] as const) {
      await expect(CALLS[operation](UNKNOWN)).rejects.toMatchObject({ name: 'NotFoundException', message });
    }
  });

  test('that is an alias serves to describe and to encrypt, and never to change the key', async () => {
    const { id, arn } = await createKey();
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: id }));
    const described = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }));
    expect(described.KeyMetadata?.Arn).toBe(arn);
    await expect(CALLS.Encrypt('alias/payments')).resolves.toMatchObject({ KeyId: arn });
    for (const operation of [
      'DisableKey',
      'EnableKeyRotation',
      'ScheduleKeyDeletion',
      'CreateGrant',
      'PutKeyPolicy',
    ] as const) {
      const call = CALLS[operation]('alias/payments');
      await expect(call).rejects.toMatchObject({ name: 'NotFoundException', message: 'Invalid keyId alias/payments' });
    }
    await expect(readState(id)).resolves.toBe('Enabled');
  });

  test('that is the ARN of another Region is invalid', async () => {
    const { arn } = await createKey();
    const call = CALLS.DisableKey(arn.replace(REGION, 'us-west-2'));
    await expect(call).rejects.toMatchObject({ name: 'InvalidArnException', message: 'Invalid arn us-west-2' });
  });

  test('that is missing is a validation error that names the parameter', async () => {
    const nothing = undefined as unknown as string;
    const refusal = { name: 'ValidationException', message: expect.stringContaining("Value null at 'keyId'") };
    await expect(CALLS.DisableKey(nothing)).rejects.toMatchObject(refusal);
    await expect(CALLS.Encrypt(nothing)).rejects.toMatchObject(refusal);
  });

  test('that is none says so', async () => {
    await expect(CALLS.DisableKey('nonsense')).rejects.toMatchObject({ message: 'Invalid keyId nonsense' });
  });
});

describe('other rules', () => {
  test('an alias under alias/aws/ is reserved', async () => {
    const { id } = await createKey();
    const call = kms.send(new CreateAliasCommand({ AliasName: 'alias/aws/mine', TargetKeyId: id }));
    await expect(call).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });

  test('an asymmetric key needs a usage, and a symmetric one has its own', async () => {
    const call = createKey({ KeySpec: 'RSA_4096' });
    await expect(call).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('KeyUsage'),
    });
    const { id } = await createKey();
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ KeyUsage: 'ENCRYPT_DECRYPT', MultiRegion: false });
  });

  test('a key has the algorithms of its usage and no others', async () => {
    const { id } = await createKey({ KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ MacAlgorithms: ['HMAC_SHA_512'] });
    expect(KeyMetadata).not.toHaveProperty('EncryptionAlgorithms');
    const sign = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const publicKey = await kms.send(new GetPublicKeyCommand({ KeyId: sign.id }));
    expect(publicKey).toMatchObject({ KeyId: sign.arn, KeySpec: 'RSA_2048' });
  });

  test('a key policy must be JSON and at most 32768 bytes long, and its name may be left out', async () => {
    const { id } = await createKey();
    const malformed = kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: '{' }));
    await expect(malformed).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    const long = kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: JSON.stringify('x'.repeat(32_768)) }));
    await expect(long).rejects.toMatchObject({ name: 'LimitExceededException' });
    const own = policyFor(ROOT).replace('{', '{ "Id": "mine",');
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: own }));
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: id }));
    expect(Policy).toBe(own);
  });

  test.each([
    ['names an identity that was deleted', `["${ROOT}","AROAEXAMPLEEXAMPLE01"]`, 'invalid principals'],
    ['lets somebody else change it', `"${APP}"`, 'will not allow you to update the key policy'],
    ['lets another account change it', '"arn:aws:iam::444455556666:root"', 'will not allow you'],
  ])('a key policy that %s is refused, of a new key too', async (_name, names, message) => {
    const Policy = policyFor('names').replace('"names"', names);
    const refusal = { name: 'MalformedPolicyDocumentException', message: expect.stringContaining(message) };
    const { id } = await createKey();
    await expect(kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject(refusal);
    await expect(kms.send(new CreateKeyCommand({ Policy }))).rejects.toMatchObject(refusal);
  });

  test('a key policy that its caller cannot change again is taken when the lockout check is bypassed', async () => {
    const { id } = await createKey();
    const Policy = policyFor(APP);
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy, BypassPolicyLockoutSafetyCheck: true }));
    expect((await kms.send(new GetKeyPolicyCommand({ KeyId: id }))).Policy).toBe(Policy);
  });

  test('a deleted key is gone from everywhere', async () => {
    const { id, arn } = await createKey();
    const alias = 'alias/of-a-deleted-key';
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: id }));
    const grant = { GranteePrincipal: APP, RetiringPrincipal: ROOT, Operations: ['Decrypt' as const] };
    const { GrantToken } = await kms.send(new CreateGrantCommand({ KeyId: id, ...grant }));
    await aws.gateway.emit({ name: 'DeleteKey', key: arn });
    await expect(kms.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({ name: 'NotFoundException' });
    const { Keys } = await kms.send(new ListKeysCommand({}));
    expect(Keys?.map((key) => key.KeyArn)).not.toContain(arn);
    const { Aliases } = await kms.send(new ListAliasesCommand({}));
    expect(Aliases?.map(({ AliasName }) => AliasName)).not.toContain(alias);
    const { Grants } = await kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: ROOT }));
    expect(Grants?.map(({ KeyId }) => KeyId)).not.toContain(arn);
    await expect(kms.send(new RetireGrantCommand({ GrantToken }))).rejects.toThrow();
    const other = await createKey();
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: other.id }));
  });

  test('an operation that moto lacks is an error that says so, and leaves no record', async () => {
    const before = aws.gateway.records().length;
    const request = { Name: 'UpdatePrimaryRegion', id: (await createKey({ MultiRegion: true })).id };
    const response = await fetch(aws.gateway.url, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=anyone/20261124/${REGION}/kms/aws4_request, SignedHeaders=host, Signature=0`,
        'x-amz-target': `TrentService.${request.Name}`,
      },
      body: JSON.stringify({ KeyId: request.id, PrimaryRegion: 'us-west-2' }),
    });
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      __type: 'LocalAwsFailure',
      message: expect.stringContaining('UpdatePrimaryRegion'),
    });
    expect(aws.gateway.records()).toHaveLength(before + 1);
  });
});
