import { describe, expect, test } from '@jest/globals';
import { trustOf } from '../../lib/policy/trust-of.ts';
import { POLICY } from '../controls/control-case.ts';

describe('the trust of a policy', () => {
  test('is whom its file names, and the account of the key', () => {
    const policy = {
      ...POLICY,
      trust: { accounts: ['444455556666'], organizations: ['o-a1b2c3d4e5'], administrators: ['arn:aws:iam::1:role/a'] },
      keyMaterial: {
        origins: POLICY.keyMaterial.origins,
        custodians: ['arn:aws:iam::1:role/c'],
        dataKeyPairRoles: ['arn:aws:iam::1:role/d'],
      },
    };
    expect(trustOf(policy, '111122223333')).toEqual({
      keyAccount: '111122223333',
      trustedAccounts: ['444455556666'],
      trustedOrganizations: ['o-a1b2c3d4e5'],
      administrators: ['arn:aws:iam::1:role/a'],
      custodians: ['arn:aws:iam::1:role/c'],
      dataKeyPairRoles: ['arn:aws:iam::1:role/d'],
    });
  });

  test('names nobody while the file that ships with Keywarden does not', () => {
    expect(trustOf(POLICY, '111122223333')).toMatchObject({
      trustedAccounts: [],
      trustedOrganizations: [],
      administrators: [],
    });
  });
});
