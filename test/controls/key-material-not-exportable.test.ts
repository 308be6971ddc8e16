import { describe, expect, test } from '@jest/globals';
import control from '../../lib/controls/key-material-not-exportable.ts';
import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread } from '../../lib/facts/key-facts.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';
import { EVE, inRole, NAMED, SERVICE } from './people.ts';

const STORE = 'arn:aws:kms:eu-west-1:111122223333:custom-key-store/cks-1234567890abcdef0';
const CUSTODIAN = inRole('Custodian', 'dana@example.com');

const verify = (api: string, actor: Actor, request: Record<string, unknown>, policy = NAMED) =>
  control.verify({
    action: actionOf(api, { actor, subject: STORE, keys: [], request }),
    facts: factsUnread('a key store has no such facts'),
    policy,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  });

const OUTSIDE = { customKeyStoreName: 'outside', customKeyStoreType: 'EXTERNAL_KEY_STORE' };
const PROXY = { customKeyStoreId: 'cks-1234567890abcdef0', xksProxyUriEndpoint: 'https://kms.example.com' };

describe('a key store outside of AWS', () => {
  test.each([
    ['CreateCustomKeyStore', OUTSIDE, 'was made, which keeps its material outside of AWS'],
    ['UpdateCustomKeyStore', PROXY, 'which keeps its material outside of AWS, was changed'],
  ] as const)('is for custodians: %s', (api, request, says) => {
    expect(control.events).toContain(api);
    expect(verify(api, CUSTODIAN, request).verdict).toBe('compliant');
    expect(verify(api, EVE, request)).toEqual({
      verdict: 'violation',
      reason: expect.stringMatching(
        new RegExp(`^Key store cks-1234567890abcdef0,? ${says}, by eve@example.com as .*, who is no custodian\\.$`),
      ),
    });
    expect(verify(api, EVE, request, POLICY)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('keyMaterial.custodians of the policy file names nobody'),
    });
  });

  test.each([
    ['CreateCustomKeyStore', { customKeyStoreName: 'inside', clusterId: 'cluster-1a23b4cdefg' }],
    ['CreateCustomKeyStore', { customKeyStoreName: 'inside', customKeyStoreType: 'AWS_CLOUDHSM' }],
    ['UpdateCustomKeyStore', { customKeyStoreId: 'cks-1234567890abcdef0', newCustomKeyStoreName: 'inside' }],
  ] as const)('is not meant by %s of one in AWS CloudHSM', (api, request) => {
    expect(verify(api, EVE, request)).toMatchObject({ verdict: 'not-applicable' });
  });
});

describe('a finding is about', () => {
  const item = (api: string, actor: Actor, request: Record<string, unknown> = {}) =>
    control.item?.(actionOf(api, { actor, request }));
  const DEEDS = ['ImportKeyMaterial', 'GetParametersForImport', 'GenerateDataKeyPair', 'CreateCustomKeyStore'];

  test.each(DEEDS)('the role that did %s, whoever was in it, and whatever anybody else did', (api) => {
    expect(item(api, EVE)).toBe(`${api} arn:aws:iam::111122223333:role/Contractor`);
    expect(item(api, inRole('Contractor', 'frank@example.com'))).toBe(item(api, EVE));
    expect(item(api, CUSTODIAN)).not.toBe(item(api, EVE));
    // What AWS does by itself must not close what is found about the policy of the key.
    expect(item(api, SERVICE)).toBe(`${api} example.amazonaws.com`);
  });

  test('the Region of a replica', () => {
    expect(item('ReplicateKey', EVE, { replicaRegion: 'us-east-1' })).toBe('replica us-east-1');
    expect(item('ReplicateKey', EVE)).toBe('replica ?');
  });

  test.each(['CreateKey', 'PutKeyPolicy', 'DeleteKey', 'VerifyKey', 'constructor'])(
    'the key as a whole, when its policy is judged: %s',
    (api) => {
      expect(item(api, EVE)).toBeUndefined();
    },
  );
});
