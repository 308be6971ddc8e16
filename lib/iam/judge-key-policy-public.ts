import { type Access, listAccess } from './access.ts';
import { describeConditions, findAccess, listUnclear, nameWhom } from './access-finding.ts';
import { conclude, NOTHING, type Part, type PolicyJudgement } from './judgement.ts';
import { noteMissingPrincipals } from './key-policy-form.ts';
import { pickActions } from './kms-actions.ts';
import type { PolicyDocument } from './policy-document.ts';
import { listWords, nameStatement } from './sentence.ts';
import type { Trust } from './trust.ts';

/**
 * Whether a key policy opens its key to the public: an Allow to everybody that no condition confines (rule K1).
 *
 * A condition that names fixed accounts or organisations makes it not public even when they are not trusted; that is for
 * {@link judgeKeyPolicyLeastPrivilege}. The statement for the account's own root is no access for anybody: it lets IAM
 * policies of the account decide.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/kms-key-policy-no-public-access.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export const judgeKeyPolicyPublic = (policy: PolicyDocument, trust: Trust): PolicyJudgement =>
  conclude(policy, [noteMissingPrincipals(policy), ...listAccess(policy, trust).map(judgeAccess)]);

function judgeAccess(access: Access): Part {
  const { principal, confinement } = access;
  if (confinement.verdict === 'confined' || confinement.bounded) return NOTHING;
  if (principal.kind === 'identity-provider' && principal.account === undefined) return judgeProvider(access);
  if (principal.kind !== 'everyone') return NOTHING;
  return confinement.verdict === 'unknown' ? { unclear: listUnclear(access) } : { findings: [sayPublic(access)] };
}

/** Cognito, Google and the like: whether anybody can sign up there is not in the policy. */
const judgeProvider = (access: Access): Part => ({
  unclear: [
    `${nameStatement(access.statement)} lets identities of ${nameWhom(access)} in, and who can have one is not known.`,
  ],
});

const sayPublic = (access: Access) =>
  findAccess(access, {
    rule: 'K1',
    severity: 'critical',
    says: `opens the key to ${nameWhom(access)}, in every AWS account, for ${describeActions(access)}, ${describeConditions(access)}`,
  });

function describeActions({ actions }: Access): string {
  const powers = pickActions(actions, 'permission', 'destructive', 'use', 'grant');
  return powers.length > 8 ? `${actions.size} actions, among them ${listWords(powers, 3)}` : listWords(actions, 6);
}
