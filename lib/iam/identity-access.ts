import { concernsKms, expandActions } from './action-set.ts';
import { findConfinement } from './confinement.ts';
import { type Denial, deniesResource, listDenials, subtractDenials } from './deny.ts';
import { findNarrowing } from './key-narrowing.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { describeUnclear, findScope, type Scope } from './resource-scope.ts';
import { nameStatement } from './sentence.ts';
import type { Trust } from './trust.ts';

/** What one Allow statement of an IAM policy lets its holder do with many keys at once. */
export interface IdentityAccess {
  readonly statement: Statement;
  /** All actions of KMS that it allows on any resource, before Deny. */
  readonly actions: ReadonlySet<string>;
  /** Actions on all keys of every account, and on all keys of one account, after Deny; the second holds the first. */
  readonly everywhere: ReadonlySet<string>;
  readonly accountWide: ReadonlySet<string>;
  /** A condition or a Deny limits it in ways that do not name keys. */
  readonly softened: boolean;
  /** What cannot be told, one sentence each. */
  readonly unclear: readonly string[];
}

/** Lists the Allow statements of an IAM policy that are about KMS and have an effect. */
export function listIdentityAccess(policy: PolicyDocument, trust: Trust): readonly IdentityAccess[] {
  const denials = listDenials(policy);
  return policy.statements
    .filter((statement) => statement.effect === 'Allow' && concernsKms(statement.action))
    .filter(({ conditions }) => findConfinement(conditions, trust).verdict !== 'contradictory')
    .map((statement) => workOut(statement, denials, trust))
    .filter(({ actions }) => actions.size > 0);
}

interface Reach {
  readonly scope: Scope;
  readonly pattern: string;
}

function workOut(statement: Statement, denials: readonly Denial[], trust: Trust): IdentityAccess {
  const actions = expandActions(statement.action);
  const narrowing = findNarrowing(statement.conditions, trust);
  const reaches = narrowing.toSomeKeys ? [] : listReaches(statement);
  const left = reaches.map(({ scope, pattern }) => ({
    scope: scope === 'every-account' && narrowing.toTrustedAccounts ? 'one-account' : scope,
    ...subtractDenials(
      actions,
      denials,
      ({ resource }) => resource?.negated === true || deniesResource(resource, pattern),
      ({ resource }) => deniesResource(resource, pattern),
    ),
  }));
  const everywhere = left.filter(({ scope }) => scope === 'every-account');
  const accountWide = left.filter(({ scope }) => scope === 'every-account' || scope === 'one-account');
  return {
    statement,
    actions,
    everywhere: new Set(everywhere.flatMap((one) => [...one.actions])),
    accountWide: new Set(accountWide.flatMap((one) => [...one.actions])),
    softened: narrowing.ofUse || (accountWide.length > 0 && accountWide.every((one) => one.softened)),
    unclear: reaches
      .filter(({ scope }) => scope === 'unclear')
      .map(({ pattern }) => `${nameStatement(statement)}: ${describeUnclear(pattern)}.`),
  };
}

/**
 * `NotResource` reaches everything that it does not name.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html
 */
function listReaches({ resource }: Statement): readonly Reach[] {
  if (resource === undefined) return [];
  if (!resource.negated) return resource.list.map((pattern) => ({ scope: findScope(pattern), pattern }));
  const sparesKms = resource.list.some((pattern) => findScope(pattern) === 'every-account');
  return sparesKms || resource.list.length === 0 ? [] : [{ scope: 'every-account', pattern: '*' }];
}
