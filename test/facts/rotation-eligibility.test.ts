import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyDescription } from '../../lib/facts/key-facts.ts';
import { judgeRotationEligibility } from '../../lib/facts/rotation-eligibility.ts';
import { keyWith } from './key.ts';

describe('a key that KMS can rotate', () => {
  test.each<[string, Partial<KeyDescription>]>([
    ['is customer managed, symmetric, made by KMS, enabled and in one Region', {}],
    ['may be the primary of its replicas', { multiRegion: 'primary', primaryRegion: 'eu-west-1' }],
  ])('%s', (_name, overrides) => {
    expect(judgeRotationEligibility(keyWith(overrides))).toEqual({ eligible: true });
  });
});

describe('a key that KMS cannot rotate', () => {
  test.each<[string, Partial<KeyDescription>, string, string]>([
    ['is managed by AWS', { manager: 'AWS' }, 'AWS manages and rotates it', 'manager'],
    ['has a manager nobody has heard of', { manager: 'PARTNER' }, 'its key manager is PARTNER', 'manager'],
    ['is asymmetric', { spec: 'RSA_4096', usage: 'SIGN_VERIFY' }, 'its key spec is RSA_4096', 'spec'],
    ['is an HMAC key', { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }, 'its key spec is HMAC_256', 'spec'],
    [
      'has a spec nobody has heard of',
      { spec: 'AES_512\nAll is well.' },
      'its key spec is AES_512 All is well.',
      'spec',
    ],
    ['was imported', { origin: 'EXTERNAL' }, 'imported (origin EXTERNAL)', 'origin'],
    ['lives in CloudHSM', { origin: 'AWS_CLOUDHSM' }, 'CloudHSM key store', 'origin'],
    ['lives outside AWS', { origin: 'EXTERNAL_KEY_STORE' }, 'outside AWS', 'origin'],
    ['has an origin nobody has heard of', { origin: 'MOON' }, 'origin MOON', 'origin'],
    ['is a replica', { multiRegion: 'replica', primaryRegion: 'us-east-1' }, 'its primary key in us-east-1', 'replica'],
    ['is a replica of somewhere', { multiRegion: 'replica' }, 'rotates with its primary key', 'replica'],
    ['is disabled', { state: 'Disabled' }, 'it is disabled', 'state'],
    ['is pending deletion', { state: 'PendingDeletion' }, 'it is pending deletion', 'state'],
    ['waits for its replicas to be deleted', { state: 'PendingReplicaDeletion' }, 'waits for its replicas', 'state'],
    ['waits for its material', { state: 'PendingImport' }, 'its key state is PendingImport', 'state'],
    ['is unavailable', { state: 'Unavailable' }, 'its key state is Unavailable', 'state'],
    ['has a state nobody has heard of', { state: 'Frozen' }, 'its key state is Frozen', 'state'],
    ['has a state like a property of every object', { state: 'constructor' }, 'its key state is constructor', 'state'],
  ])('%s', (_name, overrides, reason, obstacle) => {
    const judged = judgeRotationEligibility(keyWith(overrides));
    expect(judged).toEqual({ eligible: false, obstacle, reason: expect.stringContaining(reason) });
  });

  test.each(['Creating', 'Updating'])('in the state %s will be in another one soon', (state) => {
    expect(judgeRotationEligibility(keyWith({ state }))).toMatchObject({ eligible: false, settling: true });
  });

  test('says first what can never change', () => {
    const asymmetric = keyWith({ spec: 'RSA_4096', origin: 'EXTERNAL', multiRegion: 'replica', state: 'Disabled' });
    expect(judgeRotationEligibility(asymmetric)).toMatchObject({ reason: expect.stringContaining('RSA_4096') });
    const imported = { ...asymmetric, spec: 'SYMMETRIC_DEFAULT' };
    expect(judgeRotationEligibility(imported)).toMatchObject({ reason: expect.stringContaining('imported') });
    const replica = { ...imported, origin: 'AWS_KMS' };
    expect(judgeRotationEligibility(replica)).toMatchObject({ reason: expect.stringContaining('replica') });
    expect(judgeRotationEligibility({ ...asymmetric, manager: 'AWS' })).toMatchObject({
      reason: expect.stringContaining('AWS manages'),
    });
  });

  test('gives a reason on one line, whatever KMS answers', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('manager', 'spec', 'origin', 'state'),
        (text, field) => {
          const judged = judgeRotationEligibility(keyWith({ [field]: text }));
          expect(judged.eligible ? '' : judged.reason).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });
});
