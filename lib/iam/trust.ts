/**
 * Whom the organisation trusts with a key. An empty list means that the organisation has not said it yet, not that it
 * trusts nobody: what needs the list is then left unjudged, and the judgement says which list it needs.
 *
 * Patterns are ARNs in which `*` and `?` are wildcards, e.g. `arn:aws:iam::111122223333:role/KeyAdmin*`.
 */
export interface Trust {
  /** Account that owns the key (or the identity policy), 12 digits. It always trusts itself. */
  readonly keyAccount: string;
  /** Other accounts that may use keys, 12 digits each. */
  readonly trustedAccounts: readonly string[];
  /** Organisations whose members may use keys, e.g. `o-a1b2c3d4e5`. */
  readonly trustedOrganizations: readonly string[];
  /** Patterns of principals of other accounts that may use keys although their account as a whole may not. */
  readonly trustedPrincipals?: readonly string[];
  /** Patterns of those who may administer keys: principals, and IAM policies made for them. */
  readonly administrators: readonly string[];
  /** Patterns of those who may bring key material in from outside. */
  readonly custodians?: readonly string[];
  /** Patterns of those who may have KMS make key pairs and hand out the private key. */
  readonly dataKeyPairRoles?: readonly string[];
}

/** A list of {@link Trust} that was empty and would have decided something. */
export type Need = 'trustedAccounts' | 'trustedOrganizations' | 'administrators' | 'custodians' | 'dataKeyPairRoles';

/** Whether an account is the key's own or on the list. */
export const isTrustedAccount = (account: string, trust: Trust): boolean =>
  account === trust.keyAccount || trust.trustedAccounts.includes(account);
