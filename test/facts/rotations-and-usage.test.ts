import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFactReader } from '../../lib/facts/fact-reader.ts';
import { TransientReadError } from '../../lib/facts/read-error.ts';
import type { ReadLastUse } from '../../lib/facts/usage-reader.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from './key.ts';
import { type Answer, type KmsStandIn, startKmsStandIn } from './kms-stand-in.ts';

/** The KeyMetadata of a key that KMS can rotate; dates are seconds since 1970 in this protocol. */
const METADATA = {
  AWSAccountId: ACCOUNT,
  Arn: KEY_ARN,
  CreationDate: at('2024-01-02T03:04:05Z'),
  Description: '',
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
});
afterEach(() => standIn.close());

function at(time: string): number {
  return Date.parse(time) / 1000;
}
const describing = (overrides: object = {}): Answer => ({ body: { KeyMetadata: { ...METADATA, ...overrides } } });
const listing = (...Rotations: object[]): Answer => ({ body: { Rotations, Truncated: false } });
const rotation = (time: string, RotationType = 'AUTOMATIC') => ({
  KeyId: KEY_ARN,
  RotationDate: at(time),
  RotationType,
});
const readerOf = (onTransient: 'throw' | 'unread' = 'throw', arn = KEY_ARN) =>
  createFactReader({ kms: standIn.kms, arn, account: ACCOUNT, region: REGION, onTransient });
const rotationsOf = async () => (await readerOf().read(['rotations'])).rotations;
const usageOf = async () => (await readerOf().read(['usage'])).usage;
const operations = () => standIn.asked.map(({ operation }) => operation);
const unreadFor = (text: string) => ({ known: false, reason: expect.stringContaining(text) });

describe('the rotations of a key', () => {
  test('are read with every page, the newest first, whatever order KMS gives', async () => {
    standIn.answer(
      'ListKeyRotations',
      { body: { Rotations: [rotation('2025-01-02T00:00:00Z')], Truncated: true, NextMarker: 'next' } },
      listing(rotation('2026-05-01T00:00:00Z', 'ON_DEMAND'), rotation('2026-01-02T00:00:00Z')),
    );
    expect(await rotationsOf()).toEqual({
      known: true,
      value: {
        done: [
          { at: '2026-05-01T00:00:00.000Z', type: 'ON_DEMAND' },
          { at: '2026-01-02T00:00:00.000Z', type: 'AUTOMATIC' },
          { at: '2025-01-02T00:00:00.000Z', type: 'AUTOMATIC' },
        ],
      },
    });
    expect(standIn.asked.slice(1).map(({ parameters }) => [parameters.KeyId, parameters.Marker])).toEqual([
      [KEY_ARN, undefined],
      [KEY_ARN, 'next'],
    ]);
  });

  test('are none for a key that was never rotated', async () => {
    standIn.answer('ListKeyRotations', listing());
    expect(await rotationsOf()).toEqual({ known: true, value: { done: [] } });
  });

  test('are read of a disabled key too: KMS permits it, and its past matters', async () => {
    standIn.answer('DescribeKey', describing({ KeyState: 'Disabled' }));
    standIn.answer('ListKeyRotations', listing(rotation('2025-01-02T00:00:00Z')));
    expect(await rotationsOf()).toMatchObject({ known: true, value: { done: [{ type: 'AUTOMATIC' }] } });
  });

  test.each([
    ['asymmetric', { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }],
    ['for HMAC', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }],
    ['asymmetric and imported', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' }],
    ['in CloudHSM', { Origin: 'AWS_CLOUDHSM' }],
    ['outside AWS', { Origin: 'EXTERNAL_KEY_STORE' }],
  ])('are none, without a call, for a key that is %s', async (_name, metadata) => {
    standIn.answer('DescribeKey', describing(metadata));
    expect(await rotationsOf()).toEqual({ known: true, value: { done: [] } });
    expect(operations()).toEqual(['DescribeKey']);
  });

  test('are none when KMS says that a key it has learnt since cannot be rotated', async () => {
    standIn.answer('DescribeKey', describing({ KeySpec: 'QUARK_1024' }));
    standIn.answer('ListKeyRotations', { error: 'UnsupportedOperationException' });
    expect(await rotationsOf()).toEqual({ known: true, value: { done: [] } });
  });

  test('of imported material show what was imported and waits, and leave out what is no rotation', async () => {
    standIn.answer('DescribeKey', describing({ Origin: 'EXTERNAL' }));
    standIn.answer(
      'ListKeyRotations',
      listing(
        { KeyMaterialState: 'NON_CURRENT' },
        { ...rotation('2026-01-02T00:00:00Z', 'ON_DEMAND'), KeyMaterialState: 'CURRENT' },
        { KeyMaterialState: 'PENDING_ROTATION' },
      ),
    );
    expect(await rotationsOf()).toEqual({
      known: true,
      value: { done: [{ at: '2026-01-02T00:00:00.000Z', type: 'ON_DEMAND' }], materialWaits: true },
    });
    expect(standIn.asked[1]?.parameters.IncludeKeyMaterial).toBe('ALL_KEY_MATERIAL');
  });

  test('are counted when KMS does not tell their type', async () => {
    standIn.answer('ListKeyRotations', listing({ RotationDate: at('2026-01-02T00:00:00Z') }));
    expect(await rotationsOf()).toMatchObject({ value: { done: [{ type: 'UNKNOWN' }] } });
  });

  test('of a key that is gone cost one call', async () => {
    standIn.answer('DescribeKey', { error: 'NotFoundException' });
    const facts = await readerOf().read(['rotations', 'usage', 'tags']);
    for (const name of ['rotations', 'usage', 'tags'] as const)
      expect(facts[name]).toEqual(unreadFor('no longer exists'));
    expect(operations()).toEqual(['DescribeKey']);
  });

  test('are unread when the call is denied, and name it', async () => {
    standIn.answer('ListKeyRotations', { error: 'AccessDeniedException' });
    expect(await rotationsOf()).toEqual(unreadFor(`kms:ListKeyRotations on key ${KEY_ID} was denied`));
  });

  test('are unread with the reason when the key could not be described', async () => {
    standIn.answer('DescribeKey', { error: 'AccessDeniedException' });
    expect(await rotationsOf()).toEqual(unreadFor('kms:DescribeKey'));
  });

  test('are not taken for fewer when the second page fails', async () => {
    const first = { body: { Rotations: [], Truncated: true, NextMarker: 'next' } };
    standIn.answer('ListKeyRotations', first, { error: 'ThrottlingException' });
    await expect(rotationsOf()).rejects.toThrow(TransientReadError);
    standIn.answer('ListKeyRotations', first, { error: 'ThrottlingException' });
    expect((await readerOf('unread').read(['rotations'])).rotations).toEqual(unreadFor('kms:ListKeyRotations'));
  });
});

describe('a rotation on demand that is under way', () => {
  test('is part of the rotation status', async () => {
    standIn.answer('GetKeyRotationStatus', {
      body: { KeyRotationEnabled: false, OnDemandRotationStartDate: at('2026-08-03T09:00:00Z') },
    });
    expect((await readerOf().read(['rotation'])).rotation).toEqual({
      known: true,
      value: { enabled: false, onDemandStartedAt: '2026-08-03T09:00:00.000Z' },
    });
  });
});

describe('the last use of a key', () => {
  const tracked = {
    KeyId: KEY_ID,
    KeyCreationDate: METADATA.CreationDate,
    TrackingStartDate: at('2026-04-01T00:00:00Z'),
  };

  test('is read in one call, with when and by which operation', async () => {
    standIn.answer('GetKeyLastUsage', {
      body: { ...tracked, KeyLastUsage: { Operation: 'Decrypt', Timestamp: at('2026-07-01T12:00:00Z') } },
    });
    expect(await usageOf()).toEqual({
      known: true,
      value: {
        trackedSince: '2026-04-01T00:00:00.000Z',
        last: { at: '2026-07-01T12:00:00.000Z', operation: 'Decrypt' },
      },
    });
    expect(standIn.asked).toEqual([{ operation: 'GetKeyLastUsage', parameters: { KeyId: KEY_ARN } }]);
  });

  test.each([
    ['an empty object', { KeyLastUsage: {} }],
    ['nothing', {}],
  ])('is none since KMS counts when KMS answers %s', async (_name, answer) => {
    standIn.answer('GetKeyLastUsage', { body: { ...tracked, ...answer } });
    expect(await usageOf()).toEqual({ known: true, value: { trackedSince: '2026-04-01T00:00:00.000Z' } });
  });

  test('is told without its operation', async () => {
    standIn.answer('GetKeyLastUsage', {
      body: { ...tracked, KeyLastUsage: { Timestamp: at('2026-07-01T12:00:00Z') } },
    });
    expect(await usageOf()).toMatchObject({ value: { last: { operation: expect.stringContaining('not name') } } });
  });

  test('is unread when KMS does not say since when it counts: no use would then say nothing', async () => {
    standIn.answer('GetKeyLastUsage', { body: { KeyId: KEY_ID, KeyLastUsage: {} } });
    expect(await usageOf()).toEqual(unreadFor(`since when it counts the uses of key ${KEY_ID}`));
  });

  test('is unread when the call is denied, and transient when it is throttled', async () => {
    standIn.answer('GetKeyLastUsage', { error: 'AccessDeniedException' });
    expect(await usageOf()).toEqual(unreadFor('kms:GetKeyLastUsage'));
    standIn.answer('GetKeyLastUsage', { error: 'ThrottlingException' });
    await expect(usageOf()).rejects.toThrow(TransientReadError);
  });

  describe('with log files of CloudTrail beside it', () => {
    const withFiles = async (readLastUse: ReadLastUse, onTransient: 'throw' | 'unread' = 'throw') => {
      const options = { kms: standIn.kms, arn: KEY_ARN, account: ACCOUNT, region: REGION, onTransient, readLastUse };
      return (await createFactReader(options).read(['usage'])).usage;
    };
    const showing =
      (at: string): ReadLastUse =>
      () =>
        Promise.resolve({ at, operation: 'Encrypt' });
    const counting = (at: string) =>
      standIn.answer('GetKeyLastUsage', {
        body: { ...tracked, KeyLastUsage: { Operation: 'Decrypt', Timestamp: Date.parse(at) / 1000 } },
      });

    test('is the newer of the two, and says when it is that of the files', async () => {
      counting('2026-07-01T12:00:00Z');
      expect(await withFiles(showing('2026-07-01T12:30:00Z'))).toEqual({
        known: true,
        value: {
          trackedSince: '2026-04-01T00:00:00.000Z',
          last: { at: '2026-07-01T12:30:00Z', operation: 'Encrypt', from: 'log-files' },
        },
      });
      counting('2026-07-01T12:00:00Z');
      expect(await withFiles(showing('2026-07-01T11:30:00Z'))).toMatchObject({
        value: { last: { at: '2026-07-01T12:00:00.000Z', operation: 'Decrypt' } },
      });
    });

    test('is told apart when it was before KMS began to count, because nobody knows what came between', async () => {
      standIn.answer('GetKeyLastUsage', { body: tracked });
      expect(await withFiles(showing('2026-02-01T00:00:00Z'))).toEqual({
        known: true,
        value: {
          trackedSince: '2026-04-01T00:00:00.000Z',
          before: { at: '2026-02-01T00:00:00Z', operation: 'Encrypt', from: 'log-files' },
        },
      });
    });

    test('is what KMS says when the files show none, which proves nothing', async () => {
      standIn.answer('GetKeyLastUsage', { body: tracked });
      expect(await withFiles(() => Promise.resolve(undefined))).toEqual({
        known: true,
        value: { trackedSince: '2026-04-01T00:00:00.000Z' },
      });
    });

    test('stays unread when KMS does not tell, and says what the files show', async () => {
      standIn.answer('GetKeyLastUsage', { error: 'AccessDeniedException' });
      const usage = await withFiles(showing('2026-07-01T12:30:00Z'));
      expect(usage).toEqual(unreadFor('kms:GetKeyLastUsage'));
      expect(usage).toEqual(unreadFor('log files of CloudTrail show a use (Encrypt) on 2026-07-01T12:30:00Z'));
    });

    test('says why the files were not asked, and is tried again when that passes', async () => {
      const throttled = () => Promise.reject(new Error('socket hang up'));
      counting('2026-07-01T12:00:00Z');
      await expect(withFiles(throttled)).rejects.toThrow(TransientReadError);
      counting('2026-07-01T12:00:00Z');
      expect(await withFiles(throttled, 'unread')).toMatchObject({
        known: true,
        value: { last: { at: '2026-07-01T12:00:00.000Z' }, unasked: expect.stringContaining('socket hang up') },
      });
    });
  });

  test('of a key of another account is not asked for', async () => {
    const arn = KEY_ARN.replace(ACCOUNT, '444455556666');
    expect((await readerOf('throw', arn).read(['usage', 'rotations'])).usage).toEqual(unreadFor('belongs to account'));
    expect(operations()).toEqual([]);
  });
});
