import type { Trust } from '../../lib/iam/trust.ts';
import { trustOf } from '../../lib/policy/trust-of.ts';
import type { CheckContext } from './kind.ts';

/** Whom a key of an account trusts: what the policy file says, and without one nobody has been named yet. */
export const checkTrust = ({ policy }: CheckContext, keyAccount: string): Trust =>
  policy === undefined
    ? { keyAccount, trustedAccounts: [], trustedOrganizations: [], administrators: [] }
    : trustOf(policy, keyAccount);
