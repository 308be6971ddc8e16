import type { GrantEvidence } from './grant.ts';
import { findLinkedService } from './grantee-shape.ts';
import { readServiceName, roleOfService, type ServiceRole } from './known-services.ts';

/**
 * Who sent the CreateGrant call:
 * - `service`: a service that issues grants, or one that only AWS can be;
 * - `other-service`: a service that is on no list;
 * - `provisioner`: a service that sets up others from a template;
 * - `masked`: AWS hides where the call came from, and nothing else names a service;
 * - `person`: somebody's own call, also when a service carried it;
 * - `unknown`: no record of the call, or one that does not tell.
 */
export interface GrantCaller {
  readonly kind: 'service' | 'other-service' | 'provisioner' | 'masked' | 'person' | 'unknown';
  readonly service?: string;
  /** What tells, as a sentence. */
  readonly says: string;
}

/**
 * Tells who sent the call. Only what AWS sets counts: `userIdentity`, `invokedBy` and the source address. The user agent
 * is whatever the caller sends and never counts.
 *
 * @param evidence undefined when only ListGrants is known
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function readCaller(evidence: GrantEvidence | undefined): GrantCaller {
  if (evidence === undefined) return { kind: 'unknown', says: 'The call that made the grant is not known.' };
  return readIdentity(evidence) ?? readServiceCall(evidence) ?? readOwnCall(evidence);
}

function readIdentity({ actorType, sessionIssuer, invokedBy }: GrantEvidence): GrantCaller | undefined {
  if (actorType === 'AWSService') {
    const service = invokedBy === undefined ? undefined : readServiceName(invokedBy);
    return makeCaller(
      'service',
      service,
      'An AWS service made the call under its own name (userIdentity.type AWSService).',
    );
  }
  const linked = sessionIssuer === undefined ? undefined : findLinkedService(sessionIssuer);
  if (linked === undefined) return undefined;
  return makeCaller(
    'service',
    linked,
    `The service-linked role of ${linked} made the call, and nobody else can assume it.`,
  );
}

/** `invokedBy` is there for calls that a service makes for somebody; some of their records have only the source address. */
function readServiceCall({ invokedBy, sourceIp }: GrantEvidence): GrantCaller | undefined {
  const from = invokedBy ?? sourceIp;
  const says = `The record says ${invokedBy === undefined ? 'sourceIPAddress' : 'invokedBy'} ${from}.`;
  if (from === 'AWS Internal') return makeCaller(invokedBy === undefined ? 'masked' : 'service', undefined, says);
  const service = from === undefined ? undefined : readServiceName(from);
  return service === undefined ? undefined : makeCaller(CALLERS[roleOfService(service)], service, says);
}

const CALLERS: Readonly<Record<ServiceRole, GrantCaller['kind']>> = {
  issuer: 'service',
  carrier: 'person',
  provisioner: 'provisioner',
  console: 'person',
  unknown: 'other-service',
};

/** The owner's copy of a call from another account may lack what the caller's copy says. */
function readOwnCall({ actorType, sourceIp, actorArn, accountId }: GrantEvidence): GrantCaller {
  const whom = actorArn ?? accountId ?? actorType;
  if (sourceIp === undefined || actorType === 'AWSAccount' || actorType === 'Unknown') {
    return makeCaller('unknown', undefined, `The record does not tell whether a service called for ${whom}.`);
  }
  return makeCaller(
    'person',
    undefined,
    `${whom} made the call from ${sourceIp}, and no service is named in the record.`,
  );
}

const makeCaller = (kind: GrantCaller['kind'], service: string | undefined, says: string): GrantCaller =>
  service === undefined ? { kind, says } : { kind, service, says };
