import type { ConditionTest } from './condition-test.ts';
import { coversPattern, hasWildcard, matchesPattern } from './pattern.ts';
import type { Principal } from './principal.ts';

/**
 * Whether a principal is on a list of patterns. A session counts as its role, and its ARN has no path, so that a pattern
 * with a path stands for the session too when it ends in a plain name. A role of Identity Center may be listed without
 * its path, because AWS chooses path and suffix.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export function isListed(principal: Principal, patterns: readonly string[]): boolean {
  const names = listNames(principal);
  const forms = patterns.flatMap((pattern) => listForms(pattern, principal));
  return names.some((name) => forms.some((form) => matchesArn(form, name)));
}

/** The names under which a principal may be listed. */
function listNames({ kind, text, account }: Principal): readonly string[] {
  if (kind === 'account') return [text, `${account}`, `arn:aws:iam::${account}:root`];
  const [arn = '', partition = '', , , , resource = ''] = text.split(':');
  const [type = '', ...parts] = resource.split('/');
  const role = kind === 'session' ? parts[0] : parts.at(-1);
  const asRole = [arn, partition, 'iam', '', account ?? '', `role/${role ?? ''}`].join(':');
  if (kind === 'session') return [text, asRole];
  return kind === 'role' && type === 'role' && isIdentityCenterRole(role ?? '') ? [text, asRole] : [text];
}

function listForms(pattern: string, { kind }: Principal): readonly string[] {
  const match = /^(.*:role\/)(?:.*\/)?([^/]*)$/s.exec(pattern);
  const [, before = '', name = ''] = match ?? [];
  const isPlain = name !== '' && (!hasWildcard(name) || isIdentityCenterRole(name));
  return kind === 'session' && match !== null && isPlain ? [pattern, `${before}${name}`] : [pattern];
}

const isIdentityCenterRole = (name: string): boolean => name.startsWith('AWSReservedSSO_');

/**
 * Whether a pattern matches an ARN. Each of the six parts is matched by itself, so that a `*` for the account cannot reach
 * into a path that somebody else chose.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const [wanted, given] = [splitArn(pattern), splitArn(arn)];
  if (wanted.length < 6 || given.length < 6) return matchesPattern(pattern, arn);
  return wanted.every((part, at) => matchesPattern(part, given[at] ?? ''));
}

/** The six parts of an ARN; colons in the last one belong to it. */
function splitArn(text: string): readonly string[] {
  const parts = text.split(':');
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])];
}

/** Whether a condition on `aws:PrincipalArn` lets in nobody but principals on a list of patterns. */
export const confinesToListed = (tests: readonly ConditionTest[], patterns: readonly string[]): boolean =>
  tests.some(
    ({ key, operator, values }) =>
      key.toLowerCase() === 'aws:principalarn' &&
      operator !== undefined &&
      !operator.negated &&
      (operator.kind === 'arn' || operator.kind === 'string') &&
      values.length > 0 &&
      values.every((value) => patterns.some((pattern) => coversPattern(pattern, value))),
  );
