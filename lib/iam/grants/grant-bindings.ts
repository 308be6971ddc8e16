import type { Grant } from './grant.ts';
import { familyOf, readServiceName } from './known-services.ts';

/** Something in a grant that ties it to one AWS service. Whoever makes a grant can write it, so it never tells alone. */
export interface GrantBinding {
  /** The family of the service. */
  readonly service: string;
  readonly says: string;
}

/**
 * Lists what ties a grant to services: `aws:<service>:...` keys of its encryption context, its SourceArn, and a service
 * that may retire it.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export function listBindings(grant: Grant): readonly GrantBinding[] {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints ?? {};
  const keys = Object.keys({ ...encryptionContextEquals, ...encryptionContextSubset });
  const retiring = [grant.retiringPrincipal, grant.retiringServicePrincipal].flatMap((one) => one ?? []);
  return [
    ...keys.flatMap((key) => bind(/^aws:([a-z0-9-]+):/i.exec(key)?.[1], `Its encryption context has the key ${key}.`)),
    ...bind(/^arn:aws(?:-[a-z]+)*:([a-z0-9-]+):/.exec(sourceArn ?? '')?.[1], `Its SourceArn is ${sourceArn}.`),
    ...retiring.flatMap((one) => bind(readServiceName(one), `The service ${one} may retire it.`)),
  ];
}

const bind = (service: string | undefined, says: string): GrantBinding[] =>
  service === undefined ? [] : [{ service: familyOf(service.toLowerCase()), says }];

/**
 * Whether a grant has all that Lambda gives the grants of its functions: the session of the function's role is grantee and
 * retiring principal at once, and the encryption context names a function of the same account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html
 */
export function isShapedAsLambda({ granteePrincipal, retiringPrincipal, constraints }: Grant): boolean {
  const context = { ...constraints?.encryptionContextSubset, ...constraints?.encryptionContextEquals };
  const functionOwner = /^arn:aws(?:-[a-z]+)*:lambda:[a-z0-9-]+:(\d{12}):function:/.exec(
    context['aws:lambda:FunctionArn'] ?? '',
  )?.[1];
  const granteeOwner = /^arn:aws(?:-[a-z]+)*:sts::(\d{12}):assumed-role\//.exec(granteePrincipal ?? '')?.[1];
  return functionOwner !== undefined && functionOwner === granteeOwner && granteePrincipal === retiringPrincipal;
}
