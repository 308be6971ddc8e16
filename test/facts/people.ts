import type { Actor } from '../../lib/event/key-action.ts';
import { ACCOUNT } from './key.ts';

/** A session of a role, opened by a person or a machine. */
export const sessionOf = (role: string, session: string, overrides: Partial<Actor> = {}): Actor => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
  accountId: ACCOUNT,
  sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/${role}`,
  ...(session.includes('@') ? { person: session } : {}),
  sourceIp: '192.0.2.10',
  bySelf: false,
  ...overrides,
});

/** An administrator of keys. */
export const DANA = sessionOf('KeyAdmin', 'dana@example.com');
/** The security officer, who approves deletions. */
export const OLIVIA = sessionOf('SecurityOfficer', 'olivia@example.com');
/** A contractor, who is nobody's choice for anything. */
export const EVE = sessionOf('Contractor', 'eve@example.com');
/** Keywarden's own role. */
export const SELF = sessionOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle', { bySelf: true });
export const ROOT: Actor = { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, bySelf: false };
/** What KMS does by itself. */
export const KMS_ITSELF: Actor = { type: 'AWSInternal', accountId: ACCOUNT, invokedBy: 'AWS Internal', bySelf: false };

export const ADMINISTRATORS = [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`];
export const APPROVERS = [`arn:aws:iam::${ACCOUNT}:role/SecurityOfficer`];
