import type { Grant, GrantEvidence } from './grant.ts';
import {
  type Fields,
  present,
  readConstraints,
  readFields,
  readOperations,
  readText,
  requireFields,
  requireText,
} from './grant-fields.ts';
import { UnreadableGrantError } from './unreadable-grant-error.ts';

/** A grant, and what the record says about who made it. */
export interface RecordedGrant {
  readonly grant: Grant;
  readonly evidence: GrantEvidence;
}

const REQUEST = 'requestParameters';

/**
 * Reads the CloudTrail record of a CreateGrant call that made a grant.
 *
 * @param record the record itself, without the EventBridge envelope
 * @throws {UnreadableGrantError} when it is another record, when the call made no grant (refused, or a dry run), or when a
 *   field has another form
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
 */
export function readGrantRecord(record: unknown): RecordedGrant {
  const fields = requireFields(record, 'the record', 'a CloudTrail record of CreateGrant');
  requireMadeGrant(fields);
  const request = requireFields(fields.requestParameters, REQUEST, 'the request of the call');
  const response = requireFields(fields.responseElements, 'responseElements', 'the answer, which names the grant');
  const identity = readFields(fields, 'userIdentity', 'the record') ?? {};
  return { grant: readGrant(fields, request, response, identity), evidence: readEvidence(fields, identity) };
}

/** KMS logs a dry run as a failed call. */
function requireMadeGrant(fields: Fields): void {
  const { eventSource, eventName } = fields;
  if (eventSource !== 'kms.amazonaws.com') {
    throw new UnreadableGrantError({ field: 'eventSource', value: eventSource, expected: 'kms.amazonaws.com' });
  }
  if (eventName !== 'CreateGrant') {
    throw new UnreadableGrantError({ field: 'eventName', value: eventName, expected: 'CreateGrant' });
  }
  const errorCode = readText(fields, 'errorCode', 'the record');
  if (errorCode === undefined) return;
  const expected = 'no errorCode, because a call that failed made no grant';
  throw new UnreadableGrantError({ field: 'errorCode', value: errorCode, expected });
}

function readGrant(record: Fields, request: Fields, response: Fields, identity: Fields): Grant {
  return {
    grantId: requireText(response, 'grantId', 'responseElements', 'the id of the grant'),
    keyArn: readKeyArn(record, request, response),
    operations: readOperations(request, 'operations', REQUEST),
    ...present({
      granteePrincipal: readText(request, 'granteePrincipal', REQUEST),
      granteeServicePrincipal: readText(request, 'granteeServicePrincipal', REQUEST),
      retiringPrincipal: readText(request, 'retiringPrincipal', REQUEST),
      retiringServicePrincipal: readText(request, 'retiringServicePrincipal', REQUEST),
      constraints: readConstraints(readFields(request, 'constraints', REQUEST), `${REQUEST}.constraints`, {
        subset: 'encryptionContextSubset',
        equals: 'encryptionContextEquals',
        sourceArn: 'sourceArn',
      }),
      issuingAccount: readText(identity, 'accountId', 'userIdentity'),
      createdAt: readText(record, 'eventTime', 'the record'),
      name: readText(request, 'name', REQUEST),
    }),
  };
}

/** The request may name the key by its bare id; records before December 2022 have the ARN under `resources` only. */
function readKeyArn(record: Fields, request: Fields, response: Fields): string {
  const resources = Array.isArray(record.resources) ? record.resources : [];
  const listed = resources.map((one: unknown) =>
    readText(requireFields(one, 'resources', 'objects'), 'ARN', 'resources'),
  );
  const named = readText(request, 'keyId', REQUEST);
  const found = [...listed, readText(response, 'keyId', 'responseElements'), named].find((one) =>
    one?.includes(':key/'),
  );
  if (found !== undefined) return found;
  throw new UnreadableGrantError({ field: `${REQUEST}.keyId`, value: named, expected: 'the ARN of the key' });
}

function readEvidence(record: Fields, identity: Fields): GrantEvidence {
  const session = readFields(identity, 'sessionContext', 'userIdentity') ?? {};
  const issuer = readFields(session, 'sessionIssuer', 'userIdentity.sessionContext') ?? {};
  return {
    actorType: readText(identity, 'type', 'userIdentity') ?? 'Unknown',
    ...present({
      actorArn: readText(identity, 'arn', 'userIdentity'),
      accountId: readText(identity, 'accountId', 'userIdentity'),
      invokedBy: readText(identity, 'invokedBy', 'userIdentity'),
      sourceIp: readText(record, 'sourceIPAddress', 'the record'),
      userAgent: readText(record, 'userAgent', 'the record'),
      sessionIssuer: readText(issuer, 'arn', 'sessionIssuer'),
    }),
  };
}
