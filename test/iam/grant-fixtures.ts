import type { Grant, GrantContext, GrantEvidence } from '../../lib/iam/grant.ts';

export const ACCOUNT = '111122223333';
export const FOREIGN = '444455556666';
export const PARTNER = '777788889999';
export const NOW = new Date('2026-08-03T12:00:00Z');
export const KEY_ARN = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const GRANT_ID = '1'.repeat(64);

export const roleIn = (account: string, name = 'app') => `arn:aws:iam::${account}:role/${name}`;

/** A good grant of a person: one role, one operation, one context, two days old. */
export const grantOf = (overrides: Partial<Grant> = {}): Grant => ({
  grantId: GRANT_ID,
  keyArn: KEY_ARN,
  granteePrincipal: roleIn(ACCOUNT),
  operations: ['Decrypt'],
  constraints: { encryptionContextSubset: { department: 'billing' } },
  issuingAccount: ACCOUNT,
  createdAt: '2026-08-01T12:00:00Z',
  ...overrides,
});

/** The same grant without any constraint. */
export const openGrantOf = (overrides: Partial<Grant> = {}): Grant => {
  const { constraints: _none, ...grant } = grantOf();
  return { ...grant, ...overrides };
};

/** A person at an address, in a role session of the key's account. */
export const byPerson = (overrides: Partial<GrantEvidence> = {}): GrantEvidence => ({
  actorType: 'AssumedRole',
  actorArn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
  accountId: ACCOUNT,
  sourceIp: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  sessionIssuer: roleIn(ACCOUNT, 'ops'),
  ...overrides,
});

/** A call that a service makes for that person. */
export const byService = (service: string, overrides: Partial<GrantEvidence> = {}): GrantEvidence =>
  byPerson({ invokedBy: service, sourceIp: service, userAgent: service, ...overrides });

/** A symmetric customer key and the limits of a strict policy. */
export const contextOf = (overrides: Partial<GrantContext> = {}): GrantContext => ({
  trust: { keyAccount: ACCOUNT, trustedAccounts: [PARTNER], trustedOrganizations: [], administrators: [] },
  key: { manager: 'CUSTOMER', spec: 'SYMMETRIC_DEFAULT' },
  limits: {
    ttlDays: 90,
    requireConstraint: true,
    profiles: [{ grantees: ['arn:aws:iam::*:role/reader*'], operations: ['Decrypt', 'DescribeKey'] }],
  },
  now: NOW,
  granteeExists: { known: true, value: true },
  ...overrides,
});
