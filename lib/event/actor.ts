import type { Actor } from './key-action.ts';
import { fieldOf, type JsonObject, objectOf, present, textOf } from './plain-json.ts';

/**
 * Reads who did it.
 *
 * @param record a CloudTrail record
 * @param selfRoleArns ARNs of Keywarden's own roles. A session is ours when its *role* is ours: its name is chosen by
 *   whoever opens it and proves nothing
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function readActor(record: JsonObject, selfRoleArns: readonly string[]): Actor {
  const identity = objectOf(record, 'userIdentity');
  const session = objectOf(identity, 'sessionContext');
  const arn = textOf(identity, 'arn');
  // `sessionIssuer` may be an empty object in real records.
  const sessionIssuer = textOf(objectOf(session, 'sessionIssuer'), 'arn');
  const type = readType(record, identity);
  return {
    type,
    ...present({
      arn,
      accountId: textOf(identity, 'accountId'),
      principalId: textOf(identity, 'principalId'),
      sessionIssuer,
      person: readPerson(type, identity, sessionIssuer),
      invokedBy: textOf(identity, 'invokedBy'),
      sourceIp: textOf(record, 'sourceIPAddress'),
      userAgent: textOf(record, 'userAgent'),
      mfa: readMfa(session),
    }),
    bySelf: [arn, sessionIssuer].some((own) => own !== undefined && selfRoleArns.includes(own)),
  };
}

/** KMS's own operations and service events carry a `userIdentity` without `type`. */
function readType(record: JsonObject, identity: JsonObject | undefined): string {
  const internal =
    textOf(identity, 'invokedBy') === 'AWS Internal' || textOf(record, 'eventType') === 'AwsServiceEvent';
  return textOf(identity, 'type') ?? (internal ? 'AWSInternal' : 'Unknown');
}

/**
 * Names the human, for people to read; never authorise by it, authorise by ARN. The first of these that the record has:
 * 1. IAM users, federated, SAML, web identity and directory users: the user name;
 * 2. a session of an Identity Center role: the session name, which Identity Center sets to the user name;
 * 3. an Identity Center user acting directly or through a service: `onBehalfOf.userId`;
 * 4. `sourceIdentity`: set once when the first session is opened, and kept through every role after it;
 * 5. a web identity session: the session name;
 * 6. any other role session whose name is an e-mail address: that name. The caller chose it, so it is a claim.
 * The root user, AWS services and machines name nobody.
 */
function readPerson(type: string, identity: JsonObject | undefined, issuer: string | undefined): string | undefined {
  if (NAMED_USERS.has(type)) return textOf(identity, 'userName') ?? lastPartOf(textOf(identity, 'arn'));
  const session = objectOf(identity, 'sessionContext');
  const name = readSessionName(type, identity);
  return (
    (issuer !== undefined && IDENTITY_CENTER_ROLE.test(issuer) ? name : undefined) ??
    textOf(objectOf(identity, 'onBehalfOf'), 'userId') ??
    textOf(session, 'sourceIdentity') ??
    (textOf(objectOf(session, 'webIdFederationData'), 'federatedProvider') === undefined ? undefined : name) ??
    (name?.includes('@') ? name : undefined)
  );
}

const NAMED_USERS: ReadonlySet<string> = new Set([
  'IAMUser',
  'FederatedUser',
  'SAMLUser',
  'WebIdentityUser',
  'Directory',
]);

/** The path is reserved at its beginning, so nobody can give a role of their own this name; further in, anybody can. */
const IDENTITY_CENTER_ROLE =
  /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/aws-reserved\/sso\.amazonaws\.com\/(?:.*\/)?AWSReservedSSO_/;

/** The owner's copy of a cross-account call has the type AWSAccount and only `principalId`: `<role id>:<session name>`. */
function readSessionName(type: string, identity: JsonObject | undefined): string | undefined {
  if (type !== 'AssumedRole' && type !== 'AWSAccount') return undefined;
  const principal = textOf(identity, 'principalId') ?? '';
  const colon = principal.indexOf(':');
  const fromPrincipal = colon === -1 ? '' : principal.slice(colon + 1);
  return lastPartOf(textOf(identity, 'arn')) ?? (fromPrincipal === '' ? undefined : fromPrincipal);
}

function lastPartOf(arn: string | undefined): string | undefined {
  const slash = arn?.lastIndexOf('/') ?? -1;
  const part = slash === -1 ? '' : arn?.slice(slash + 1);
  return part === '' ? undefined : part;
}

/** CloudTrail writes the flag as text. */
function readMfa(session: JsonObject | undefined): boolean | undefined {
  const flag = fieldOf(objectOf(session, 'attributes'), 'mfaAuthenticated');
  if (flag === true || flag === 'true') return true;
  return flag === false || flag === 'false' ? false : undefined;
}
