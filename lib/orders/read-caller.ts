import type { Actor } from '../event/key-action.ts';
import type { Who } from './context.ts';
import type { Caller } from './order.ts';

/**
 * Names the caller of the function URL in the words of CloudTrail's records. Of a session, AWS gives the ARN without the path
 * of its role, so that no role is named: names of roles are unique in an account whatever their paths, and the policy file is
 * compared by them.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload (requestContext.authorizer.iam)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (names of roles)
 */
export function readCaller({ arn, accountId, principalId, sourceIp, userAgent }: Caller): Who {
  const { type, name } = readArn(arn);
  const actor: Actor = {
    type,
    arn,
    accountId,
    ...(principalId === undefined ? {} : { principalId }),
    ...(name === undefined ? {} : { person: name }),
    ...(sourceIp === undefined ? {} : { sourceIp }),
    ...(userAgent === undefined ? {} : { userAgent }),
    bySelf: false,
  };
  return { by: { name: name ?? `the root user of account ${accountId}`, arn, verified: true }, actor };
}

const SESSION = /^arn:aws(?:-[a-z]+)*:sts::\d{12}:assumed-role\/([^/]+)\/(.+)$/;
const FEDERATED = /^arn:aws(?:-[a-z]+)*:sts::\d{12}:federated-user\/(.+)$/;
const USER = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:user\/(?:.*\/)?([^/]+)$/;
const ROOT = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:root$/;

/** @returns the type as `userIdentity.type` has it, and how the session or user is called; no name of the root user */
export function readArn(arn: string): { readonly type: string; readonly name?: string; readonly role?: string } {
  const session = SESSION.exec(arn);
  if (session !== null) return { type: 'AssumedRole', role: session[1] ?? '', name: session[2] ?? '' };
  const federated = FEDERATED.exec(arn);
  if (federated !== null) return { type: 'FederatedUser', name: federated[1] ?? '' };
  const user = USER.exec(arn);
  if (user !== null) return { type: 'IAMUser', name: user[1] ?? '' };
  return ROOT.test(arn) ? { type: 'Root' } : { type: 'Unknown', name: arn };
}
