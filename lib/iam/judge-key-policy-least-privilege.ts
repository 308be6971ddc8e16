import { type Access, listAccess } from './access.ts';
import { identify } from './deny.ts';
import { conclude, type PolicyJudgement } from './judgement.ts';
import { judgeDelegation, judgeDuties } from './key-policy-duties.ts';
import { judgeForm, noteMissingPrincipals, noteMissingRoot } from './key-policy-form.ts';
import { judgeOutsider } from './key-policy-outsiders.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { Trust } from './trust.ts';

/**
 * Whether a key policy gives no more than it should:
 * - K2 nobody of an account that is not trusted;
 * - K3 no administration and use together, and no PutKeyPolicy, for anybody but administrators;
 * - K4 CreateGrant only with a limit, for anybody but administrators;
 * - K5 AWS services only for resources of trusted accounts;
 * - K6 no Allow by exclusion, no statement without effect;
 * - K7 no deleted identity;
 * - K8 (only a note) the statement that lets IAM policies of the account decide is there.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html
 */
export function judgeKeyPolicyLeastPrivilege(policy: PolicyDocument, trust: Trust): PolicyJudgement {
  const rows = listAccess(policy, trust);
  const outsiders = rows.map((access) => judgeOutsider(access, trust));
  // Who should have no access at all is one finding; what a service may do is judged however it is bound.
  const others = rows.filter(({ principal }, at) => principal.kind === 'service' || !outsiders[at]?.findings?.length);
  return conclude(policy, [
    ...policy.statements.map((statement) => judgeForm(statement, trust)),
    noteMissingPrincipals(policy),
    noteMissingRoot(rows, trust),
    ...outsiders,
    ...groupByPrincipal(others).map((group) => judgeDuties(group, trust)),
    ...others.map((access) => judgeDelegation(access, trust)),
  ]);
}

/** What the policy gives one principal altogether: duties may be joined over two statements. */
function groupByPrincipal(rows: readonly Access[]): readonly (readonly Access[])[] {
  const groups = new Map<string, Access[]>();
  for (const access of rows) {
    // Conditions decide who everybody is, so that two such statements may be about different people.
    const name =
      access.principal.kind === 'everyone' ? `everyone ${access.statement.index}` : identify(access.principal);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [access]);
    else group.push(access);
  }
  return [...groups.values()];
}
