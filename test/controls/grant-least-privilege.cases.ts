import type { Actor, KeyAction } from '../../lib/event/key-action.ts';
import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import type { Grant } from '../../lib/iam/grant.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, factsOf, GONE, KEY_ARN, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { FOREIGN, GRANT_ID, grantOf, openGrantOf, PARTNER, roleIn } from '../iam/grant-fixtures.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

/** The person who makes the grants of the cases, in a role of the key's account. */
export const PERSON: Actor = {
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
  accountId: ACCOUNT,
  sessionIssuer: roleIn(ACCOUNT, 'ops'),
  person: 'dana@example.com',
  sourceIp: '192.0.2.10',
  bySelf: false,
};

/** The same person, for whom EC2 makes the call. */
const THROUGH_EC2: Actor = { ...PERSON, invokedBy: 'ec2.amazonaws.com', sourceIp: 'ec2.amazonaws.com' };

/** A policy that names the partner's account as trusted. */
export const TRUSTING: Policy = {
  ...POLICY,
  trust: { accounts: [PARTNER], organizations: [], administrators: [] },
};

/** A CreateGrant that made the grant of the cases, four minutes before they are judged. */
export const making = (overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf('CreateGrant', {
    step: '4.2.1',
    actor: PERSON,
    response: { grantId: GRANT_ID, keyId: KEY_ARN },
    ...overrides,
  });

const ending = (api: 'RevokeGrant' | 'RetireGrant', overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf(api, {
    step: '4.2.1',
    actor: PERSON,
    request: { keyId: KEY_ARN, grantId: GRANT_ID },
    response: { keyId: KEY_ARN },
    ...overrides,
  });

/** Facts of the key and of the grant as KMS lists it. */
export const listing = (grant: Grant): KeyFacts => ({ ...factsOf(), grant: known({ ...grant, keyArn: KEY_ARN }) });

const UNLISTED: KeyFacts = { ...factsOf(), grant: known('missing') };

const VOLUME_GRANT = openGrantOf({
  granteePrincipal: `arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
  operations: ['Decrypt', 'CreateGrant'],
  constraints: { encryptionContextSubset: { 'aws:ebs:id': 'vol-0123456789abcdef0' } },
});
const STRANGER = openGrantOf({ granteePrincipal: roleIn(FOREIGN), operations: ['Decrypt', 'CreateGrant'] });
const STRANGER_REQUEST = {
  keyId: KEY_ID,
  granteePrincipal: roleIn(FOREIGN),
  operations: ['Decrypt', 'CreateGrant'],
};

export const cases: readonly ControlCase[] = [
  {
    name: 'a role of the account may decrypt with one encryption context',
    action: making(),
    facts: listing(grantOf()),
    expected: 'compliant',
    says: `Key ${KEY_ID}: Grant ${GRANT_ID} lets ${roleIn(ACCOUNT)} do Decrypt, as the policy allows`,
  },
  {
    name: 'a role of a trusted account may',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: roleIn(PARTNER) })),
    policy: TRUSTING,
    expected: 'compliant',
    says: roleIn(PARTNER),
  },
  {
    name: 'EC2 has the grant for a volume and may pass it on',
    action: making({ actor: THROUGH_EC2 }),
    facts: listing(VOLUME_GRANT),
    expected: 'compliant',
    says: 'belongs to the AWS service ec2',
  },
  {
    name: 'the grant is as old as the policy allows',
    action: making(),
    facts: listing(grantOf({ createdAt: '2025-08-03T09:05:00.000Z' })),
    expected: 'compliant',
    says: 'as the policy allows',
  },
  {
    name: 'a constraint is not required by a laxer policy',
    action: making(),
    facts: listing(openGrantOf()),
    policy: { ...POLICY, grants: { ...POLICY.grants, requireConstraint: false } },
    expected: 'compliant',
    says: 'as the policy allows',
  },
  {
    name: 'KMS does not list a good grant yet, and its record says what it is',
    action: making({
      request: {
        keyId: KEY_ARN,
        granteePrincipal: roleIn(ACCOUNT),
        operations: ['Decrypt'],
        constraints: { encryptionContextEquals: { department: 'billing' } },
      },
    }),
    facts: UNLISTED,
    expected: 'compliant',
    says: 'as the policy allows',
  },

  {
    name: 'a role of a stranger may use the key and pass it on',
    action: making(),
    facts: listing(STRANGER),
    policy: TRUSTING,
    expected: 'violation',
    says: `that account is not trusted. It lets ${roleIn(FOREIGN)} pass the key on to others (CreateGrant), which only AWS services may. It allows Decrypt for any data`,
  },
  {
    name: 'KMS does not list the grant to a stranger yet, and its record says what it is',
    action: making({ request: STRANGER_REQUEST }),
    facts: UNLISTED,
    policy: TRUSTING,
    expected: 'violation',
    says: 'that account is not trusted',
  },
  {
    name: 'a role of the account may pass the key on',
    action: making(),
    facts: listing(grantOf({ operations: ['Decrypt', 'CreateGrant'] })),
    expected: 'violation',
    says: 'pass the key on',
  },
  {
    name: 'all of the account may use the key',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: `arn:aws:iam::${ACCOUNT}:root` })),
    expected: 'violation',
    says: `lets all of account ${ACCOUNT} use the key`,
  },
  {
    name: 'everybody may use the key',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: '*' })),
    expected: 'violation',
    says: 'lets everybody (*) use the key',
  },
  {
    name: 'the grantee may do more than its profile',
    action: making(),
    facts: listing(grantOf({ operations: ['Decrypt', 'Encrypt'] })),
    policy: {
      ...POLICY,
      grants: { ...POLICY.grants, profiles: [{ grantees: [roleIn('*')], operations: ['Decrypt'] }] },
    },
    expected: 'violation',
    says: 'more than its profile allows: Encrypt',
  },
  {
    name: 'nothing constrains the use of a symmetric key',
    action: making(),
    facts: listing(openGrantOf()),
    expected: 'violation',
    says: 'neither an encryption context nor a SourceArn constrains it',
  },
  {
    name: 'the grant is a day too old when its record is worked off late',
    action: making({ time: '2025-08-01T09:00:00Z' }),
    facts: listing(grantOf({ createdAt: '2025-08-01T09:00:00.000Z' })),
    expected: 'violation',
    says: 'is 367 days old',
  },
  {
    name: 'KMS still lists a grant ten minutes after it was revoked',
    action: ending('RevokeGrant', { time: '2026-08-03T08:55:00Z' }),
    facts: listing(STRANGER),
    policy: TRUSTING,
    expected: 'violation',
    says: 'that account is not trusted',
  },
  {
    name: 'a service called to revoke a grant that KMS still lists, which says nothing about who made it',
    action: ending('RevokeGrant', { time: '2026-08-03T08:55:00Z', actor: THROUGH_EC2 }),
    facts: listing(STRANGER),
    policy: TRUSTING,
    expected: 'violation',
    says: 'that account is not trusted',
  },
  {
    name: 'a stranger may pass the key on while no trusted account is named',
    action: making(),
    facts: listing(STRANGER),
    expected: 'violation',
    says: 'pass the key on',
    noPlan: 'cannot be judged while no trusted account is named',
  },
  {
    name: 'a service made a grant that reaches a stranger',
    action: making({ actor: THROUGH_EC2 }),
    facts: listing(grantOf({ granteePrincipal: roleIn(FOREIGN) })),
    policy: TRUSTING,
    expected: 'violation',
    says: 'that account is not trusted',
    noPlan: 'An AWS service has this grant for itself',
  },
  {
    name: 'a person typed a session of EC2 in an account of a stranger',
    action: making(),
    facts: listing(
      openGrantOf({
        granteePrincipal: `arn:aws:sts::${FOREIGN}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
      }),
    ),
    policy: TRUSTING,
    expected: 'violation',
    says: 'that account is not trusted',
    noPlan: 'It may be the grant of an AWS service',
  },
  {
    name: 'the grantee is gone, so that nothing could restore the grant',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: 'AROAEXAMPLEEXAMPLE123' })),
    expected: 'violation',
    says: 'who no longer exists',
    noPlan: 'cannot be restored',
  },

  {
    name: 'the grant reaches another account while no trusted account is named',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: roleIn(FOREIGN) })),
    expected: 'unknown',
    says: 'while no trusted account is named',
  },
  {
    name: 'the account of the grantee may be of the trusted organisation',
    action: making(),
    facts: listing(grantOf({ granteePrincipal: roleIn(FOREIGN) })),
    policy: { ...POLICY, trust: { accounts: [], organizations: ['o-a1b2c3d4e5'], administrators: [] } },
    expected: 'unknown',
    says: 'o-a1b2c3d4e5 is not known here',
  },
  {
    name: 'a person typed the name of a service as the grantee',
    action: making(),
    facts: listing(openGrantOf({ granteePrincipal: 'dynamodb.amazonaws.com' })),
    expected: 'unknown',
    says: 'Whether an AWS service or a person made grant',
  },
  {
    name: 'the grant has an operation that nobody has heard of',
    action: making(),
    facts: listing(grantOf({ operations: ['Teleport'] })),
    expected: 'unknown',
    says: 'Teleport',
  },
  {
    name: 'the grant could not be read',
    action: making(),
    facts: { ...factsOf(), grant: unread("kms:ListGrants was denied to Keywarden's role") },
    expected: 'unknown',
    says: `grant ${GRANT_ID} cannot be judged because kms:ListGrants was denied`,
  },
  {
    name: 'KMS does not list the grant yet, and its record does not name a grantee that can be read',
    action: making({ request: { keyId: KEY_ARN, granteePrincipal: 7, operations: ['Decrypt'] } }),
    facts: UNLISTED,
    expected: 'unknown',
    says: 'its record does not tell',
  },
  {
    name: 'the key could not be described',
    action: making(),
    facts: { ...UNREADABLE, grant: known(STRANGER) },
    policy: TRUSTING,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },

  {
    name: 'the grant was revoked',
    action: ending('RevokeGrant'),
    facts: UNLISTED,
    expected: 'not-applicable',
    says: `grant ${GRANT_ID} is gone`,
  },
  {
    name: 'the grant was retired',
    action: ending('RetireGrant'),
    facts: UNLISTED,
    expected: 'not-applicable',
    says: `grant ${GRANT_ID} is gone`,
  },
  {
    name: 'the grant was revoked and KMS still lists it',
    action: ending('RevokeGrant'),
    facts: listing(STRANGER),
    policy: TRUSTING,
    expected: 'not-applicable',
    says: 'RevokeGrant has ended it, although KMS may list it for some minutes',
  },
  {
    name: 'KMS does not list the grant five minutes after it was made',
    action: making({ time: '2026-08-03T09:00:00Z', request: STRANGER_REQUEST }),
    facts: UNLISTED,
    policy: TRUSTING,
    expected: 'not-applicable',
    says: 'KMS does not list it any more',
  },
  {
    name: 'AWS manages the key',
    action: making(),
    facts: { ...listing(STRANGER), ...factsOf({ manager: 'AWS' }), grant: known(STRANGER) },
    policy: TRUSTING,
    expected: 'not-applicable',
    says: 'on a key that AWS manages',
  },
  { name: 'the key is gone', action: making(), facts: GONE, expected: 'not-applicable', says: KEY_ID },
];
