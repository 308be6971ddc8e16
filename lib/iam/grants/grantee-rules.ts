import { hasWildcard, matchesPattern } from '../pattern.ts';
import { classifyPrincipal } from '../principal.ts';
import { quote } from '../quote.ts';
import { isTrustedAccount, type Trust } from '../trust.ts';
import { type Grant, granteeOf } from './grant.ts';
import { findAccount } from './grant-fields.ts';
import type { GrantContext, GrantFinding, GrantRemark, GrantSeverity } from './grant-judgement.ts';
import { readGrantee } from './grantee-shape.ts';

/** Makes the finding of G1; the sentence goes on after the grant's id. */
function complain(grant: Grant, severity: GrantSeverity, says: string): GrantRemark {
  const principal = granteeOf(grant);
  const finding: GrantFinding = {
    rule: 'G1',
    severity,
    grantId: grant.grantId,
    ...(principal !== undefined && { principal }),
    excess: [],
    reason: `Grant ${grant.grantId} ${says}.`,
  };
  return { findings: [finding] };
}

/**
 * G1: who holds the grant. It counts whoever made it, also for a service: which account can use the key does not depend on
 * who wrote it down.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 */
export function judgeGrantee(grant: Grant, { trust }: GrantContext): GrantRemark {
  if (grant.granteeServicePrincipal !== undefined) return judgeSource(grant, trust);
  const text = grant.granteePrincipal;
  if (text === undefined) return { unclear: [`Grant ${grant.grantId} does not say who its grantee is.`] };
  if (text === '*') return complain(grant, 'critical', 'lets everybody (*) use the key');
  if (hasWildcard(text)) return complain(grant, 'critical', `names its grantee with a wildcard, ${text}`);
  const account = findAccount(text);
  const wholeAccount = classifyPrincipal('AWS', text).kind === 'account';
  const says = wholeAccount
    ? `lets all of account ${account} use the key, not one principal of it`
    : `lets ${text} of account ${account} use the key`;
  const foreign = account === undefined ? undefined : judgeAccount(grant, text, account, says, trust);
  return foreign ?? (wholeAccount ? complain(grant, 'high', says) : judgeForm(grant, text));
}

/** A service has another form than a principal, and so has the session by which EC2 attaches volumes. */
function judgeForm(grant: Grant, text: string): GrantRemark {
  if (readGrantee(grant).shape !== 'principal' || classifyPrincipal('AWS', text).kind !== 'malformed') return {};
  return { unclear: [`Grant ${grant.grantId} is for ${quote(text)}, which is no principal that Keywarden knows.`] };
}

/**
 * A service acts for everybody's resources; SourceArn says for whose.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
function judgeSource(grant: Grant, trust: Trust): GrantRemark {
  const sourceArn = grant.constraints?.sourceArn;
  const service = grant.granteeServicePrincipal;
  if (sourceArn === undefined) {
    return complain(
      grant,
      'critical',
      `lets ${service} use the key for anybody's resources, because it has no SourceArn`,
    );
  }
  const [, , , , account = ''] = sourceArn.split(':');
  if (hasWildcard(account)) {
    return complain(grant, 'critical', `lets ${service} use the key for resources of any account, ${sourceArn}`);
  }
  // The ARN of an S3 bucket names no account.
  if (!/^\d{12}$/.test(account)) return {};
  const says = `lets ${service} use the key for ${sourceArn} of account ${account}`;
  return judgeAccount(grant, sourceArn, account, says, trust) ?? {};
}

/** @returns undefined for an account, or a principal of one, that is trusted */
function judgeAccount(
  grant: Grant,
  principal: string,
  account: string,
  says: string,
  trust: Trust,
): GrantRemark | undefined {
  const { trustedPrincipals = [], trustedAccounts, trustedOrganizations } = trust;
  if (isTrustedAccount(account, trust)) return undefined;
  if (trustedPrincipals.some((pattern) => matchesPattern(pattern, principal))) return undefined;
  if (trustedOrganizations.length > 0) {
    const organizations = trustedOrganizations.join(', ');
    return keepForeign(
      grant,
      `whether account ${account} belongs to ${organizations} is not known here; name it among the trusted accounts if it does`,
    );
  }
  if (trustedAccounts.length === 0 && trustedPrincipals.length === 0) {
    return {
      ...keepForeign(grant, `account ${account} cannot be judged while no trusted account is named`),
      needs: ['trustedAccounts'],
    };
  }
  return complain(grant, 'critical', `${says}, and that account is not trusted`);
}

/** Taking away another account's access by mistake breaks somebody whom nobody here can see. */
function keepForeign(grant: Grant, why: string): GrantRemark {
  const sentence = `Grant ${grant.grantId} reaches another account, and ${why}.`;
  return { unclear: [sentence], keep: sentence };
}

/** Whether a text is a unique id in place of an ARN: its user or role is gone. */
const isGone = (grantee: string): boolean => classifyPrincipal('AWS', grantee).kind === 'deleted';

/**
 * The second half of G5: a grant whose grantee is gone gives nothing to anybody and hides those that do.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function judgeExistence(grant: Grant, { granteeExists }: GrantContext): GrantRemark {
  const principal = granteeOf(grant);
  if (principal === undefined) return {};
  if (isGone(principal) || (granteeExists?.known === true && !granteeExists.value)) {
    const reason = `Grant ${grant.grantId} is for ${principal}, who no longer exists.`;
    return { findings: [{ rule: 'G5', severity: 'medium', grantId: grant.grantId, principal, excess: [], reason }] };
  }
  if (granteeExists?.known !== false) return {};
  return {
    unclear: [
      `Whether ${principal}, the grantee of grant ${grant.grantId}, still exists could not be read: ${granteeExists.reason}.`,
    ],
  };
}
