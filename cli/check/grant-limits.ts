import type { GrantLimits } from '../../lib/iam/grant.ts';
import type { Policy } from '../../lib/policy/policy.ts';

/** The limits of the policy file; without one, a grant must be constrained and may be of any age. */
export const grantLimits = (policy: Policy | undefined): GrantLimits =>
  policy === undefined
    ? { requireConstraint: true }
    : {
        ttlDays: policy.grants.maximumAgeDays,
        requireConstraint: policy.grants.requireConstraint,
        profiles: policy.grants.profiles,
      };
