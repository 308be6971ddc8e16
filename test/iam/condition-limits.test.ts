import { describe, expect, test } from '@jest/globals';
import { parseConditions } from '../../lib/iam/condition-test.ts';
import { findConfinement } from '../../lib/iam/confinement.ts';
import { decodeDocument } from '../../lib/iam/decode-document.ts';
import { limitsGrants } from '../../lib/iam/grant-limit.ts';
import { APP, type Json, ORGANIZATION, OWN, PARTNER, STRANGER, TRUST, variable } from './policy-fixtures.ts';

const find = (condition: Json, trust = TRUST) => findConfinement(parseConditions(condition).tests, trust);
const verdictOf = (condition: Json, trust = TRUST) => find(condition, trust).verdict;

const FOREIGN_ORGANIZATION = 'o-z9y8x7w6v5';

describe('whom a condition lets in, and what is told of it', () => {
  test.each<[string, Json, unknown]>([
    [
      'unknown',
      { StringEquals: { 'aws:NeverHeardOf': 'x' } },
      { verdict: 'unknown', bounded: false, foreign: [], unclear: [expect.stringContaining('"aws:NeverHeardOf"')] },
    ],
    [
      'confined',
      { StringEquals: { 'kms:CallerAccount': OWN }, StringLike: { 'aws:NeverHeardOf': 'x' } },
      { verdict: 'confined', bounded: true, foreign: [], unclear: [] },
    ],
    [
      'confined, although it also names somebody else',
      { StringEquals: { 'kms:CallerAccount': OWN, 'aws:PrincipalOrgID': FOREIGN_ORGANIZATION } },
      { verdict: 'confined', bounded: true, foreign: [], unclear: [] },
    ],
    [
      'open to the strangers that it names',
      { StringEquals: { 'kms:CallerAccount': [STRANGER, OWN, 'no account'] } },
      { verdict: 'open', bounded: true, foreign: [STRANGER], unclear: [] },
    ],
    [
      'open to everybody, so that the stranger it names says nothing',
      { StringLike: { 'kms:CallerAccount': [STRANGER, '*'] } },
      { verdict: 'open', bounded: false, foreign: [], unclear: [] },
    ],
    [
      'unknown beside a stranger whom it names',
      { StringEquals: { 'aws:PrincipalOrgID': FOREIGN_ORGANIZATION }, StringLike: { 'aws:NeverHeardOf': 'x' } },
      {
        verdict: 'unknown',
        bounded: true,
        foreign: [FOREIGN_ORGANIZATION],
        unclear: [expect.stringContaining('StringLike')],
      },
    ],
    [
      'contradictory',
      { StringEquals: { 'kms:CallerAccount': OWN, 'aws:PrincipalAccount': PARTNER } },
      { verdict: 'contradictory', bounded: true, foreign: [], unclear: [] },
    ],
  ])('is %s: %j', (_what, condition, expected) => {
    expect(find(condition)).toEqual(expected);
  });

  test('by a key that this version does not know stays unknown, also when it may be absent', () => {
    expect(verdictOf({ StringEqualsIfExists: { 'aws:NeverHeardOf': 'x' } })).toBe('unknown');
    expect(verdictOf({ 'ForAllValues:StringEquals': { 'aws:NeverHeardOf': 'x' } })).toBe('unknown');
  });

  test.each([
    ['aws:SourceOrgPaths', `${ORGANIZATION}/r-a/`],
    ['aws:PrincipalOrgPaths', `${ORGANIZATION}/r-a/`],
  ])('by %s, which has several values, needs ForAnyValue', (key, value) => {
    expect(verdictOf({ StringEquals: { [key]: value } })).toBe('unknown');
    expect(verdictOf({ 'ForAnyValue:StringEquals': { [key]: value } })).toBe('confined');
  });
});

describe('asking for the absence of a key', () => {
  const ABSENT = { Null: { 'aws:PrincipalOrgPaths': 'true' } };
  test.each<[string, Json, string]>([
    ['of another key', { ...ABSENT, StringEquals: { 'kms:CallerAccount': OWN } }, 'confined'],
    [
      'that a test needs',
      { ...ABSENT, 'ForAnyValue:StringEquals': { 'AWS:PrincipalOrgPaths': 'o-1/' } },
      'contradictory',
    ],
    [
      'that a test can do without',
      { ...ABSENT, 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': 'o-1/' } },
      'open',
    ],
    ['that an unknown operator compares', { ...ABSENT, StringMatches: { 'aws:PrincipalOrgPaths': 'o-1/' } }, 'unknown'],
    ['twice', { ...ABSENT, NullIfExists: { 'aws:username': 'true' } }, 'unknown'],
    ['without saying so', { Null: { 'kms:CallerAccount': [] } }, 'open'],
  ])('%s: %j is %s', (_what, condition, verdict) => {
    expect(verdictOf(condition)).toBe(verdict);
  });
});

describe('the value of a condition', () => {
  const account = (value: unknown) => ({ StringEquals: { 'kms:CallerAccount': value } });
  const arn = (value: unknown) => ({ ArnLike: { 'aws:PrincipalArn': value } });
  test.each<[string, Json, string]>([
    ['the account of the key, by a variable', account(variable('aws:ResourceAccount')), 'confined'],
    [
      'that variable, for the account of a source',
      { StringEquals: { 'aws:SourceAccount': variable('aws:ResourceAccount') } },
      'unknown',
    ],
    ['what the caller is', account(variable('aws:PrincipalAccount')), 'open'],
    [
      'what the caller is, for the account of a source',
      { StringEquals: { 'aws:SourceAccount': variable('aws:PrincipalAccount') } },
      'unknown',
    ],
    [
      'the account of the key by what the caller is',
      { StringEquals: { 'aws:ResourceAccount': variable('kms:CallerAccount') } },
      'confined',
    ],
    [
      'the same with text before it',
      { StringEquals: { 'aws:ResourceAccount': `x${variable('kms:CallerAccount')}` } },
      'unknown',
    ],
    [
      'the same with text behind it',
      { StringEquals: { 'aws:ResourceAccount': `${variable('kms:CallerAccount')}x` } },
      'unknown',
    ],
    [
      'the account of the key by something else',
      { StringEquals: { 'aws:ResourceAccount': variable('aws:username') } },
      'unknown',
    ],
    [
      'the account of the key, which says nothing of the caller',
      { StringEquals: { 'aws:ResourceAccount': OWN } },
      'open',
    ],
    ['13 digits', account(`${OWN}4`), 'contradictory'],
    ['a letter before 12 digits', account(`x${OWN}`), 'contradictory'],
    ['an ARN with 13 digits for the account', arn(`arn:aws:iam::${OWN}4:role/App`), 'unknown'],
    ['an ARN with a letter before the account', arn(`arn:aws:iam::x${OWN}:role/App`), 'unknown'],
    ['an ARN with words for the account', arn('arn:aws:iam::own:role/App'), 'unknown'],
    ['an ARN that ends with the account', arn(`arn:aws:iam::${OWN}`), 'unknown'],
    ['an ARN that ends with a wildcard', arn('arn:aws:iam::*'), 'open'],
    [
      'an ARN that ends with a wildcard and is compared as it stands',
      { StringEquals: { 'aws:PrincipalArn': 'arn:aws:*' } },
      'contradictory',
    ],
  ])('%s: %j is %s', (_what, condition, verdict) => {
    expect(verdictOf(condition)).toBe(verdict);
  });

  test('that is a trusted principal confines, although its account is not trusted', () => {
    const stranger = `arn:aws:iam::${STRANGER}:role/Reader`;
    expect(verdictOf(arn(stranger))).toBe('open');
    expect(verdictOf(arn(stranger), { ...TRUST, trustedPrincipals: [`arn:aws:iam::${STRANGER}:role/*`] })).toBe(
      'confined',
    );
  });
});

describe('a limit of grants', () => {
  const limits = (condition: Json) => limitsGrants(parseConditions(condition).tests);
  const forService = 'kms:GrantIsForAWSResource';
  const grantee = 'kms:GranteePrincipal';
  const operations = 'kms:GrantOperations';
  test.each<[Json, boolean]>([
    [{ Bool: { [forService]: 'true' } }, true],
    [{ Bool: { [forService]: true } }, true],
    [{ StringEquals: { [forService]: 'True' } }, true],
    [{ Bool: { [forService]: ['true', 'false'] } }, false],
    [{ BoolIfExists: { [forService]: 'true' } }, false],
    [{ 'ForAllValues:Bool': { [forService]: 'true' } }, false],
    [{ ArnEquals: { [forService]: 'true' } }, false],
    [{ Bool: { [forService]: [] } }, false],
    [{ StringNotEquals: { [forService]: 'true' } }, false],
    [{ StringEquals: { [grantee]: APP } }, true],
    [{ ArnLike: { [grantee]: `arn:aws:iam::${OWN}:role/App*` } }, true],
    [{ ArnLike: { [grantee]: [APP, '*'] } }, false],
    [{ ArnLike: { [grantee]: '**' } }, false],
    [{ ArnLike: { [grantee]: 'arn:aws:iam::*' } }, false],
    [{ StringLike: { [grantee]: 'arn:aws:sts::?*' } }, false],
    [{ StringEqualsIfExists: { [grantee]: APP } }, false],
    [{ NumericEquals: { [grantee]: 1 } }, false],
    [{ StringMatches: { [grantee]: APP } }, false],
    [{ 'ForAllValues:StringEquals': { [operations]: ['Decrypt', 'Encrypt'] } }, true],
    [{ 'ForAllValues:StringEquals': { [operations]: ['Decrypt', 'CreateGrant'] } }, false],
    [{ 'ForAllValues:StringLike': { [operations]: 'De*' } }, false],
    [{ 'ForAnyValue:StringEquals': { [operations]: 'Decrypt' } }, false],
    [{ 'ForAllValues:ArnEquals': { [operations]: 'Decrypt' } }, false],
    [{ StringEquals: { 'aws:username': 'dana' } }, false],
  ])('%j: %s', (condition, limited) => {
    expect(limits(condition)).toBe(limited);
  });
});

test('A date without quotes is a value where dates are compared, and nowhere else', () => {
  const conditions = (operator: string) => parseConditions({ [operator]: { 'aws:EpochTime': 1_785_000_000 } });
  for (const operator of ['DateLessThan', 'NumericLessThan']) {
    expect(conditions(operator)).toMatchObject({ tests: [{ values: ['1785000000'] }], notUnderstood: [] });
  }
  expect(conditions('StringEquals').notUnderstood).toEqual([
    'The condition on "aws:EpochTime" has the value 1785000000, which is no text',
  ]);
});

describe('the text of a policy document', () => {
  test.each([
    ['as it is, when it is not encoded, whatever is in it', '{"a":"%41"}', '{"a":"%41"}'],
    ['decoded', '%7B%22a%22%3A1%7D', '{"a":1}'],
    ['decoded behind blanks', '\n %7B%7D', '\n {}'],
    ['as it is, when it is encoded wrongly', '%7B%zz', '%7B%zz'],
  ])('is read %s', (_how, text, decoded) => {
    expect(decodeDocument(text)).toBe(decoded);
  });
});
