import type { Actor, Outcome } from '../event/key-action.ts';

/** One cryptographic operation, as far as it is counted. */
export interface OneUse {
  /** ARNs of the keys that it was for: two for a ReEncrypt. */
  readonly keys: readonly string[];
  /** Account whose trail has the record (`recipientAccountId`). */
  readonly account: string;
  readonly caller: Caller;
  readonly operation: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly eventId: string;
  readonly outcome: Outcome;
}

/** Who used a key. Sessions are taken together, because each has a name of its own and there is no end of them. */
export interface Caller {
  /**
   * ARN of the role behind a session, of a user, or of the root user; the name of a service that called for itself; of a
   * caller from another account, `<account> <unique id>`, because the owner of the key is told no more.
   */
  readonly principal: string;
  /** The service that called for it, e.g. `dynamodb.amazonaws.com`. */
  readonly via?: string;
}

/**
 * Names who used a key.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function nameCaller(actor: Actor): Caller {
  const { arn, sessionIssuer, invokedBy } = actor;
  const principal = sessionIssuer ?? (arn === undefined ? undefined : leaveOutSession(arn)) ?? nameWithoutArn(actor);
  if (principal !== undefined) return invokedBy === undefined ? { principal } : { principal, via: invokedBy };
  return { principal: invokedBy ?? UNTOLD };
}

/** What is said of a caller whom the record does not name. */
export const UNTOLD = 'untold';

/** Without its issuer, a session is known by the role in its own ARN, which leaves the role's path out. */
const leaveOutSession = (arn: string): string =>
  /^(arn:[a-z-]+:sts::\d{12}:assumed-role\/[^/]+)\//.exec(arn)?.[1] ?? arn;

/** Behind the colon of a `principalId` is the name of the session. */
function nameWithoutArn({ accountId, principalId }: Actor): string | undefined {
  const id = principalId?.split(':')[0];
  const parts = [accountId, id].filter((part) => part !== undefined && part !== '');
  return id === undefined || id === '' ? undefined : parts.join(' ');
}
