import type { ConditionTest, Operator } from './condition-test.ts';
import { isTrustedAccount, type Trust } from './trust.ts';

/** How far the conditions of an IAM policy narrow a wildcard resource. */
export interface Narrowing {
  /** To keys with a tag or an alias. */
  readonly toSomeKeys: boolean;
  /** To keys of trusted accounts or organisations. */
  readonly toTrustedAccounts: boolean;
  /** Not to certain keys, but to calls through a service or with an encryption context. */
  readonly ofUse: boolean;
}

/**
 * Works out what conditions do for a statement whose resource is a wildcard.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
export function findNarrowing(tests: readonly ConditionTest[], trust: Trust): Narrowing {
  const binding = tests.filter(
    ({ operator, values }) => operator !== undefined && isBinding(operator) && values.length > 0,
  );
  const has = (isMeant: (test: ConditionTest, key: string) => boolean) =>
    binding.some((test) => isMeant(test, test.key.toLowerCase()));
  return {
    toSomeKeys: has((test, key) => namesKeys(key) && test.values.every(isFixed)),
    toTrustedAccounts: has((test, key) => confinesOwner(test, key, trust)),
    ofUse: has((test, key) => limitsUse(key) && test.values.every(isFixed)),
  };
}

/** A negated operator, and one that holds when the key is absent, binds nothing. */
const isBinding = ({ kind, negated, ifExists, quantifier }: Operator): boolean =>
  (kind === 'string' || kind === 'arn') && !negated && !ifExists && quantifier !== 'all';

/** Something besides wildcards, and more than the prefix that every alias has. */
const isFixed = (value: string): boolean => !/^[*?]*$/.test(value.replace(/^alias\//, ''));

const namesKeys = (key: string): boolean =>
  key.startsWith('aws:resourcetag/') || key === 'kms:resourcealiases' || key === 'kms:requestalias';

const limitsUse = (key: string): boolean => key === 'kms:viaservice' || key.startsWith('kms:encryptioncontext:');

function confinesOwner({ values }: ConditionTest, key: string, trust: Trust): boolean {
  if (key === 'aws:resourceaccount') {
    return values.every((value) => isTrustedAccount(value, trust) || /^\$\{aws:principalaccount\}$/i.test(value));
  }
  if (key !== 'aws:resourceorgid') return false;
  return values.every(
    (value) => trust.trustedOrganizations.includes(value) || /^\$\{aws:principalorgid\}$/i.test(value),
  );
}
