import type { KeyAction } from '../event/key-action.ts';
import type { Policy } from '../policy/policy.ts';
import type { KeyFacts } from './key-facts.ts';

/** What a control may judge by, and a remedy may plan by. There is no client and no store here. */
export interface Evidence {
  /** The action that triggered the control; absent when the state alone is judged (on demand, sweep). */
  readonly action?: KeyAction;
  /** What of the subject is judged without an action, when it has many things to judge: a grant id. */
  readonly item?: string;
  readonly facts: KeyFacts;
  readonly policy: Policy;
  readonly now: Date;
  /** ARNs of Keywarden's own roles: a repair must leave them a way back. */
  readonly ownRoles: readonly string[];
  /** ARNs of what Keywarden is made of: rules, queues, functions, roles, table; `*` stands for any characters. */
  readonly ownResources: readonly string[];
  /** For which control a remedy plans, and whether a person ordered it; absent when nobody asks for a plan. */
  readonly asks?: { readonly control: string; readonly ordered: boolean };
}
