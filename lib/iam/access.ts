import { expandActions } from './action-set.ts';
import { type Confinement, findConfinement } from './confinement.ts';
import { type Denial, deniesResource, identify, listDenials, subtractDenials } from './deny.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { classifyPrincipal, type Principal } from './principal.ts';
import type { Trust } from './trust.ts';

/** What one statement of a key policy lets one principal do with the key. */
export interface Access {
  readonly statement: Statement;
  readonly principal: Principal;
  /** The principal stands for all but those whom NotPrincipal names. */
  readonly byExclusion: boolean;
  /** Actions of KMS, after what Deny statements take away; never empty. */
  readonly actions: ReadonlySet<string>;
  /** A Deny with conditions limits it further, in ways that cannot be worked out. */
  readonly softened: boolean;
  readonly confinement: Confinement;
}

/**
 * Lists what a key policy lets whom do: one row per Allow statement and principal. Statements that allow nothing, because
 * an element is missing, their conditions contradict each other, or a Deny takes all away, have no row.
 *
 * Whatever `Resource` says, a key policy is about its own key:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
export function listAccess(policy: PolicyDocument, trust: Trust): readonly Access[] {
  const denials = listDenials(policy);
  return policy.statements.filter(hasEffect).flatMap((statement) => {
    const actions = expandActions(statement.action);
    const { list, byExclusion } = listWhom(statement);
    return list
      .map((principal) => workOut(statement, principal, byExclusion, actions, denials, trust))
      .filter((access) => access.actions.size > 0 && access.confinement.verdict !== 'contradictory');
  });
}

/** Whether a statement of a key policy allows something: KMS ignores one that lacks its action or resource. */
export const hasEffect = ({ effect, action, resource }: Statement): boolean =>
  effect === 'Allow' &&
  action !== undefined &&
  (action.negated || action.list.length > 0) &&
  resource !== undefined &&
  (resource.negated || resource.list.length > 0);

const EVERYONE = classifyPrincipal('*', '*');

function listWhom({ principal }: Statement): { readonly list: readonly Principal[]; readonly byExclusion: boolean } {
  if (principal?.negated === true) return { list: [EVERYONE], byExclusion: true };
  return { list: principal?.list ?? [], byExclusion: false };
}

function workOut(
  statement: Statement,
  principal: Principal,
  byExclusion: boolean,
  actions: ReadonlySet<string>,
  denials: readonly Denial[],
  trust: Trust,
): Access {
  const confinement = findConfinement(statement.conditions, trust, principal.kind === 'service' ? 'service' : 'anyone');
  const anyKey = `arn:aws:kms:*:${trust.keyAccount}:key/*`;
  const remainder = subtractDenials(
    actions,
    denials,
    (denial) => touches(denial, principal) && deniesResource(denial.resource, anyKey),
    (denial) => covers(denial, principal) && deniesResource(denial.resource, anyKey),
  );
  return { statement, principal, byExclusion, confinement, ...remainder };
}

const covers = (denial: Denial, principal: Principal): boolean =>
  denial.everyone || denial.principals.has(identify(principal));

/** A Deny for an account may be about everyone in it: IAM's pages do not say so clearly enough to rely on it. */
const touches = (denial: Denial, principal: Principal): boolean =>
  covers(denial, principal) ||
  (principal.account !== undefined && denial.principals.has(`account ${principal.account}`));
