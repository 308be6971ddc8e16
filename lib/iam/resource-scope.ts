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

/** Less than a whole ARN, in which a wildcard may reach over the rest: `arn:aws:kms:eu-west-1:*`, `*-????????????`. */
function scopeOfStub(pattern: string): Scope {
  const [, , service = '*', , account = ''] = pattern.split(':');
  const mayBeKms = matchesPattern(service, 'kms') || service.startsWith('kms*');
  if (!mayBeKms || pattern.includes('alias/')) return 'no-key';
  if (KEY_ID.test(pattern)) return 'some-keys';
  return /^\d{12}/.test(account) ? 'one-account' : 'every-account';
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id */
const KEY_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}/i;

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
  const text = id.join('/');
  return hasWildcard(text) && countDigits(text) < FEWEST_DIGITS ? 'all' : 'some-keys';
}

/** A pattern for a key id with less than this many fixed digits fits more than one key in 65,536 and means no certain keys. */
const FEWEST_DIGITS = 4;

const countDigits = (id: string): number => id.replace(/^mrk-/, '').replace(/[^0-9a-f]/gi, '').length;

/** The sentence part for a scope that cannot be told. */
export const describeUnclear = (pattern: string): string =>
  `which keys the resource ${quote(pattern)} reaches cannot be told`;
