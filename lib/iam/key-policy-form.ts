import { type Access, hasEffect } from './access.ts';
import { concernsKms, expandActions } from './action-set.ts';
import { type Finding, NOTHING, type Part, pointAt } from './judgement.ts';
import { isOwnAccount } from './own-account.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { nameStatement } from './sentence.ts';
import type { Trust } from './trust.ts';

/**
 * K6: an Allow that names whom or what it is *not* about, which gives more with every new identity and operation, and a
 * statement that KMS ignores.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
export function judgeForm(statement: Statement, trust: Trust): Part {
  if (!concernsKms(statement.action) || statement.effect === undefined) return NOTHING;
  const missing = findMissing(statement);
  if (missing !== undefined)
    return { findings: [sayForm(statement, 'low', `has no ${missing}, so that KMS ignores it`)] };
  if (!hasEffect(statement)) return NOTHING;
  const excluding = findExclusion(statement, trust);
  return excluding === undefined ? NOTHING : { findings: [sayForm(statement, 'high', excluding)] };
}

/** Statements that are none of a key policy: KMS refuses them, so that this may be another kind of policy. */
export const noteMissingPrincipals = ({ statements }: PolicyDocument): Part => ({
  unclear: statements
    .filter(({ principal, action }) => principal === undefined && concernsKms(action))
    .map((statement) => `${nameStatement(statement)} has no Principal, which a key policy must have.`),
});

function findMissing({ action, resource, principal }: Statement): string | undefined {
  if (action === undefined || (!action.negated && action.list.length === 0)) return 'Action';
  if (resource === undefined || (!resource.negated && resource.list.length === 0)) return 'Resource';
  return principal?.negated === false && principal.list.length === 0 ? 'principal in Principal' : undefined;
}

function findExclusion({ principal, action }: Statement, trust: Trust): string | undefined {
  if (principal?.negated === true) return 'allows everybody but those whom NotPrincipal names';
  const onlyRoot = principal?.list.every(({ kind, account }) => kind === 'account' && account === trust.keyAccount);
  // For the account itself it only says which IAM policies count; taking it out could lock everybody out.
  return action?.negated === true && onlyRoot !== true
    ? 'allows every action but those that NotAction names, also those that KMS will gain'
    : undefined;
}

function sayForm(statement: Statement, severity: 'low' | 'high', says: string): Finding {
  const actions = statement.effect === 'Allow' && severity === 'high' ? [...expandActions(statement.action)] : [];
  return {
    rule: 'K6',
    severity,
    statement: pointAt(statement),
    actions,
    excess: actions,
    offending: { whole: true },
    reason: `${nameStatement(statement)} ${says}.`,
  };
}

/** K8: without it only the principals that the policy names can manage the key; when they are gone, nobody can. */
export function noteMissingRoot(rows: readonly Access[], trust: Trust): Part {
  const isThere = rows.some(
    (access) =>
      isOwnAccount(access, trust) && access.statement.conditions.length === 0 && access.actions.has('kms:PutKeyPolicy'),
  );
  return isThere ? NOTHING : { findings: [MISSING_ROOT] };
}

const MISSING_ROOT: Finding = {
  rule: 'K8',
  severity: 'info',
  actions: [],
  excess: [],
  offending: { whole: false },
  reason:
    'No statement lets IAM policies of the account manage the key, so that it is lost when the principals it names are deleted.',
};
