import type { KeyMeaning } from './condition-key.ts';
import type { Operator } from './condition-test.ts';
import { coversPattern, hasWildcard } from './pattern.ts';
import { isTrustedAccount, type Trust } from './trust.ts';

/** Whom one value of a condition lets in. */
export interface ValueMeaning {
  /**
   * `trusted`: only callers that are trusted; `foreign`: only callers of one account or organisation that is not on the
   * lists; `loose`: callers of any account; `never`: nobody; `unclear`: cannot be told.
   */
  readonly lets: 'trusted' | 'foreign' | 'loose' | 'never' | 'unclear';
  /** The account or organisation that it names. */
  readonly name?: string | undefined;
}

type Reader = (value: string, operator: Operator, trust: Trust) => ValueMeaning;

const LOOSE: ValueMeaning = { lets: 'loose' };
const NEVER: ValueMeaning = { lets: 'never' };
const UNCLEAR: ValueMeaning = { lets: 'unclear' };

/**
 * Tells whom a value of a positive operator lets in, for a key that says whose the caller is.
 *
 * Only a fixed account or organisation confines: a wildcard in that place lets everybody match it, and a policy variable
 * that the caller's own properties fill matches by itself.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function readConditionValue(meaning: KeyMeaning, value: string, operator: Operator, trust: Trust): ValueMeaning {
  if (meaning === 'resource-account') return readResourceAccount(value);
  const reader = READERS[meaning];
  if (reader === undefined) return LOOSE;
  return value.includes('${') ? readVariable(meaning, value, trust) : reader(value, operator, trust);
}

/** Filled from what the caller is: compared with what the caller is, it always fits. */
const CALLERS_OWN = /^\$\{(?:aws:principal(?:account|arn|orgid|orgpaths)|kms:calleraccount)\}$/i;

/** Filled with the account of the key, which is the same for everybody. */
const KEYS_OWN = /^\$\{aws:resourceaccount\}$/i;

function readVariable(meaning: KeyMeaning, value: string, trust: Trust): ValueMeaning {
  if (meaning === 'caller-account' && KEYS_OWN.test(value)) {
    return { lets: 'trusted', name: trust.keyAccount };
  }
  return CALLERS_OWN.test(value) && meaning.startsWith('caller-') ? LOOSE : UNCLEAR;
}

/** The key's account compared with the caller's is the same as the caller's compared with the key's. */
function readResourceAccount(value: string): ValueMeaning {
  if (/^\$\{(?:aws:principalaccount|kms:calleraccount)\}$/i.test(value)) return { lets: 'trusted' };
  return value.includes('${') ? UNCLEAR : LOOSE;
}

function readAccount(value: string, operator: Operator, trust: Trust): ValueMeaning {
  if (operator.wildcards && hasWildcard(value)) return LOOSE;
  return /^\d{12}$/.test(value) ? nameAccount(value, trust) : NEVER;
}

const nameAccount = (account: string, trust: Trust): ValueMeaning => ({
  lets: isTrustedAccount(account, trust) ? 'trusted' : 'foreign',
  name: account,
});

function readOrganization(value: string, operator: Operator, trust: Trust): ValueMeaning {
  if (hasWildcard(value)) return operator.wildcards ? LOOSE : NEVER;
  return { lets: trust.trustedOrganizations.includes(value) ? 'trusted' : 'foreign', name: value };
}

/** `o-.../r-.../ou-.../`: the organisation is what stands before the first slash. */
const readOrganizationPath: Reader = (value, operator, trust) =>
  readOrganization(value.split('/', 1)[0] ?? '', operator, trust);

function readCallerArn(value: string, operator: Operator, trust: Trust): ValueMeaning {
  if ((trust.trustedPrincipals ?? []).some((pattern) => coversPattern(pattern, value))) {
    return { lets: 'trusted', name: value };
  }
  const fields = value.split(':');
  // As text, a `*` before the account may reach over colons into the path of a role of somebody else's account.
  const reaches =
    operator.kind === 'string' && operator.wildcards && fields.slice(0, 4).some((field) => field.includes('*'));
  return reaches ? LOOSE : readArnAccount(fields, operator, trust);
}

/** Resources are named by AWS services, so that a `*` for partition, service or Region reaches no further than that. */
const readSourceArn: Reader = (value, operator, trust) => readArnAccount(value.split(':'), operator, trust);

function readArnAccount(fields: readonly string[], operator: Operator, trust: Trust): ValueMeaning {
  const [, , , , account] = fields;
  if (account === undefined || fields.length < 6) {
    if (!hasWildcard(fields.join(':'))) return UNCLEAR;
    return operator.wildcards ? LOOSE : NEVER;
  }
  if (/^\d{12}$/.test(account)) return nameAccount(account, trust);
  if (hasWildcard(account)) return operator.wildcards ? LOOSE : NEVER;
  // Some ARNs, like those of S3 buckets, name no account: AWS says to add aws:SourceAccount to them,
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
  return account === '' ? LOOSE : UNCLEAR;
}

/** A context value that is no ARN, like a name, does not say whose it is. */
const readContextArn: Reader = (value, operator, trust) =>
  value.startsWith('arn:') ? readSourceArn(value, operator, trust) : LOOSE;

const READERS: Readonly<Partial<Record<KeyMeaning, Reader>>> = {
  'caller-account': readAccount,
  'caller-arn': readCallerArn,
  'caller-organization': readOrganization,
  'caller-organization-path': readOrganizationPath,
  'source-account': readAccount,
  'source-arn': readSourceArn,
  'source-organization': readOrganization,
  'source-organization-path': readOrganizationPath,
  'context-arn': readContextArn,
};
