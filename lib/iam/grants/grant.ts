/**
 * A grant on a KMS key, from ListGrants or from the record of the call that made it.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
 */
export interface Grant {
  readonly grantId: string;
  readonly keyArn: string;
  /** ARN, or the name of an AWS service when a service made the grant for itself. */
  readonly granteePrincipal?: string;
  /** Name of the AWS service that got the grant outright, e.g. `dynamodb.amazonaws.com`. */
  readonly granteeServicePrincipal?: string;
  readonly retiringPrincipal?: string;
  readonly retiringServicePrincipal?: string;
  /** Empty when the source does not say them. */
  readonly operations: readonly string[];
  /** Absent when nothing constrains the grant. */
  readonly constraints?: GrantConstraints;
  /** Account under which the grant was issued, 12 digits. */
  readonly issuingAccount?: string;
  /** ISO 8601, UTC. */
  readonly createdAt?: string;
  readonly name?: string;
}

/** A constraint without any pair constrains nothing and is left out. */
export interface GrantConstraints {
  readonly encryptionContextSubset?: Readonly<Record<string, string>>;
  readonly encryptionContextEquals?: Readonly<Record<string, string>>;
  readonly sourceArn?: string;
}

/**
 * What the record of the CreateGrant call says about who made it.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export interface GrantEvidence {
  /** `userIdentity.type`; `Unknown` when the record has none. */
  readonly actorType: string;
  readonly actorArn?: string;
  readonly accountId?: string;
  /** Set by AWS when a service makes the call, never by the caller. */
  readonly invokedBy?: string;
  /** Set by AWS: an address, the DNS name of a service, or `AWS Internal`. */
  readonly sourceIp?: string;
  /** Chosen by the caller: it proves nothing. */
  readonly userAgent?: string;
  /** ARN of the role behind the session. */
  readonly sessionIssuer?: string;
}

/** Who holds a grant, as it is written; undefined when the source does not say. */
export const granteeOf = (grant: Grant): string | undefined => grant.granteeServicePrincipal ?? grant.granteePrincipal;
