import type { Trust } from '../iam/trust.ts';
import type { Policy } from './policy.ts';

/**
 * Whom the organisation trusts with a key, as its policy file says. A list that the file leaves empty stays empty: nobody
 * has been named yet, and the judgements say which list they need.
 *
 * @param keyAccount account that owns the key (or the identity policy), 12 digits; it always trusts itself
 */
export const trustOf = ({ trust, keyMaterial }: Policy, keyAccount: string): Trust => ({
  keyAccount,
  trustedAccounts: trust.accounts,
  trustedOrganizations: trust.organizations,
  administrators: trust.administrators,
  custodians: keyMaterial.custodians,
  dataKeyPairRoles: keyMaterial.dataKeyPairRoles,
});
