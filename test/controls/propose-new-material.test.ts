import { describe, expect, test } from '@jest/globals';
import { proposeNewMaterial } from '../../lib/controls/judgement/propose-new-material.ts';
import manualRotation from '../../lib/controls/manual-rotation-on-schedule.ts';
import { known } from '../../lib/facts/key-facts.ts';
import { factsOf, KEY_ARN, keyWith, REGION } from '../facts/key.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';

const NONE = { done: [] };

describe('the proposal for a key that is too old and that KMS cannot rotate', () => {
  test('is part of the judgement, and only of a violation', () => {
    const judgeAt = (createdAt: string) =>
      manualRotation.verify({
        facts: {
          ...factsOf({ spec: 'RSA_4096', usage: 'SIGN_VERIFY', createdAt }),
          rotations: known(NONE),
          history: known({ tags: {} }),
        },
        policy: POLICY,
        now: NOW,
        ownRoles: OWN_ROLES,
        ownResources: OWN_RESOURCES,
      });
    expect(judgeAt('2024-01-02T00:00:00Z').proposal).toContain('aws kms update-alias');
    expect(judgeAt('2026-01-02T00:00:00Z').proposal).toBeUndefined();
  });

  test.each([
    ['SIGN_VERIFY', 'RSA_4096', 'Publish the new public key'],
    ['GENERATE_VERIFY_MAC', 'HMAC_256', 'Make new MACs'],
    ['KEY_AGREEMENT', 'ECC_NIST_P256', 'Give the new public key'],
    ['ENCRYPT_DECRYPT', 'RSA_4096', 're-encrypt'],
    ['TELEPORTATION', 'QUARK_1', 'protected anew'],
    ['__proto__', 'QUARK_1', 'protected anew'],
  ])('of usage %s replaces it by one of its kind, moves the alias and disables the old one', (usage, spec, after) => {
    const steps = proposeNewMaterial(keyWith({ usage, spec }), NONE).split('\n');
    expect(steps).toEqual([
      expect.stringContaining(
        `1. Create a new key of the same kind: aws kms create-key --key-usage ${usage} --key-spec ${spec} --region ${REGION}`,
      ),
      expect.stringContaining('2. Move each alias to it: aws kms update-alias'),
      expect.stringContaining(after),
      expect.stringContaining(`aws kms disable-key --key-id ${KEY_ARN} --region ${REGION}`),
    ]);
  });

  test.each([
    ['AWS_CLOUDHSM', 'SYMMETRIC_DEFAULT', 'no', '--origin AWS_CLOUDHSM --custom-key-store-id STORE'],
    ['EXTERNAL', 'RSA_4096', 'no', '--origin EXTERNAL'],
    ['AWS_KMS', 'RSA_4096', 'primary', '--multi-region'],
  ] as const)('of origin %s and spec %s makes the new one the same way', (origin, spec, multiRegion, option) => {
    expect(proposeNewMaterial(keyWith({ origin, spec, multiRegion }), NONE)).toContain(option);
  });

  test('imports new material beside the old and puts it into use, where KMS can do that', () => {
    const key = keyWith({ origin: 'EXTERNAL' });
    expect(proposeNewMaterial(key, NONE).split('\n')).toEqual([
      expect.stringContaining('1. Make new key material'),
      expect.stringMatching(/^2\. Import it beside the old: .*--import-type NEW_KEY_MATERIAL .*eu-west-1\.$/),
      `3. Put the new material into use: aws kms rotate-key-on-demand --key-id ${KEY_ARN} --region ${REGION}`,
    ]);
    expect(proposeNewMaterial({ ...key, multiRegion: 'primary' }, NONE)).toContain('into every replica');
  });

  test('only puts into use what was imported and waits', () => {
    const waiting = proposeNewMaterial(keyWith({ origin: 'EXTERNAL' }), { done: [], materialWaits: true });
    expect(waiting).toBe(
      `1. Put the new material into use: aws kms rotate-key-on-demand --key-id ${KEY_ARN} --region ${REGION}`,
    );
  });
});
