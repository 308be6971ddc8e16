import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFactReader, type FactReaderOptions } from '../../lib/facts/fact-reader.ts';
import type { FactName } from '../../lib/facts/key-facts.ts';
import { TransientReadError } from '../../lib/facts/read-error.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, keyWith, REGION } from './key.ts';
import { type Answer, type KmsStandIn, startKmsStandIn } from './kms-stand-in.ts';

const ALL: readonly FactName[] = ['key', 'rotation', 'tags', 'aliases'];

/** The KeyMetadata of a key that KMS can rotate; dates are seconds since 1970 in this protocol. */
const METADATA = {
  AWSAccountId: ACCOUNT,
  Arn: KEY_ARN,
  CreationDate: Date.parse('2026-01-02T03:04:05Z') / 1000,
  Description: '',
  Enabled: true,
  KeyId: KEY_ID,
  KeyManager: 'CUSTOMER',
  KeySpec: 'SYMMETRIC_DEFAULT',
  KeyState: 'Enabled',
  KeyUsage: 'ENCRYPT_DECRYPT',
  MultiRegion: false,
  Origin: 'AWS_KMS',
};

let standIn: KmsStandIn;

beforeEach(async () => {
  standIn = await startKmsStandIn(REGION);
  standIn.answer('DescribeKey', describing());
  standIn.answer('GetKeyRotationStatus', { body: { KeyRotationEnabled: true, RotationPeriodInDays: 365 } });
  standIn.answer('ListResourceTags', { body: { Tags: [{ TagKey: 'owner', TagValue: 'payments' }], Truncated: false } });
  standIn.answer('ListAliases', { body: { Aliases: [{ AliasName: 'alias/payments' }], Truncated: false } });
});

afterEach(() => standIn.close());

const describing = (overrides: object = {}): Answer => ({ body: { KeyMetadata: { ...METADATA, ...overrides } } });

const readerOf = (overrides: Partial<FactReaderOptions> = {}) =>
  createFactReader({
    kms: standIn.kms,
    arn: KEY_ARN,
    account: ACCOUNT,
    region: REGION,
    onTransient: 'throw',
    ...overrides,
  });

const operations = () => standIn.asked.map(({ operation }) => operation).sort();
const unreadFor = (text: string) => ({ known: false, reason: expect.stringContaining(text) });

describe('reading the facts of a key', () => {
  test('takes one call for each fact', async () => {
    expect(await readerOf().read(ALL)).toMatchObject({
      key: { known: true, value: keyWith() },
      rotation: { known: true, value: { enabled: true, periodInDays: 365 } },
      tags: { known: true, value: { owner: 'payments' } },
      aliases: { known: true, value: ['alias/payments'] },
    });
    expect(operations()).toEqual(['DescribeKey', 'GetKeyRotationStatus', 'ListAliases', 'ListResourceTags']);
    expect(standIn.asked.every(({ parameters }) => parameters.KeyId === KEY_ARN)).toBe(true);
  });

  test('takes no call for a fact that nobody asked for', async () => {
    const facts = await readerOf().read(['key']);
    expect(operations()).toEqual(['DescribeKey']);
    expect(facts).toMatchObject({
      key: { known: true },
      rotation: unreadFor('not read'),
      tags: unreadFor('not read'),
      aliases: unreadFor('not read'),
    });
  });

  test('takes no call at all when nobody asks for anything', async () => {
    await readerOf().read([]);
    expect(operations()).toEqual([]);
  });

  test('describes the key once, whoever needs it', async () => {
    const reader = readerOf();
    await reader.read(['rotation', 'key']);
    await reader.read(['rotation']);
    await reader.read(['tags', 'key']);
    expect(operations()).toEqual(['DescribeKey', 'GetKeyRotationStatus', 'ListResourceTags']);
  });

  test('shares the calls of two reads at the same time', async () => {
    const reader = readerOf();
    await Promise.all([reader.read(['key', 'rotation']), reader.read(['rotation', 'tags'])]);
    expect(operations()).toEqual(['DescribeKey', 'GetKeyRotationStatus', 'ListResourceTags']);
  });

  test('reads tags without describing the key when only tags are asked for', async () => {
    expect((await readerOf().read(['tags'])).tags).toEqual({ known: true, value: { owner: 'payments' } });
    expect(operations()).toEqual(['ListResourceTags']);
  });

  test('asks anew for what is to be re-read, and for nothing else', async () => {
    standIn.answer(
      'GetKeyRotationStatus',
      { body: { KeyRotationEnabled: false } },
      { body: { KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: 1_800_000_000 } },
    );
    const reader = readerOf();
    expect((await reader.read(['rotation'])).rotation).toEqual({ known: true, value: { enabled: false } });
    expect((await reader.reread(['rotation'])).rotation).toEqual({
      known: true,
      value: { enabled: true, periodInDays: 90, nextAt: '2027-01-15T08:00:00.000Z' },
    });
    expect(operations()).toEqual(['DescribeKey', 'GetKeyRotationStatus', 'GetKeyRotationStatus']);
  });

  test('reads every page of tags and aliases', async () => {
    standIn.answer(
      'ListResourceTags',
      { body: { Tags: [{ TagKey: 'a', TagValue: '1' }], Truncated: true, NextMarker: 'next' } },
      { body: { Tags: [{ TagKey: '__proto__', TagValue: '' }], Truncated: false } },
    );
    standIn.answer(
      'ListAliases',
      { body: { Aliases: [{ AliasName: 'alias/a' }], Truncated: true, NextMarker: 'next' } },
      { body: { Aliases: [{ AliasName: 'alias/b' }], Truncated: false } },
    );
    const { tags, aliases } = await readerOf().read(['tags', 'aliases']);
    expect(tags.known && Object.entries(tags.value)).toEqual([
      ['a', '1'],
      ['__proto__', ''],
    ]);
    expect(aliases).toEqual({ known: true, value: ['alias/a', 'alias/b'] });
    expect(standIn.asked.filter(({ parameters }) => parameters.Marker === 'next')).toHaveLength(2);
  });

  test('resolves an alias first, because most operations take keys only', async () => {
    const facts = await readerOf({ arn: `arn:aws:kms:${REGION}:${ACCOUNT}:alias/payments` }).read(['rotation', 'tags']);
    expect(facts).toMatchObject({ rotation: { known: true }, tags: { known: true } });
    expect(standIn.asked.map(({ operation, parameters }) => [operation, parameters.KeyId]).sort()).toEqual([
      ['DescribeKey', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/payments`],
      ['GetKeyRotationStatus', KEY_ARN],
      ['ListResourceTags', KEY_ARN],
    ]);
  });
});

describe('an alias', () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/payments`;

  test.each<[FactName, string]>([
    ['tags', 'ListResourceTags'],
    ['aliases', 'ListAliases'],
  ])('is resolved even when only %s are asked for', async (name, operation) => {
    expect((await readerOf({ arn }).read([name]))[name]).toMatchObject({ known: true });
    expect(standIn.asked).toEqual([
      { operation: 'DescribeKey', parameters: { KeyId: arn } },
      { operation, parameters: expect.objectContaining({ KeyId: KEY_ARN }) },
    ]);
  });

  test('that nobody may resolve leaves its lists unread', async () => {
    standIn.answer('DescribeKey', { error: 'AccessDeniedException' });
    const { tags } = await readerOf({ arn }).read(['tags']);
    expect(tags).toEqual(unreadFor('kms:DescribeKey on key alias/payments was denied'));
    expect(operations()).toEqual(['DescribeKey']);
  });
});

describe('the description of a key', () => {
  test.each<[string, object, object]>([
    [
      'tells the primary key of a replica',
      {
        MultiRegion: true,
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', PrimaryKey: { Arn: 'arn', Region: 'us-east-1' } },
      },
      { multiRegion: 'replica', primaryRegion: 'us-east-1' },
    ],
    [
      'tells a primary key',
      {
        MultiRegion: true,
        MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: 'arn', Region: REGION } },
      },
      { multiRegion: 'primary', primaryRegion: REGION },
    ],
    [
      'tells when the key will be deleted',
      { KeyState: 'PendingDeletion', DeletionDate: Date.parse('2026-12-24T18:00:00Z') / 1000 },
      { state: 'PendingDeletion', deletionAt: '2026-12-24T18:00:00.000Z' },
    ],
    [
      'tells how long a primary will wait once its replicas are gone',
      { KeyState: 'PendingReplicaDeletion', PendingDeletionWindowInDays: 7 },
      { state: 'PendingReplicaDeletion', deletionWindowInDays: 7 },
    ],
    [
      'passes on what this version has never heard of',
      {
        KeySpec: 'QUARK_1024',
        KeyUsage: 'KEY_TELEPORTATION',
        KeyState: 'Frozen',
        Origin: 'MOON',
        KeyManager: 'PARTNER',
      },
      { spec: 'QUARK_1024', usage: 'KEY_TELEPORTATION', state: 'Frozen', origin: 'MOON', manager: 'PARTNER' },
    ],
    [
      'knows the old name of the key spec',
      { KeySpec: undefined, CustomerMasterKeySpec: 'RSA_2048' },
      { spec: 'RSA_2048' },
    ],
    [
      'does without a creation date',
      { CreationDate: undefined, Description: 'For payments' },
      { description: 'For payments' },
    ],
  ])('%s', async (_name, metadata, expected) => {
    standIn.answer('DescribeKey', describing(metadata));
    const { key } = await readerOf().read(['key']);
    expect(key).toMatchObject({ known: true, value: expected });
  });

  test.each([
    ['KeyState', { KeyState: undefined }],
    ['KeySpec', { KeySpec: undefined }],
    ['KeyManager', { KeyManager: undefined }],
    ['Origin', { Origin: undefined }],
    ['KeyUsage', { KeyUsage: undefined }],
    ['Arn', { Arn: undefined }],
    ['MultiRegionConfiguration', { MultiRegion: true }],
  ])('is unread without %s, and says so', async (field, metadata) => {
    standIn.answer('DescribeKey', describing(metadata));
    expect((await readerOf().read(['key'])).key).toEqual(unreadFor(`KMS described key ${KEY_ID} without ${field}`));
  });
});

describe('the rotation of a key that KMS cannot rotate', () => {
  test.each([
    ['asymmetric', { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }, 'RSA_4096'],
    ['pending deletion', { KeyState: 'PendingDeletion' }, 'pending deletion'],
    ['disabled', { KeyState: 'Disabled' }, 'disabled'],
  ])('is not asked for: %s', async (_name, metadata, reason) => {
    standIn.answer('DescribeKey', describing(metadata));
    expect((await readerOf().read(['rotation'])).rotation).toEqual(unreadFor(reason));
    expect(operations()).toEqual(['DescribeKey']);
  });

  test('is unread when KMS does not say whether it is on', async () => {
    standIn.answer('GetKeyRotationStatus', { body: { KeyId: KEY_ID } });
    expect((await readerOf().read(['rotation'])).rotation).toEqual(unreadFor('did not say whether'));
  });
});

describe('a key that is not ours to read', () => {
  test.each([
    ['another account', KEY_ARN.replace(ACCOUNT, '444455556666'), 'belongs to account 444455556666'],
    ['another Region', KEY_ARN.replace(REGION, 'us-east-1'), `is in us-east-1 and Keywarden runs in ${REGION}`],
    ['no key', `arn:aws:kms:${REGION}:${ACCOUNT}:unidentified`, 'names no key'],
    ['a key store', `arn:aws:kms:${REGION}:${ACCOUNT}:custom-key-store/cks-1`, 'names no key'],
    ['no ARN', KEY_ID, 'names no key'],
  ])('because it is of %s is unread without a call', async (_name, arn, reason) => {
    const facts = await readerOf({ arn }).read(ALL);
    for (const name of ALL) expect(facts[name]).toEqual(unreadFor(reason));
    expect(operations()).toEqual([]);
  });
});

describe('a key that does not exist', () => {
  test('is missing, costs one call, and leaves nothing else to read', async () => {
    standIn.answer('DescribeKey', { error: 'NotFoundException' });
    const facts = await readerOf().read(ALL);
    expect(facts).toMatchObject({
      key: { known: true, value: 'missing' },
      rotation: unreadFor('no longer exists'),
      tags: unreadFor('no longer exists'),
      aliases: unreadFor('no longer exists'),
    });
    expect(operations()).toEqual(['DescribeKey']);
  });

  test.each<[string, readonly FactName[][]]>([
    ['with its rotation', [['rotation', 'tags', 'aliases']]],
    ['with its description', [['key', 'tags', 'aliases']]],
    ['after its description', [['key'], ['tags', 'aliases']]],
  ])('costs one call when its lists are asked for %s', async (_name, reads) => {
    standIn.answer('DescribeKey', { error: 'NotFoundException' });
    const reader = readerOf();
    for (const names of reads) await reader.read(names);
    expect(operations()).toEqual(['DescribeKey']);
  });

  test('may be deleted between two reads', async () => {
    standIn.answer('GetKeyRotationStatus', { error: 'NotFoundException' });
    standIn.answer('ListResourceTags', { error: 'NotFoundException' });
    const { rotation, tags } = await readerOf().read(['rotation', 'tags']);
    expect([rotation, tags]).toEqual([unreadFor('no longer exists'), unreadFor('no longer exists')]);
  });
});

describe('a read that KMS refuses', () => {
  test.each<[FactName, string]>([
    ['key', 'DescribeKey'],
    ['rotation', 'GetKeyRotationStatus'],
    ['tags', 'ListResourceTags'],
    ['aliases', 'ListAliases'],
  ])('for want of permission leaves %s unread and names kms:%s', async (name, operation) => {
    for (const error of ['AccessDeniedException', 'AccessDenied']) {
      standIn.answer(operation, { error });
      const fact = (await readerOf().read([name]))[name];
      expect(fact).toEqual(unreadFor(`kms:${operation} on key ${KEY_ID} was denied`));
      expect(fact).toEqual(unreadFor('allow it in'));
    }
  });

  test('on the key leaves the rotation unread for the same reason, and tags are still read', async () => {
    standIn.answer('DescribeKey', { error: 'AccessDeniedException' });
    const facts = await readerOf().read(['rotation', 'tags']);
    expect(facts.rotation).toEqual(unreadFor('kms:DescribeKey'));
    expect(facts.tags).toEqual({ known: true, value: { owner: 'payments' } });
    expect(operations()).toEqual(['DescribeKey', 'ListResourceTags']);
  });

  test.each([
    'InvalidArnException',
    'KMSInvalidStateException',
    'UnsupportedOperationException',
    'ValidationException',
  ])('with %s is unread and says what KMS said', async (error) => {
    standIn.answer('GetKeyRotationStatus', { error, message: 'Not this key.\nAll is well.' });
    expect((await readerOf().read(['rotation'])).rotation).toEqual(
      unreadFor(`was refused by KMS (${error}: Not this key. All is well.)`),
    );
  });

  test('says the same when asked again, without another call', async () => {
    standIn.answer('DescribeKey', { error: 'AccessDeniedException' });
    const reader = readerOf();
    await reader.read(['key']);
    expect((await reader.read(['key'])).key).toEqual(unreadFor('denied'));
    expect(operations()).toEqual(['DescribeKey']);
  });
});

describe('a read that fails in a way that passes', () => {
  const failures: readonly [string, Answer][] = [
    ['throttling', { error: 'ThrottlingException', message: 'Rate exceeded' }],
    ['too many requests', { error: 'SomethingElse', status: 429 }],
    ['a fault inside KMS', { error: 'KMSInternalException', status: 500 }],
    ['a dependency that timed out', { error: 'DependencyTimeoutException', status: 503 }],
    ['credentials that ran out', { error: 'ExpiredTokenException' }],
    ['a lost connection', 'hang-up'],
    ['an answer that nobody can parse', { raw: '<html>Proxy error</html>' }],
  ];

  test.each(failures)('by %s throws, so that the message returns', async (_name, answer) => {
    standIn.answer('DescribeKey', answer);
    const failed = await readerOf()
      .read(ALL)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TransientReadError);
    expect(failed).toMatchObject({ message: expect.stringContaining('kms:DescribeKey'), cause: expect.any(Error) });
  });

  test.each(failures)('by %s is unread on the last delivery', async (_name, answer) => {
    standIn.answer('GetKeyRotationStatus', answer);
    const facts = await readerOf({ onTransient: 'unread' }).read(['key', 'rotation']);
    expect(facts.key).toMatchObject({ known: true });
    expect(facts.rotation).toEqual(unreadFor('kms:GetKeyRotationStatus'));
    expect(facts.rotation).toEqual(unreadFor('verify the key again'));
  });

  test('is asked again by the next read of the same reader', async () => {
    standIn.answer('DescribeKey', { error: 'ThrottlingException' }, describing());
    const reader = readerOf();
    await expect(reader.read(['key'])).rejects.toThrow(TransientReadError);
    expect((await reader.read(['key'])).key).toMatchObject({ known: true });
  });

  test('on the second page is not taken for a shorter list', async () => {
    standIn.answer(
      'ListResourceTags',
      { body: { Tags: [], Truncated: true, NextMarker: 'next' } },
      { error: 'ThrottlingException' },
    );
    await expect(readerOf().read(['tags'])).rejects.toThrow(TransientReadError);
  });
});

describe('the policy of a key', () => {
  test('is given as the text that KMS has, byte for byte', async () => {
    const Policy = '{ "Version":"2012-10-17",\n "Statement": [ ] }';
    standIn.answer('GetKeyPolicy', { body: { Policy, PolicyName: 'default' } });
    expect((await readerOf().read(['keyPolicy'])).keyPolicy).toEqual({ known: true, value: Policy });
    expect(standIn.asked).toEqual([
      { operation: 'GetKeyPolicy', parameters: { KeyId: KEY_ARN, PolicyName: 'default' } },
    ]);
  });

  test('that is denied names the action', async () => {
    standIn.answer('GetKeyPolicy', { error: 'AccessDeniedException' });
    expect((await readerOf().read(['keyPolicy'])).keyPolicy).toMatchObject(unreadFor('kms:GetKeyPolicy'));
  });
});

describe('one grant', () => {
  const GRANT = {
    GrantId: 'a'.repeat(64),
    KeyId: KEY_ARN,
    GranteePrincipal: 'arn:aws:iam::111122223333:role/app',
    Operations: ['Decrypt'],
    CreationDate: 1_785_747_600,
  };
  const grantOf = async () => (await readerOf({ grantId: GRANT.GrantId }).read(['grant'])).grant;

  test('is asked for by its id, because a key may have thousands', async () => {
    standIn.answer('ListGrants', { body: { Grants: [GRANT], Truncated: false } });
    expect(await grantOf()).toMatchObject({
      known: true,
      value: { grantId: GRANT.GrantId, operations: ['Decrypt'], keyArn: KEY_ARN },
    });
    expect(standIn.asked[0]?.parameters).toEqual({ KeyId: KEY_ARN, GrantId: GRANT.GrantId });
  });

  test('that is not listed is missing', async () => {
    standIn.answer('ListGrants', { body: { Grants: [], Truncated: false } });
    expect(await grantOf()).toEqual({ known: true, value: 'missing' });
  });

  test('is missing when KMS refuses its id, as it may for a grant that is gone', async () => {
    standIn.answer('ListGrants', { error: 'InvalidGrantIdException' });
    expect(await grantOf()).toEqual({ known: true, value: 'missing' });
  });

  test('is missing when KMS lists only others', async () => {
    standIn.answer('ListGrants', { body: { Grants: [{ ...GRANT, GrantId: 'b'.repeat(64) }], Truncated: false } });
    expect(await grantOf()).toEqual({ known: true, value: 'missing' });
  });

  test('of a form that nobody knows is unread', async () => {
    standIn.answer('ListGrants', { body: { Grants: [{ ...GRANT, Operations: 'Decrypt' }], Truncated: false } });
    expect(await grantOf()).toMatchObject(unreadFor('could not be read'));
  });

  test('is not looked for when none was named', async () => {
    expect((await readerOf().read(['grant'])).grant).toMatchObject(unreadFor('no grant was named'));
    expect(standIn.asked).toEqual([]);
  });
});
