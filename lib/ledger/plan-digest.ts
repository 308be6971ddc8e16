import { digestOf } from '../event/digest.ts';
import type { Plan } from '../remediations/remedy.ts';
import type { RecordedDecision } from './entry.ts';

/** What of a plan a person approves: the requests, and the state that they were made for. Its undo and its words may change. */
export type Approvable = Pick<Plan, 'remedy' | 'requests' | 'before'>;

/**
 * What a plan notes beside the state of the key: when it was made, and whether KMS listed a grant already that was just made.
 * It is another one a minute later, and nothing else would be done.
 */
const NO_STATE: ReadonlySet<string> = new Set(['plannedAt', 'listed']);

/** The state that a plan was made for. */
export const stateOfPlan = ({ before }: Pick<Plan, 'before'>): Plan['before'] =>
  Object.fromEntries(Object.entries(before).filter(([name]) => !NO_STATE.has(name)));

/**
 * Names what is approved: the same requests for the same state have the same digest.
 *
 * @returns sha256 (hex)
 */
export const digestOfPlan = ({ remedy, requests, before }: Approvable): string =>
  digestOf({ remedy, requests, before: stateOfPlan({ before }) });

/** The plan of a decision, as it is approved; undefined when it has none. */
export const approvableOf = ({ remedy, plan }: RecordedDecision): Approvable | undefined =>
  remedy === undefined || plan === undefined ? undefined : { remedy, requests: plan.requests, before: plan.before };

/** Digest of the plan that a decision asks about; undefined for any other decision. */
export function digestOfAsked(decision: RecordedDecision | undefined): string | undefined {
  const asked = decision?.decision === 'ask' ? approvableOf(decision) : undefined;
  return asked === undefined ? undefined : digestOfPlan(asked);
}
