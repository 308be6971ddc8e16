import type { Actor } from '../event/key-action.ts';
import { classifyPrincipal } from '../iam/principal.ts';
import { isListed } from '../iam/principal-match.ts';
import { showText } from './plain-text.ts';

/**
 * Whether the policy file names an actor: the session or user itself, or the role behind the session. A person's name is
 * never taken for it: whoever opens a session may choose that name.
 *
 * @param patterns ARNs of principals, `*` for any characters in the name
 */
export const isNamed = ({ arn, sessionIssuer }: Actor, patterns: readonly string[]): boolean =>
  [arn, sessionIssuer].some((one) => one !== undefined && isListed(classifyPrincipal('AWS', one), patterns));

/**
 * Whether two actions were done by the same somebody: the same session or user, or the same person in whatever role. Two
 * sessions of one role without a person are taken for one: who is behind them cannot be told apart.
 */
export function isSameActor(one: Actor, other: Actor): boolean {
  if (one.arn !== undefined && one.arn === other.arn) return true;
  // Whoever opens a session may write an e-mail address in any case.
  if (one.person !== undefined && other.person !== undefined) {
    return one.person.toLowerCase() === other.person.toLowerCase();
  }
  return one.sessionIssuer !== undefined && one.sessionIssuer === other.sessionIssuer;
}

/**
 * Whether two persons in one role may be one: of a session of an ordinary role the name is chosen by whoever opens it, so that
 * two names there do not show two persons. IAM Identity Center chooses the names itself, and a source identity stands beside
 * the name.
 *
 * @param other not the same actor, by {@link isSameActor}
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)
 */
export const mayBeSameActor = (one: Actor, other: Actor): boolean =>
  one.sessionIssuer !== undefined &&
  one.sessionIssuer === other.sessionIssuer &&
  (isNamedByCaller(one) || isNamedByCaller(other));

const isNamedByCaller = (actor: Actor): boolean =>
  !isOfIdentityCenter(actor) && actor.arn !== undefined && actor.arn.endsWith(`/${actor.person}`);

/**
 * Whether it is a session of a role of IAM Identity Center, the path of which nobody else can use.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export const isOfIdentityCenter = ({ sessionIssuer }: Actor): boolean =>
  sessionIssuer !== undefined && IDENTITY_CENTER.test(sessionIssuer);

const IDENTITY_CENTER = /:role\/aws-reserved\/sso\.amazonaws\.com\//;

/** An AWS service that acts by itself, or KMS: nobody whom a list could name, and nobody to ask. */
export const isService = ({ type }: Actor): boolean => type === 'AWSService' || type === 'AWSInternal';

/** Whether the record says who did it in a way that a list can be compared with. */
export const isIdentified = ({ arn, sessionIssuer }: Actor): boolean =>
  arn !== undefined || sessionIssuer !== undefined;

/** How sentences call an actor: the person and what they acted as, else the ARN, else the service, else the type. */
export function nameActor({ person, arn, sessionIssuer, invokedBy, type }: Actor): string {
  const as = sessionIssuer ?? arn;
  const who = person !== undefined && as !== undefined ? `${person} as ${as}` : (person ?? arn ?? invokedBy ?? type);
  return showText(who);
}
