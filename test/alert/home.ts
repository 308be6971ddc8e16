import type { Teller } from '../../lib/alert/notice.ts';
import { POLICY } from '../controls/control-case.ts';

/** The Keywarden that tells, with the policy that ships. */
export const HOME: Teller = {
  region: 'eu-west-1',
  stage: 'prod',
  approval: POLICY.approval,
  alerts: POLICY.alerts,
};
