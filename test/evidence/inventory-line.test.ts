import type { KeyMetadata } from '@aws-sdk/client-kms';
import { describe, expect, test } from '@jest/globals';
import { toInventoryLine } from '../../lib/evidence/inventory-line.ts';
import { checkpointName, inventoryName, publicKeyName } from '../../lib/evidence/names.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const METADATA: KeyMetadata = {
  KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  Arn: ARN,
  KeyState: 'Enabled',
  KeyManager: 'CUSTOMER',
  KeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  Origin: 'AWS_KMS',
  CreationDate: new Date('2026-08-03T09:00:00Z'),
};

describe('the line of a key', () => {
  test('has what DescribeKey says, and its aliases in order', () => {
    expect(toInventoryLine(METADATA, ['alias/b', 'alias/a'])).toEqual({
      arn: ARN,
      state: 'Enabled',
      manager: 'CUSTOMER',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      createdAt: '2026-08-03T09:00:00.000Z',
      multiRegion: false,
      aliases: ['alias/a', 'alias/b'],
    });
  });

  test('of a multi-Region key that is about to be deleted has its primary and its day', () => {
    const metadata: KeyMetadata = {
      ...METADATA,
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: { Arn: 'primary', Region: 'eu-central-1' },
      },
      DeletionDate: new Date('2026-09-03T09:00:00Z'),
    };
    expect(toInventoryLine(metadata, [])).toMatchObject({
      multiRegion: true,
      primary: 'primary',
      deletionDate: '2026-09-03T09:00:00.000Z',
    });
  });

  test.each(['Arn', 'KeyState', 'KeyManager', 'KeySpec', 'KeyUsage', 'Origin', 'CreationDate'] as const)(
    'cannot be written without %s, which every key has',
    (name) => {
      const { [name]: _left, ...rest } = METADATA;
      expect(() => toInventoryLine(rest as KeyMetadata, [])).toThrow(`KMS answered no ${name}.`);
    },
  );

  test('cannot be written of nothing', () => {
    expect(() => toInventoryLine(undefined, [])).toThrow(TypeError);
  });
});

test('Names in the bucket sort as what they name', () => {
  const numbers = [1, 2, 10, 99, 1_000_000];
  expect(numbers.map(checkpointName).toSorted()).toEqual(numbers.map(checkpointName));
  expect(checkpointName(42)).toBe('checkpoints/000000000042.json');
  expect(inventoryName('2026-08-03T09:15:22.123Z')).toBe('inventory/2026-08-03T091522Z.jsonl.gz');
  expect(publicKeyName('ab')).toBe('keys/ab.pem');
});
