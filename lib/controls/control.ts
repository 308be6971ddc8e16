import type { KeyAction, Outcome } from '../event/key-action.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { FactName } from '../facts/key-facts.ts';
import type { Policy } from '../policy/policy.ts';
import type { Remedy } from '../remediations/remedy.ts';

export type Verdict = 'compliant' | 'violation' | 'not-applicable' | 'unknown';
export type Severity = 'low' | 'medium' | 'high' | 'critical';
/** What Keywarden may do about a violation: only tell; tell and wait for an approval; act, then tell. */
export type Mode = 'observe' | 'approve' | 'enforce';

/** What one control found on one subject. The sentence names the key and what is so, and ends with a period. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
  /** Where it differs from the control's own: a grant to everybody is worse than one that is too old. */
  readonly severity?: Severity;
  /** What a person could put in place of what is wrong, as text of any number of lines. Keywarden never does it itself. */
  readonly proposal?: string;
  /** It says nothing about what was found before: a finding that is open stays open. */
  readonly keeps?: true;
}

/** A rule of the procedure. One file per control; the file name is the id. */
export interface Control {
  /** `<subject>-<good state>`; also the file name. Retired ids are kept and never reused. */
  readonly id: string;
  /** The good state, as a sentence without a period. */
  readonly title: string;
  /** Step of OP-PROC-001, e.g. `4.4.1`. */
  readonly step: string;
  /** Further steps that it serves, when one is not all: what breaks the log of one phase breaks those of all. */
  readonly alsoSteps?: readonly string[];
  readonly severity: Severity;
  /** Why it matters, for the officer and the auditor. */
  readonly why: string;
  /** When the control says nothing. */
  readonly notApplicable: string;
  /** Whose operations its events are, e.g. `iam.amazonaws.com`. Absent: those of KMS. */
  readonly eventSource?: string;
  /** Operations and service events that make Keywarden evaluate it. */
  readonly events: readonly string[];
  /** The same of other services: event source, e.g. `events.amazonaws.com` -> operations. */
  readonly otherEvents?: Readonly<Record<string, readonly string[]>>;
  /** Outcomes of an action that make Keywarden evaluate it. Absent: only `succeeded`, because nothing else changed anything. */
  readonly outcomes?: readonly Outcome[];
  /**
   * What of the subject an action is about, when a subject has many things to judge, each with a finding of its own: the
   * grant id. Absent: the subject as a whole.
   */
  readonly item?: (action: KeyAction) => string | undefined;
  /** Whether the state alone can be judged, without an action (on demand, sweep). */
  readonly judgesState: boolean;
  readonly reads: readonly FactName[];
  /**
   * Facts that it reads besides, by operation: what only some of its events need must not cost all of them.
   */
  readonly readsOn?: Readonly<Record<string, readonly FactName[]>>;
  /** Whether those are needed for this action; absent: always. An action that is in order without them must not cost them. */
  needsMore?(action: KeyAction, policy: Policy): boolean;
  /** IAM actions that those reads need. Checked against serverless.yml. */
  readonly iam: readonly string[];
  readonly defaultMode: Mode;
  /** By import, not by name, so that a dangling one cannot compile. */
  readonly remedy?: Remedy;
  /** Control references per standard, e.g. `{ 'SOC 2': ['CC6.1', 'CC6.7'] }`. */
  readonly standards: Readonly<Record<string, readonly string[]>>;
  /** What the officer does with an alert: numbered steps with a time window and field names. */
  readonly runbook: readonly string[];
  verify(evidence: Evidence): Judgement;
}

export type { Evidence };
