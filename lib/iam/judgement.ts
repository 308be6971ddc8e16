import type { PolicyDocument, Statement } from './policy-document.ts';
import { nameStatement } from './sentence.ts';
import type { Need } from './trust.ts';

/** `info` says something worth knowing that is no violation. */
export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';

/** What of a statement offends, exactly as it is written there, so that an editor can take out just that. */
export interface Offence {
  /** Principals that offend; absent when it is not about single principals. */
  readonly principals?: readonly string[];
  /** Entries of `Action` that offend; absent when all of the statement's actions do. */
  readonly actions?: readonly string[];
  /** Whether nothing of the statement may stay. */
  readonly whole: boolean;
}

/** One thing that is wrong with one statement. */
export interface Finding {
  /** Rule it breaks, e.g. `K1`. */
  readonly rule: string;
  readonly severity: Severity;
  /** Absent when it is about what the policy lacks. */
  readonly statement?: { readonly index: number; readonly sid?: string };
  /** The principal as written; absent when there is none. */
  readonly principal?: string;
  /** Actions of KMS that the statement allows, after what Deny statements take away. */
  readonly actions: readonly string[];
  /** Those of them that are too much. */
  readonly excess: readonly string[];
  readonly offending: Offence;
  /** One sentence for the security officer; ends with a period. */
  readonly reason: string;
}

/** What one judgement found in a policy. */
export interface PolicyJudgement {
  readonly verdict: 'compliant' | 'violation' | 'unknown' | 'not-applicable';
  readonly findings: readonly Finding[];
  /** Why the verdict is unknown, or would be without the findings; one sentence each, with a period. */
  readonly unclear: readonly string[];
  /** Lists of the organisation that are empty and would have decided something. */
  readonly needs: readonly Need[];
  /** Why the judgement does not apply; only then. */
  readonly reason?: string;
}

/** What the rules say about the parts of a policy. */
export interface Part {
  readonly findings?: readonly Finding[];
  readonly unclear?: readonly string[];
  readonly needs?: readonly Need[];
}

/** Nothing to say. */
export const NOTHING: Part = {};

/**
 * Puts the parts together. A finding makes a violation; without one, what is unclear, not understood or not judged for
 * want of a list makes it unknown: a policy is compliant only when all of it was judged.
 */
export function conclude(policy: PolicyDocument, parts: readonly Part[]): PolicyJudgement {
  const findings = parts.flatMap((part) => part.findings ?? []).sort(compareFindings);
  const unclear = [...new Set([...listNotUnderstood(policy), ...parts.flatMap((part) => part.unclear ?? [])])];
  const needs = [...new Set(parts.flatMap((part) => part.needs ?? []))].sort();
  const violates = findings.some(({ severity }) => severity !== 'info');
  const verdict = violates ? 'violation' : unclear.length > 0 || needs.length > 0 ? 'unknown' : 'compliant';
  return { verdict, findings, unclear, needs };
}

const compareFindings = (a: Finding, b: Finding): number =>
  (a.statement?.index ?? -1) - (b.statement?.index ?? -1) || a.rule.localeCompare(b.rule);

const listNotUnderstood = (policy: PolicyDocument): readonly string[] => [
  ...policy.notUnderstood.map((what) => `${what}.`),
  ...policy.statements.flatMap((statement) =>
    statement.notUnderstood.map((what) => `${nameStatement(statement)} is not understood: ${what}.`),
  ),
];

/** The statement as a finding names it. */
export const pointAt = ({ index, sid }: Statement): { readonly index: number; readonly sid?: string } =>
  sid === undefined ? { index } : { index, sid };

const STEPS: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

/**
 * The severity one step lower, for a statement that a Deny with conditions limits in ways that cannot be worked out; never
 * less than low.
 */
export const soften = (severity: Severity): Severity => STEPS[STEPS.indexOf(severity) - 1] ?? severity;
