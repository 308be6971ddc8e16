import type { Actor, KeyAction } from '../event/key-action.ts';
import { type GrantEvidence, type RecordedGrant, readGrantRecord } from '../iam/grant.ts';

/**
 * Reads the grant that a CreateGrant action made, from what the action says: KMS may list a new grant only after minutes.
 *
 * @throws {UnreadableGrantError} when it is another action, when the call made no grant, or when a field has another form
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
 */
export function grantOfAction(action: KeyAction): RecordedGrant {
  const { actor, api, eventSource, time, request, response, subject, error } = action;
  const { grant } = readGrantRecord({
    eventSource,
    eventName: api,
    eventTime: time,
    errorCode: error?.code,
    requestParameters: request,
    responseElements: response,
    resources: [{ ARN: subject }],
    userIdentity: { accountId: actor.accountId },
  });
  return { grant, evidence: evidenceOf(actor) };
}

/** What the actor of a CreateGrant action says about who made the grant: a service for itself, or a person. */
export const evidenceOf = ({
  type,
  arn,
  accountId,
  invokedBy,
  sourceIp,
  userAgent,
  sessionIssuer,
}: Actor): GrantEvidence => ({
  actorType: type,
  ...(arn === undefined ? {} : { actorArn: arn }),
  ...(accountId === undefined ? {} : { accountId }),
  ...(invokedBy === undefined ? {} : { invokedBy }),
  ...(sourceIp === undefined ? {} : { sourceIp }),
  ...(userAgent === undefined ? {} : { userAgent }),
  ...(sessionIssuer === undefined ? {} : { sessionIssuer }),
});
