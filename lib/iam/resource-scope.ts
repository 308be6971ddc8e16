import { coversPattern, hasWildcard, matchesPattern } from './pattern.ts';
import { quote } from './quote.ts';

/**
 * Which keys a `Resource` pattern of an IAM policy reaches: all keys of every account (KMS still asks the other account's
 * key policy), all keys of one account, some keys, or no key at all.
 */
export type Scope = 'every-account' | 'one-account' | 'some-keys' | 'no-key' | 'unclear';

/**
 * Tells which keys a pattern reaches.
 *
 * @param pattern as written, e.g. `arn:aws:kms:eu-west-1:111122223333:key/*`
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function findScope(pattern: string): Scope {
  if (coversPattern(pattern, 'arn:aws:kms:*:*:key/*')) return 'every-account';
  // A variable has a colon of its own. That of the caller's account stands for one account, any other for who knows what.
  const filled = pattern.replace(/\$\{aws:principalaccount\}/gi, '0'.repeat(12));
  return filled.includes('${') ? 'unclear' : scopeOfArn(filled);
}

function scopeOfArn(pattern: string): Scope {
  const fields = pattern.split(':');
  if (fields.length < 6) return hasWildcard(pattern) ? scopeOfStub(pattern) : 'no-key';
  const [arn = '', partition = '', service = '', , account = '', ...rest] = fields;
  const isKms = matchesPattern(arn, 'arn') && isPartition(partition) && matchesPattern(service, 'kms');
  return isKms ? scopeOfKeys(account, rest.join(':')) : 'no-key';
}

const isPartition = (pattern: string): boolean => hasWildcard(pattern) || /^aws(?:-[a-z]+)*$/.test(pattern);

/** Less than a whole ARN, with a wildcard at the end that may reach over the rest: `arn:aws:kms:eu-west-1:*`. */
function scopeOfStub(pattern: string): Scope {
  const fields = pattern.split(':');
  const service = fields[2] ?? '*';
  const mayBeKms = fields.length < 3 || matchesPattern(service, 'kms') || service.startsWith('kms*');
  if (!pattern.endsWith('*') || !mayBeKms) return 'no-key';
  return /^\d{12}/.test(fields[4] ?? '') ? 'one-account' : 'every-account';
}

function scopeOfKeys(account: string, resource: string): Scope {
  const reach = reachOf(resource);
  if (reach !== 'all') return reach;
  return hasWildcard(account) ? 'every-account' : 'one-account';
}

/** What stands behind the account. Aliases are no keys: only operations on aliases ask for them. */
function reachOf(resource: string): 'all' | 'some-keys' | 'no-key' {
  if (coversPattern(resource, 'key/*')) return 'all';
  const [type = '', ...id] = resource.split('/');
  if (id.length === 0 ? !resource.endsWith('*') || !matchesPattern(resource, 'key/') : !matchesPattern(type, 'key')) {
    return 'no-key';
  }
  // Without a single fixed character but the dashes that every key id has, it reaches all keys of one kind.
  return /^(?:mrk-)?[*?-]+$/.test(id.join('/')) ? 'all' : 'some-keys';
}

/** The sentence part for a scope that cannot be told. */
export const describeUnclear = (pattern: string): string =>
  `which keys the resource ${quote(pattern)} reaches cannot be told`;
