import { matchesPattern } from '../pattern.ts';
import type { StatementEdit } from './plan-statement-edit.ts';
import type { EditGuards, Refusal } from './policy-edit.ts';
import { enablesAllIamPolicies, enablesIamPolicies, findPolicyChangers, isStalePrincipal } from './policy-rights.ts';
import { readStatements, type Statement } from './read-statements.ts';
import { scanJson } from './scan-json.ts';

/**
 * Longest key policy, in bytes; the quota cannot be raised.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 */
const LONGEST_POLICY = 32_768;

/**
 * Says what a policy would lose by an edit that it must keep, or why KMS would not take the result.
 *
 * @param before the statements before the edit
 * @param result the policy after it
 * @returns the first reason to refuse; undefined when there is none
 */
export function findLoss(
  before: readonly Statement[],
  edits: readonly StatementEdit[],
  result: string,
  guards: EditGuards,
): Refusal | undefined {
  if (edits.filter(({ goes }) => goes).length === before.length) {
    const reason = 'Nothing of the policy would be left, and a key whose policy has no statement locks everybody out.';
    return { code: 'last-statement', reason };
  }
  const scan = scanJson(result);
  const after = 'problem' in scan ? scan : readStatements(scan.node);
  if ('problem' in after)
    return { code: 'invalid-result', reason: `The edited policy could not be read again: ${after.problem}` };
  return (
    findLostWayIn(before, after.list, guards) ??
    findInvalid(result) ??
    findIncompleteStatement(before, edits) ??
    findStale(before, edits)
  );
}

function findLostWayIn(
  before: readonly Statement[],
  after: readonly Statement[],
  guards: EditGuards,
): Refusal | undefined {
  const loses = (holds: (statement: Statement, guards: EditGuards) => boolean) =>
    before.some((statement) => holds(statement, guards)) && !after.some((statement) => holds(statement, guards));
  if (loses(enablesAllIamPolicies) || loses(enablesIamPolicies)) {
    const reason = `The statement that lets the IAM policies of account ${guards.trust.keyAccount} manage the key would be lost.`;
    return { code: 'root-statement', reason };
  }
  const changers = findPolicyChangers(after, guards);
  const isAdministrator = (name: string) =>
    guards.trust.administrators.some((pattern) => matchesPattern(pattern, name));
  if (findPolicyChangers(before, guards).some(isAdministrator) && !changers.some(isAdministrator)) {
    return { code: 'last-administrator', reason: 'The last administrator that the policy names would be lost.' };
  }
  const openToAccount = after.some((statement) => enablesIamPolicies(statement, guards));
  if (openToAccount || changers.some((name) => guards.ownRoles.includes(name))) return undefined;
  const reason = 'Neither the account nor a role of Keywarden would keep the right to put the policy back.';
  return { code: 'own-right', reason };
}

/** Tab, line feed, carriage return and printable Latin-1 are all that KMS takes. */
function findInvalid(result: string): Refusal | undefined {
  const bytes = Buffer.byteLength(result, 'utf8');
  if (bytes > LONGEST_POLICY) {
    const reason = `The edited policy has ${bytes} bytes, and KMS takes at most ${LONGEST_POLICY}.`;
    return { code: 'too-large', reason };
  }
  const strange = /[^\t\n\r\u0020-\u00ff]/u.exec(result)?.[0];
  if (strange === undefined) return undefined;
  const code = strange.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return { code: 'invalid-result', reason: `The policy holds the character U+${code}, which KMS does not take.` };
}

/**
 * KMS once stored statements without Action, Resource or Principal; it takes them no longer, so that an old one makes every
 * write fail.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
function findIncompleteStatement(before: readonly Statement[], edits: readonly StatementEdit[]): Refusal | undefined {
  for (const statement of findRemaining(before, edits)) {
    const lacks = findLacking(statement);
    if (lacks === undefined) continue;
    const reason = `${nameStatement(statement)} has no ${lacks}, so that KMS would reject the whole policy; correct that first.`;
    return { code: 'invalid-result', statement: statement.index, reason };
  }
  return undefined;
}

function findLacking(statement: Statement): string | undefined {
  if ((statement.actions ?? statement.notActions ?? []).length === 0) return 'Action';
  if (!statement.hasResource || statement.resources?.length === 0) return 'Resource';
  return statement.principals.length + statement.notPrincipals.length === 0 ? 'Principal' : undefined;
}

function findStale(before: readonly Statement[], edits: readonly StatementEdit[]): Refusal | undefined {
  for (const statement of findRemaining(before, edits)) {
    const taken = edits.find((edit) => edit.statement === statement)?.principals ?? [];
    const names = [...statement.principals, ...statement.notPrincipals];
    const principal = names.find((name) => isStalePrincipal(name) && !taken.includes(name.value))?.value;
    if (principal === undefined) continue;
    const reason = `${nameStatement(statement)} names ${principal}, a principal that no longer exists, so that KMS would reject the whole policy; take it out first.`;
    return { code: 'stale-principal', statement: statement.index, principal, reason };
  }
  return undefined;
}

const findRemaining = (before: readonly Statement[], edits: readonly StatementEdit[]): Statement[] =>
  before.filter((statement) => !edits.some((edit) => edit.goes && edit.statement === statement));

const nameStatement = ({ index, sid }: Statement): string =>
  sid === undefined ? `Statement ${index + 1}` : `Statement ${index + 1} ("${sid}")`;
