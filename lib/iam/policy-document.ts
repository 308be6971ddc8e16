import type { ConditionTest } from './condition-test.ts';
import type { Principal } from './principal.ts';

/**
 * A policy document as plain data, with everything that may be written in two ways written in one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface PolicyDocument {
  /** `2012-10-17` or `2008-10-17`; undefined when missing, which IAM takes for 2008-10-17. */
  readonly version: string | undefined;
  readonly id: string | undefined;
  readonly statements: readonly Statement[];
  /** Oddities that AWS accepts, one sentence each. They change no verdict. */
  readonly problems: readonly string[];
  /** What this version cannot interpret outside a statement, one sentence each. A policy that has any is never compliant. */
  readonly notUnderstood: readonly string[];
}

/** One statement. An element that is missing is undefined; `NotAction` and its like are the negated form of the element. */
export interface Statement {
  /** Place in the document, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  /** Undefined when it is neither `Allow` nor `Deny`. */
  readonly effect: 'Allow' | 'Deny' | undefined;
  readonly principal: Principals | undefined;
  readonly action: Patterns | undefined;
  readonly resource: Patterns | undefined;
  /** All of them must hold. */
  readonly conditions: readonly ConditionTest[];
  /** What this version cannot interpret, one sentence each. A policy that has any is never compliant. */
  readonly notUnderstood: readonly string[];
}

/** `Principal`, or `NotPrincipal` when negated. */
export interface Principals {
  readonly negated: boolean;
  readonly list: readonly Principal[];
}

/** `Action` or `Resource`, or their `Not` form when negated. The patterns are as written. */
export interface Patterns {
  readonly negated: boolean;
  readonly list: readonly string[];
}
