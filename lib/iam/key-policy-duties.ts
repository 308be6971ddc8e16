import type { Access } from './access.ts';
import { findAccess, nameWhom } from './access-finding.ts';
import { limitsGrants } from './grant-limit.ts';
import { type Finding, NOTHING, type Part } from './judgement.ts';
import { CROSS_ACCOUNT_ACTIONS, pickActions } from './kms-actions.ts';
import { isOwnAccount } from './own-account.ts';
import { confinesToListed, isListed } from './principal-match.ts';
import { listWords } from './sentence.ts';
import type { Trust } from './trust.ts';

/**
 * K3: whether somebody who is no administrator may both use the key and administer it, over all statements together.
 * PutKeyPolicy alone is enough, because whoever has it can take the rest.
 *
 * @param rows the access of one principal who is no stranger
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html
 */
export function judgeDuties(rows: readonly Access[], trust: Trust): Part {
  const judged = rows.filter((access) => isJudged(access, trust));
  const all = new Set(judged.flatMap((access) => [...listEffective(access, trust)]));
  if (!all.has('kms:PutKeyPolicy') && pickActions(all, 'use').length === 0) return NOTHING;
  const uses = pickActions(all, 'use').length > 0;
  const findings = judged.flatMap((access) => sayDuties(access, uses, trust));
  return tellOrNeed(findings, trust);
}

/**
 * K4: whether somebody who is no administrator may make any grant.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
export function judgeDelegation(access: Access, trust: Trust): Part {
  const isPlain = isJudged(access, trust) && access.principal.kind !== 'service';
  if (!isPlain || !givesGrants(access) || pickAdministration(access, trust).length > 0) return NOTHING;
  const says =
    `lets ${nameWhom(access)} make any grant, and so pass the key on to anybody; ` +
    'limit CreateGrant with kms:GrantIsForAWSResource';
  return tellOrNeed([findAccess(access, { rule: 'K4', severity: 'medium', excess: ['kms:CreateGrant'], says })], trust);
}

const tellOrNeed = (findings: readonly Finding[], trust: Trust): Part =>
  findings.length > 0 && trust.administrators.length === 0 ? { needs: ['administrators'] } : { findings };

/** Administrators, the account itself and identities that are gone are not judged. */
function isJudged(access: Access, trust: Trust): boolean {
  const { principal, byExclusion } = access;
  if (byExclusion || principal.kind === 'deleted' || principal.kind === 'malformed') return false;
  return !isOwnAccount(access, trust) && !isAdministrator(access, trust);
}

const isAdministrator = ({ principal, statement }: Access, trust: Trust): boolean =>
  isListed(principal, trust.administrators) || confinesToListed(statement.conditions, trust.administrators);

/** KMS refuses administration from another account whatever the policy says. */
function listEffective({ principal, actions }: Access, trust: Trust): ReadonlySet<string> {
  const isForeign = principal.account !== undefined && principal.account !== trust.keyAccount;
  return isForeign ? new Set([...actions].filter((action) => CROSS_ACCOUNT_ACTIONS.has(action))) : actions;
}

const pickAdministration = (access: Access, trust: Trust): readonly string[] =>
  pickActions(listEffective(access, trust), 'permission', 'destructive', 'admin');

const givesGrants = ({ actions, statement }: Access): boolean =>
  actions.has('kms:CreateGrant') && !limitsGrants(statement.conditions);

function sayDuties(access: Access, uses: boolean, trust: Trust): readonly Finding[] {
  const administration = pickAdministration(access, trust);
  if (administration.length === 0) return [];
  const grave = pickActions(access.actions, 'permission', 'destructive').length > 0;
  const excess = givesGrants(access) ? [...administration, 'kms:CreateGrant'] : administration;
  const says =
    `lets ${nameWhom(access)} administer the key (${listWords(administration, 3)})${uses ? ' beside using it' : ''}, ` +
    'and it is not one of the administrators';
  return [findAccess(access, { rule: 'K3', severity: grave ? 'high' : 'medium', excess, says })];
}
