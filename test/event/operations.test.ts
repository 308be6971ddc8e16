import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import { describe, expect, test } from '@jest/globals';
import { IAM_OPERATIONS } from '../../lib/event/iam-operations.ts';
import { findOperation, OPERATIONS } from '../../lib/event/operations.ts';

const operationsOfTheSdk = Object.keys(kms)
  .filter((name) => /^[A-Z]\w+Command$/.test(name))
  .map((name) => name.slice(0, -'Command'.length));

describe('the catalogue of operations', () => {
  test.each(operationsOfTheSdk)('knows %s, which the SDK can call', (name) => {
    expect(findOperation(name).kind).not.toBe('unrecognised');
  });

  test('knows, besides what the SDK can call, exactly what KMS does by itself', () => {
    const others = [...OPERATIONS.keys()].filter((name) => !operationsOfTheSdk.includes(name));
    expect(others.sort()).toEqual(['DeleteExpiredKeyMaterial', 'DeleteKey', 'RotateKey', 'SynchronizeMultiRegionKey']);
  });

  test('gives every operation one entry and a step of the procedure', () => {
    for (const { kind, step } of OPERATIONS.values()) {
      expect(['lifecycle', 'use', 'read']).toContain(kind);
      expect(step).toMatch(/^4\.[1-5]\.[1-3]$/);
    }
  });

  test.each([
    ['4.1.1', 'lifecycle', ['CreateKey', 'ReplicateKey']],
    ['4.2.1', 'lifecycle', ['CreateGrant', 'RevokeGrant', 'RetireGrant']],
    ['4.2.3', 'use', ['Decrypt', 'GenerateDataKeyPairWithoutPlaintext', 'Sign', 'Encapsulate', 'Decapsulate']],
    ['4.3.1', 'lifecycle', ['ImportKeyMaterial', 'ConnectCustomKeyStore', 'SynchronizeMultiRegionKey']],
    ['4.3.1', 'read', ['GetParametersForImport']],
    ['4.3.2', 'lifecycle', ['PutKeyPolicy', 'DisableKey', 'UpdateAlias', 'TagResource', 'UpdatePrimaryRegion']],
    ['4.3.2', 'read', ['DescribeKey', 'GetPublicKey', 'ListKeys']],
    ['4.4.1', 'lifecycle', ['EnableKeyRotation', 'DisableKeyRotation']],
    ['4.4.2', 'lifecycle', ['RotateKeyOnDemand', 'RotateKey']],
    ['4.5.1', 'lifecycle', ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteImportedKeyMaterial']],
    ['4.5.3', 'lifecycle', ['DeleteKey', 'DeleteExpiredKeyMaterial']],
  ])('puts into step %s as %s: %j', (step, kind, names) => {
    for (const name of names) expect(findOperation(name)).toEqual({ kind, step });
  });

  test.each(['TeleportKey', 'createkey', '', 'constructor', '__proto__', 'toString'])(
    'calls the operation %j, which KMS does not have, unrecognised',
    (name) => {
      expect(findOperation(name)).toEqual({ kind: 'unrecognised', step: 'unrecognised' });
    },
  );
});

describe('the operations of IAM', () => {
  const operationsOfIam = Object.keys(iam)
    .filter((name) => /^[A-Z]\w+Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length));

  test('that are known are operations that the SDK can call', () => {
    expect([...IAM_OPERATIONS.keys()].filter((name) => !operationsOfIam.includes(name))).toEqual([]);
  });

  test('that write a policy of a user, group or role, or decide who has one, are all known', () => {
    const writes = operationsOfIam.filter((name) =>
      /^(Put|Create|SetDefault|Attach|Detach|Delete)\w*Policy/.test(name),
    );
    const others = ['DeleteAccountPasswordPolicy'];
    expect(writes.filter((name) => !IAM_OPERATIONS.has(name) && !others.includes(name))).toEqual([]);
    expect(writes.length).toBeGreaterThan(15);
  });

  test('are found for IAM only', () => {
    expect(findOperation('PutRolePolicy', 'iam.amazonaws.com')).toEqual({ kind: 'lifecycle', step: '4.2.1' });
    expect(findOperation('PutRolePolicy').kind).toBe('unrecognised');
    expect(findOperation('CreateKey', 'iam.amazonaws.com').kind).toBe('unrecognised');
  });
});
