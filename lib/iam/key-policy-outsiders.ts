import type { Access } from './access.ts';
import { describeConditions, findAccess, listUnclear, nameWhom } from './access-finding.ts';
import { NOTHING, type Part } from './judgement.ts';
import { isListed } from './principal-match.ts';
import { quote } from './quote.ts';
import { listWords, nameStatement } from './sentence.ts';
import { isTrustedAccount, type Need, type Trust } from './trust.ts';

/**
 * K2, K5 and K7: whether a row of access is for somebody outside.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function judgeOutsider(access: Access, trust: Trust): Part {
  if (access.confinement.verdict === 'confined') return NOTHING;
  switch (access.principal.kind) {
    case 'service':
      return judgeService(access, trust);
    case 'everyone':
      return access.byExclusion
        ? NOTHING
        : judgeCallers(access, trust, () => sayForeign(access, describeConditions(access)));
    case 'deleted':
      return { findings: [sayDeleted(access)] };
    // Not understood, which the statement says itself.
    case 'malformed':
      return NOTHING;
    default:
      return judgeNamed(access, trust);
  }
}

function judgeNamed(access: Access, trust: Trust): Part {
  const { principal, confinement } = access;
  if (principal.account !== undefined && isTrustedAccount(principal.account, trust)) return NOTHING;
  if (isListed(principal, trust.trustedPrincipals ?? [])) return NOTHING;
  if (confinement.verdict === 'unknown') return { unclear: listUnclear(access) };
  if (principal.account === undefined) {
    return {
      unclear: [`${nameStatement(access.statement)} names ${nameWhom(access)}, which does not say whose it is.`],
    };
  }
  if (knowsNoAccounts(trust)) return { needs: ['trustedAccounts'] };
  return { findings: [sayForeign(access, `and account ${principal.account} is not trusted`)] };
}

const knowsNoAccounts = (trust: Trust): boolean =>
  trust.trustedAccounts.length === 0 && (trust.trustedPrincipals ?? []).length === 0;

/** For whoever the conditions let in; what is open to everybody is judged even without lists. */
function judgeCallers(access: Access, trust: Trust, sayOpen: () => ReturnType<typeof findAccess>): Part {
  const { verdict, bounded, foreign } = access.confinement;
  if (verdict === 'unknown') return { unclear: listUnclear(access) };
  if (!bounded) return { findings: [sayOpen()] };
  const needs = listNeeds(foreign, trust);
  return needs.length > 0
    ? { needs }
    : {
        findings: [
          sayForeign(
            access,
            `and its condition names ${listWords(foreign)}, which ${foreign.length === 1 ? 'is' : 'are'} not trusted`,
          ),
        ],
      };
}

/** The lists without which it cannot be said that what the condition names is foreign. */
function listNeeds(foreign: readonly string[], trust: Trust): readonly Need[] {
  const organizations = foreign.filter((name) => name.startsWith('o-'));
  return [
    ...(organizations.length < foreign.length && knowsNoAccounts(trust) ? (['trustedAccounts'] as const) : []),
    ...(organizations.length > 0 && trust.trustedOrganizations.length === 0 ? (['trustedOrganizations'] as const) : []),
  ];
}

const sayForeign = (access: Access, why: string) =>
  findAccess(access, { rule: 'K2', severity: 'high', says: `lets ${nameWhom(access)} use the key, ${why}` });

const judgeService = (access: Access, trust: Trust): Part =>
  judgeCallers(access, trust, () =>
    findAccess(access, {
      rule: 'K5',
      severity: 'medium',
      says:
        `lets ${nameWhom(access)} use the key for resources of any account; ` +
        'bind it with aws:SourceAccount or aws:SourceArn',
    }),
  );

const sayDeleted = (access: Access) =>
  findAccess(access, {
    rule: 'K7',
    severity: 'low',
    says: `names ${quote(access.principal.text)}, the unique id of an identity that was deleted; KMS refuses the next change of the policy while it is there`,
  });
