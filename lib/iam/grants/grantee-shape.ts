import { classifyPrincipal } from '../principal.ts';
import type { Grant } from './grant.ts';
import { readServiceName } from './known-services.ts';

/**
 * What the grantee looks like:
 * - `service-linked-role`: a role that only one service can assume. IAM keeps its path for services, so nobody can give a
 *   role of their own this ARN;
 * - `granted-service`: a service in GranteeServicePrincipal, which KMS takes only together with a SourceArn;
 * - `service-name`: a service in GranteePrincipal, where the API has no place for one;
 * - `ec2-infrastructure`: the session by which EC2 attaches encrypted volumes. No role can have a colon in its name;
 * - `hidden`: the words `AWS Internal`;
 * - `session`: a role session, as Lambda names the role of a function;
 * - `principal`: any other user, role, account or text;
 * - `none`: the source does not say.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
 */
export type GranteeShape =
  | 'service-linked-role'
  | 'granted-service'
  | 'service-name'
  | 'ec2-infrastructure'
  | 'hidden'
  | 'session'
  | 'principal'
  | 'none';

/** The shape of a grantee, and the service that it names if it names one. */
export interface Grantee {
  readonly shape: GranteeShape;
  readonly service?: string;
}

const EC2_INFRASTRUCTURE =
  /^(?:arn:aws(?:-[a-z]+)*:sts::\d{12}:assumed-role\/aws:ec2-infrastructure\/|\d{12}:aws:ec2-infrastructure:)i-[0-9a-f]{8,17}$/;

const SERVICE_LINKED_ROLE =
  /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/aws-service-role\/([a-z0-9.-]+\.amazonaws\.com(?:\.cn)?)\/[\w+=,.@-]+$/;

/** Tells what the grantee of a grant looks like. */
export function readGrantee(grant: Grant): Grantee {
  if (grant.granteeServicePrincipal !== undefined) {
    return { shape: 'granted-service', service: nameService(grant.granteeServicePrincipal) };
  }
  const text = grant.granteePrincipal;
  if (text === undefined) return { shape: 'none' };
  if (text === 'AWS Internal') return { shape: 'hidden' };
  if (EC2_INFRASTRUCTURE.test(text)) return { shape: 'ec2-infrastructure', service: 'ec2' };
  const service = findLinkedService(text);
  if (service !== undefined) return { shape: 'service-linked-role', service };
  const named = readServiceName(text);
  if (named !== undefined) return { shape: 'service-name', service: named };
  return { shape: isSession(text) ? 'session' : 'principal' };
}

/** The service that a service-linked role belongs to. */
export function findLinkedService(arn: string): string | undefined {
  const name = SERVICE_LINKED_ROLE.exec(arn)?.[1];
  return name === undefined ? undefined : nameService(name);
}

const nameService = (text: string): string => readServiceName(text) ?? text;

/** ListGrants shows `AROA...:name` for a session of a role that is gone. */
const isSession = (text: string): boolean =>
  classifyPrincipal('AWS', text).kind === 'session' || /^AROA[A-Z0-9]+:/.test(text);
