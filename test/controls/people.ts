import type { Actor } from '../../lib/event/key-action.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT } from '../facts/key.ts';
import { OWN_ROLES, POLICY } from './control-case.ts';

/** A person in a role, as the record of a role session names them. */
export const inRole = (role: string, person: string): Actor => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${person}`,
  sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/${role}`,
  person,
  sourceIp: '192.0.2.10',
  bySelf: false,
});

/** The key administrator, the contractor, and the security officer. */
export const DANA = inRole('KeyAdmin', 'dana@example.com');
export const EVE = inRole('Contractor', 'eve@example.com');
export const OLIVIA = inRole('Officer', 'olivia@example.com');

export const ROOT: Actor = { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, bySelf: false };
export const SERVICE: Actor = { type: 'AWSService', invokedBy: 'example.amazonaws.com', bySelf: false };
/** KMS itself, in records of what it does without a caller. */
export const KMS_ITSELF: Actor = { type: 'AWSInternal', invokedBy: 'AWS Internal', bySelf: false };
export const KEYWARDEN: Actor = {
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/keywarden-dev-lifecycle/keywarden-dev-lifecycle`,
  sessionIssuer: OWN_ROLES[0] ?? '',
  bySelf: true,
};
/** A record that does not say who. */
export const NOBODY: Actor = { type: 'Unknown', bySelf: false };

/** The shipped policy of an organisation that has named who makes and administers keys, who approves, and where. */
export const NAMED: Policy = {
  ...POLICY,
  generation: { ...POLICY.generation, regions: ['eu-west-1', 'eu-central-1'], creators: [roleArn('KeyAdmin')] },
  deletion: { ...POLICY.deletion, approvers: [roleArn('Officer')] },
  trust: { ...POLICY.trust, administrators: [roleArn('KeyAdmin')] },
  keyMaterial: {
    ...POLICY.keyMaterial,
    custodians: [roleArn('Custodian')],
    dataKeyPairRoles: [roleArn('Issuer')],
  },
};

function roleArn(role: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${role}`;
}
