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
  if (one.person !== undefined && other.person !== undefined) return one.person === other.person;
  return one.sessionIssuer !== undefined && one.sessionIssuer === other.sessionIssuer;
}

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
