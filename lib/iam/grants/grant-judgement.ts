import type { Need, Trust } from '../trust.ts';
import type { GrantEvidence } from './grant.ts';
import type { RevokeGrantRequest } from './grant-requests.ts';
import type { Recognition } from './recognise-service-grant.ts';

/**
 * The rules for grants:
 * - G1: the grantee is one principal of an account that the organisation trusts, not an account as a whole, not everybody;
 * - G2: only services may pass a grant on (CreateGrant among its operations);
 * - G3: the operations are within the profile of the grantee;
 * - G4: an encryption context or a SourceArn constrains the use of a symmetric key;
 * - G5: the grant is no older than the limit, and its grantee still exists;
 * - G6: no other grant gives the same.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 */
export type GrantRule = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6';

export type GrantSeverity = 'low' | 'medium' | 'high' | 'critical';

/** One thing that is wrong with a grant. */
export interface GrantFinding {
  readonly rule: GrantRule;
  readonly severity: GrantSeverity;
  readonly grantId: string;
  /** The grantee as written; absent when the grant does not say. */
  readonly principal?: string;
  /** Operations that are too much; empty when it is not about operations. */
  readonly excess: readonly string[];
  /** One sentence for the security officer; ends with a period. */
  readonly reason: string;
}

/** Which operations some grantees may get. */
export interface GrantProfile {
  /** Patterns of the grantee with `*` and `?`. */
  readonly grantees: readonly string[];
  /** Grant operations, e.g. `Decrypt`. */
  readonly operations: readonly string[];
}

/** The limits of the organisation's policy. */
export interface GrantLimits {
  /** Oldest age of a grant, in days; absent when there is no limit. */
  readonly ttlDays?: number;
  /** A grantee may have what any matching profile allows; nothing limits the operations of one that matches none. */
  readonly profiles?: readonly GrantProfile[];
  /** Whether a grant on a symmetric key must be constrained. */
  readonly requireConstraint: boolean;
}

/** What is true of the key; what could not be read is absent. */
export interface GrantedKey {
  /** `CUSTOMER` or `AWS`. */
  readonly manager?: string;
  /** Key spec, e.g. `SYMMETRIC_DEFAULT`. */
  readonly spec?: string;
}

/** A fact about the grantee, or why it could not be read. */
export type GranteeExists =
  | { readonly known: true; readonly value: boolean }
  | { readonly known: false; readonly reason: string };

/** All that a grant is judged by. */
export interface GrantContext {
  readonly trust: Trust;
  readonly key: GrantedKey;
  readonly limits: GrantLimits;
  readonly now: Date;
  /** The record of the call that made the grant; absent when only ListGrants is known. */
  readonly evidence?: GrantEvidence;
  /** Absent when nobody looked, so that it is not judged. */
  readonly granteeExists?: GranteeExists;
  /** Id of an older grant that gives the same, see `findDuplicateGrants`. */
  readonly duplicateOf?: string;
}

/** What a rule says about a grant. */
export interface GrantRemark {
  readonly findings?: readonly GrantFinding[];
  /** What could not be judged, as sentences. */
  readonly unclear?: readonly string[];
  readonly needs?: readonly Need[];
  /** Why the grant must not be revoked even though it may break a rule. */
  readonly keep?: string;
}

/** What was found out about one grant. */
export interface GrantJudgement {
  readonly verdict: 'compliant' | 'violation' | 'not-applicable' | 'unknown';
  /** The highest of the findings; absent when there are none. */
  readonly severity?: GrantSeverity;
  /** What breaks a rule; for a grant that cannot be told from a service's, what would if it is a person's. */
  readonly findings: readonly GrantFinding[];
  readonly unclear: readonly string[];
  /** Lists of the organisation that are empty and would have decided something. */
  readonly needs: readonly Need[];
  readonly recognition: Recognition;
  /** All of it in one sentence; ends with a period. */
  readonly reason: string;
  /** The request that puts it right. Only for a person's grant that breaks a rule and that nothing speaks for keeping. */
  readonly revoke?: RevokeGrantRequest;
  /** Why there is no `revoke` although something is wrong or unclear. */
  readonly keep?: string;
}
