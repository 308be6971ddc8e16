import type { Policy } from '../../lib/policy/policy.ts';
import { POLICY } from '../controls/control-case.ts';

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

/** The policy that ships, with somebody named in every list that a control needs. */
export const ARMED: Policy = {
  ...POLICY,
  generation: { ...POLICY.generation, regions: ['eu-west-1'], creators: [role('KeyAdmin')] },
  deletion: { ...POLICY.deletion, approvers: [role('Officer')] },
  auditTrail: { maintainers: [role('Deploy')] },
  trust: { accounts: ['444455556666'], organizations: ['o-a1b2c3d4e5'], administrators: [role('KeyAdmin')] },
  approval: { ...POLICY.approval, officers: [role('Officer')] },
  keyMaterial: { ...POLICY.keyMaterial, custodians: [role('Custodian')], dataKeyPairRoles: [role('Signer')] },
};
