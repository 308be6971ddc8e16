import type { Control } from '../controls/control.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { Fact } from '../facts/key-facts.ts';
import type { RecordedDecision, RecordedOrder, RecordedRemediation } from '../ledger/entry.ts';
import type { Finding, FindingState } from '../ledger/finding.ts';
import type { Policy } from '../policy/policy.ts';
import type { Home } from './own-command.ts';

/** The Keywarden that tells: where its commands go, and what its policy file says of orders. */
export interface Teller extends Home, Pick<Policy, 'approval' | 'alerts'> {}

/** Everything the officer is told about one finding. */
export interface Notice {
  readonly state: FindingState;
  readonly finding: Finding;
  readonly control: Pick<Control, 'id' | 'title' | 'step' | 'why' | 'runbook'>;
  /** What happened; of an order, the order. */
  readonly action: KeyAction;
  readonly decision: RecordedDecision;
  readonly remediation: RecordedRemediation | undefined;
  readonly aliases: Fact<readonly string[]>;
  readonly home: Teller;
  /** Absent when an event, or a look at all keys, is what is told. */
  readonly order?: RecordedOrder | undefined;
  /** sha256 (hex) of the plan that the decision has: lib/compare-plans.ts. */
  readonly planDigest?: string | undefined;
  /** Why Keywarden does not take the change back itself, as a sentence; absent when it does. */
  readonly undoRefused?: string | undefined;
}
