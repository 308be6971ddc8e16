import type { Grant, GrantEvidence } from './grant.ts';
import { type GrantBinding, isShapedAsLambda, listBindings } from './grant-bindings.ts';
import { type GrantCaller, readCaller } from './grant-caller.ts';
import { findAccount } from './grant-fields.ts';
import { type Grantee, readGrantee } from './grantee-shape.ts';
import { familyOf } from './known-services.ts';

/** Whether an AWS service has a grant for itself, a person has made it for somebody, or it cannot be told. */
export type GrantMaker = 'service' | 'person' | 'undecidable';

/** What a grant was recognised as. */
export interface Recognition {
  readonly kind: GrantMaker;
  /** The service, e.g. `dynamodb`, when it is known. */
  readonly service?: string;
  /** What tells, as sentences. */
  readonly signs: readonly string[];
}

/** What is known of a grant, taken together. */
interface Signs {
  readonly grant: Grant;
  readonly evidence: GrantEvidence | undefined;
  readonly caller: GrantCaller;
  readonly grantee: Grantee;
  readonly bindings: readonly GrantBinding[];
}

/**
 * Tells whether a grant is a service's own. No single field says so: what AWS sets in the record of the call decides first;
 * what anybody can type (a grantee's name, an encryption context, a retiring service) counts only where it agrees with
 * something else. Taking a grant from a service can make data unreadable for good, so whatever cannot be told is
 * `undecidable`, and nobody may revoke that by himself.
 *
 * @param evidence the record of the CreateGrant call; undefined when only ListGrants is known
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
 */
export function recogniseServiceGrant(grant: Grant, evidence?: GrantEvidence): Recognition {
  const signs: Signs = {
    grant,
    evidence,
    caller: readCaller(evidence),
    grantee: readGrantee(grant),
    bindings: listBindings(grant),
  };
  const kind = DECISIONS[signs.caller.kind](signs);
  const service =
    kind === 'service' ? (signs.grantee.service ?? signs.caller.service ?? signs.bindings[0]?.service) : undefined;
  return { kind, ...(service !== undefined && { service }), signs: describeSigns(signs) };
}

const DECISIONS: Readonly<Record<GrantCaller['kind'], (signs: Signs) => GrantMaker>> = {
  service: () => 'service',
  'other-service': (signs) => (agreesWithCaller(signs) ? 'service' : 'undecidable'),
  provisioner: (signs) => (isService(signs) ? 'service' : 'undecidable'),
  masked: (signs) => (isService(signs) || agreesWithGrantee(signs) ? 'service' : 'undecidable'),
  person: decideForPerson,
  unknown: decideForListed,
};

/** The grantee is a service whoever made the grant: nobody else can be it. */
function isService({ grantee, grant }: Signs): boolean {
  if (grantee.shape === 'granted-service') return grant.constraints?.sourceArn !== undefined;
  return grantee.shape === 'service-linked-role';
}

/** Two signs that must be of one service. */
function agreesWithCaller({ caller, grantee, bindings }: Signs): boolean {
  const family = familyOf(caller.service ?? '');
  const named = grantee.service === undefined ? [] : [familyOf(grantee.service)];
  return [...named, ...bindings.map(({ service }) => service)].includes(family);
}

const agreesWithGrantee = ({ grantee, bindings }: Signs): boolean =>
  grantee.service !== undefined && bindings.some(({ service }) => service === familyOf(grantee.service ?? ''));

/**
 * Somebody's own call. The Auto Scaling guide has customers grant a key of another account to the service-linked role; that
 * grantee is what it says. Any other service-looking grantee was typed. What else looks like a service is only believed
 * of a grantee in the caller's own account: no service grants to somebody's principal elsewhere.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
function decideForPerson(signs: Signs): GrantMaker {
  if (isService(signs)) return 'service';
  const { shape } = signs.grantee;
  if (shape !== 'session' && shape !== 'principal') return 'undecidable';
  const account = findAccount(signs.grant.granteePrincipal ?? '');
  const atHome = account !== undefined && account === signs.evidence?.accountId;
  return atHome && signs.bindings.length > 0 ? 'undecidable' : 'person';
}

/**
 * Only ListGrants is known. A service's name is believed when something ties the grant to the same service. People grant to
 * users and roles, so that one of these without any sign of a service is a person's; a session may be Lambda's.
 */
function decideForListed(signs: Signs): GrantMaker {
  if (isService(signs) || signs.grantee.shape === 'ec2-infrastructure') return 'service';
  if (agreesWithGrantee(signs) || isShapedAsLambda(signs.grant)) return 'service';
  return signs.grantee.shape === 'principal' && signs.bindings.length === 0 ? 'person' : 'undecidable';
}

function describeSigns({ caller, grantee, bindings, grant }: Signs): string[] {
  return [caller.says, SHAPES[grantee.shape](grant), ...bindings.map(({ says }) => says)];
}

const SHAPES: Readonly<Record<Grantee['shape'], (grant: Grant) => string>> = {
  'service-linked-role': ({ granteePrincipal }) => `The grantee ${granteePrincipal} is a service-linked role.`,
  'granted-service': ({ granteeServicePrincipal }) =>
    `The grant names the service ${granteeServicePrincipal} as its grantee.`,
  'service-name': ({ granteePrincipal }) => `The grantee is written as the name of a service, ${granteePrincipal}.`,
  'ec2-infrastructure': () => 'The grantee is the session by which EC2 attaches encrypted volumes.',
  hidden: () => 'AWS hides the grantee.',
  session: ({ granteePrincipal }) => `The grantee ${granteePrincipal} is a role session.`,
  principal: ({ granteePrincipal }) => `The grantee is ${granteePrincipal}.`,
  none: () => 'The grant does not say who its grantee is.',
};
