import type { Grant } from './grant.ts';
import { present } from './grant-fields.ts';

/** Parameters of CreateGrant, as the SDK names them. */
export interface CreateGrantRequest {
  readonly KeyId: string;
  readonly Operations: readonly string[];
  readonly GranteePrincipal?: string;
  readonly GranteeServicePrincipal?: string;
  readonly RetiringPrincipal?: string;
  readonly RetiringServicePrincipal?: string;
  readonly Constraints?: {
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>;
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>;
    readonly SourceArn?: string;
  };
  readonly Name?: string;
}

/** Parameters of RevokeGrant, as the SDK names them. */
export interface RevokeGrantRequest {
  readonly KeyId: string;
  readonly GrantId: string;
}

/** The call that makes an equal grant, or why there is none; and what will not be the same. */
export interface GrantRestoration {
  /** Absent when the grant does not say all that the call needs. */
  readonly request?: CreateGrantRequest;
  /** What no call can bring back, and what to mind, as sentences. */
  readonly lost: readonly string[];
}

/**
 * Makes the request that revokes a grant. Only a judgement says whether it may be sent.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html
 */
export const revokeRequest = ({ keyArn, grantId }: Grant): RevokeGrantRequest => ({ KeyId: keyArn, GrantId: grantId });

/**
 * Makes the request that gives back what a grant gave.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
 */
export function restoreRequest(grant: Grant): GrantRestoration {
  const obstacle = findObstacle(grant);
  const lost = listLosses(grant);
  return obstacle === undefined ? { request: makeRequest(grant), lost } : { lost: [obstacle, ...lost] };
}

function makeRequest(grant: Grant): CreateGrantRequest {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints ?? {};
  return {
    KeyId: grant.keyArn,
    Operations: grant.operations,
    ...present({
      GranteePrincipal: grant.granteePrincipal,
      GranteeServicePrincipal: grant.granteeServicePrincipal,
      RetiringPrincipal: grant.retiringPrincipal,
      RetiringServicePrincipal: grant.retiringServicePrincipal,
      Constraints: grant.constraints && {
        ...present({
          EncryptionContextSubset: encryptionContextSubset,
          EncryptionContextEquals: encryptionContextEquals,
          SourceArn: sourceArn,
        }),
      },
      Name: grant.name,
    }),
  };
}

function findObstacle({ granteePrincipal, granteeServicePrincipal, operations }: Grant): string | undefined {
  if (operations.length === 0) return 'The grant cannot be restored: its operations are not known.';
  const grantee = granteeServicePrincipal ?? granteePrincipal;
  if (grantee === undefined) return 'The grant cannot be restored: its grantee is not known.';
  if (!/^A(?:ROA|IDA)[A-Z0-9]+(?::|$)/.test(grantee)) return undefined;
  return `The grant cannot be restored: its grantee ${grantee} no longer exists, and KMS takes no unique id.`;
}

/** An equal grant is another grant; nobody can choose its id, and KMS gives its token only in the answer. */
function listLosses({ grantId, createdAt, issuingAccount }: Grant): string[] {
  return [
    `The restored grant gets a new id instead of ${grantId}; whoever retires it by its id must be told.`,
    'Grant tokens of the old grant stay invalid.',
    `The restored grant counts as created when it is restored${createdAt === undefined ? '' : `, not at ${createdAt}`}.`,
    ...(issuingAccount === undefined
      ? []
      : [`It is issued by the account that restores it; the old one was issued by ${issuingAccount}.`]),
  ];
}
