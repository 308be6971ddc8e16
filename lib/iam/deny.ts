import { expandActions } from './action-set.ts';
import { coversPattern } from './pattern.ts';
import type { Patterns, PolicyDocument, Statement } from './policy-document.ts';
import type { Principal } from './principal.ts';

/** A Deny statement, worked out once. */
export interface Denial {
  readonly actions: ReadonlySet<string>;
  /** Without conditions, and understood: what it covers is denied always. */
  readonly certain: boolean;
  readonly everyone: boolean;
  readonly principals: ReadonlySet<string>;
  readonly resource: Patterns | undefined;
}

/** What Deny statements leave of what is allowed. */
export interface Remainder {
  readonly actions: ReadonlySet<string>;
  /** A Deny that may or may not apply touches it. */
  readonly softened: boolean;
}

/**
 * Works out the Deny statements of a policy. An explicit Deny overrides every Allow.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export const listDenials = ({ statements }: PolicyDocument): readonly Denial[] =>
  statements.filter(({ effect }) => effect === 'Deny').map(workOut);

function workOut(statement: Statement): Denial {
  const { principal, resource, conditions, notUnderstood } = statement;
  const list = principal?.list ?? [];
  return {
    actions: expandActions(statement.action),
    // NotPrincipal with Deny has traps of its own (roles and their sessions are two principals), so it is never certain:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    certain: conditions.length === 0 && notUnderstood.length === 0 && principal?.negated !== true,
    everyone: principal?.negated === true || list.some(({ kind }) => kind === 'everyone'),
    principals: new Set(list.map(identify)),
    resource,
  };
}

/** One name for the two spellings of an account; the type keeps a service apart from a user of that name. */
export const identify = ({
  kind,
  type,
  text,
  account,
}: Pick<Principal, 'kind' | 'type' | 'text' | 'account'>): string =>
  kind === 'account' ? `account ${account}` : kind === 'everyone' ? 'everyone' : `${type} ${text}`;

/**
 * Takes from a set of actions what is denied.
 *
 * @param isTouched whether the Deny may be about all of the same principal and resource
 * @param isCovered whether it is about all of it
 */
export function subtractDenials(
  actions: ReadonlySet<string>,
  denials: readonly Denial[],
  isTouched: (denial: Denial) => boolean,
  isCovered: (denial: Denial) => boolean,
): Remainder {
  const touching = denials.filter(isTouched);
  const covering = touching.filter((denial) => denial.certain && isCovered(denial));
  const left = new Set([...actions].filter((action) => !covering.some((denial) => denial.actions.has(action))));
  const softened = touching.some(
    (denial) => !covering.includes(denial) && [...left].some((one) => denial.actions.has(one)),
  );
  return { actions: left, softened };
}

/** Whether a Deny is about every resource that a pattern of an Allow names. */
export const deniesResource = (denied: Patterns | undefined, allowed: string): boolean =>
  denied !== undefined && !denied.negated && denied.list.some((pattern) => coversPattern(pattern, allowed));
