import { describe, expect, test } from '@jest/globals';
import { parseConditions, parseOperator } from '../../lib/iam/condition-test.ts';
import { confines, findConfinement } from '../../lib/iam/confinement.ts';
import { limitsGrants } from '../../lib/iam/grant-limit.ts';
import { APP, type Json, ORGANIZATION, OWN, PARTNER, STRANGER, TRUST, variable } from './policy-fixtures.ts';

const of = (condition: Json, caller: 'anyone' | 'service' = 'anyone') =>
  confines(parseConditions(condition).tests, TRUST, caller);

describe('every operator', () => {
  // [operator, of the caller's account (always there), of the organisation (may be absent)]
  test.each<[string, string, string]>([
    ['StringEquals', 'confined', 'confined'],
    ['stringequals', 'confined', 'confined'],
    ['StringEqualsIgnoreCase', 'confined', 'confined'],
    ['StringLike', 'confined', 'confined'],
    ['StringEqualsIfExists', 'confined', 'open'],
    ['StringLikeIfExists', 'confined', 'open'],
    ['ForAnyValue:StringEquals', 'confined', 'confined'],
    ['ForAnyValue:StringLike', 'confined', 'confined'],
    ['ForAllValues:StringEquals', 'confined', 'open'],
    ['ForAllValues:StringLike', 'confined', 'open'],
    ['ForAnyValue:StringEqualsIfExists', 'confined', 'open'],
    ['StringNotEquals', 'open', 'open'],
    ['StringNotEqualsIgnoreCase', 'open', 'open'],
    ['StringNotLike', 'open', 'open'],
    ['StringNotEqualsIfExists', 'open', 'open'],
    ['ForAnyValue:StringNotEquals', 'open', 'open'],
    ['ForAllValues:StringNotEquals', 'open', 'open'],
    ['ArnNotEquals', 'open', 'open'],
    ['ArnNotLike', 'open', 'open'],
    ['NumericEquals', 'unknown', 'unknown'],
    ['NumericNotEquals', 'open', 'open'],
    ['NumericLessThan', 'unknown', 'unknown'],
    ['DateGreaterThan', 'unknown', 'unknown'],
    ['Bool', 'unknown', 'unknown'],
    ['BinaryEquals', 'unknown', 'unknown'],
    ['IpAddress', 'unknown', 'unknown'],
    ['NotIpAddress', 'open', 'open'],
    ['StringMatches', 'unknown', 'unknown'],
    ['ForSomeValues:StringEquals', 'unknown', 'unknown'],
  ])('%s', (operator, account, organization) => {
    expect(of({ [operator]: { 'kms:CallerAccount': OWN } })).toBe(account);
    expect(of({ [operator]: { 'aws:PrincipalOrgID': ORGANIZATION } })).toBe(organization);
  });

  test('Null never confines, and asking for the absence of what must be there contradicts', () => {
    expect(of({ Null: { 'aws:PrincipalOrgID': 'false' } })).toBe('open');
    expect(of({ Null: { 'aws:PrincipalOrgID': 'true' } })).toBe('open');
    expect(of({ Null: { 'kms:CallerAccount': 'true' } })).toBe('contradictory');
    expect(of({ Null: { 'kms:CallerAccount': ['true', 'false'] } })).toBe('open');
    const absent = { Null: { 'aws:PrincipalOrgID': 'true' } };
    expect(of({ ...absent, StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION } })).toBe('contradictory');
    expect(of({ ...absent, StringEqualsIfExists: { 'aws:PrincipalOrgID': ORGANIZATION } })).toBe('open');
    expect(of({ ...absent, StringNotEquals: { 'aws:PrincipalOrgID': ORGANIZATION } })).toBe('open');
  });

  test('is read part by part', () => {
    expect(parseOperator('ForAnyValue:ArnLikeIfExists')).toEqual({
      kind: 'arn',
      negated: false,
      wildcards: true,
      ifExists: true,
      quantifier: 'any',
    });
    expect(parseOperator('ForAllValues:Null')).toBeUndefined();
  });
});

describe('the values of one key', () => {
  test.each<[string, Json, string]>([
    ['all trusted', { StringEquals: { 'kms:CallerAccount': [OWN, PARTNER] } }, 'confined'],
    ['one of them not trusted', { StringEquals: { 'kms:CallerAccount': [OWN, STRANGER] } }, 'open'],
    ['one of them a wildcard', { StringLike: { 'kms:CallerAccount': [OWN, '?'.repeat(12)] } }, 'open'],
    ['one of them never an account', { StringEquals: { 'kms:CallerAccount': [OWN, 'x'] } }, 'confined'],
    [
      'none of them an account',
      { StringEquals: { 'kms:CallerAccount': ['x', `arn:aws:iam::${OWN}:root`] } },
      'contradictory',
    ],
    [
      'one of them a variable nobody knows',
      { StringEquals: { 'kms:CallerAccount': [OWN, variable('aws:username')] } },
      'unknown',
    ],
    ['no value', { StringEquals: { 'kms:CallerAccount': [] } }, 'unknown'],
    ['an organisation with a wildcard', { StringLike: { 'aws:PrincipalOrgID': `${ORGANIZATION}*` } }, 'open'],
    ['an organisation with a literal star', { StringEquals: { 'aws:PrincipalOrgID': 'o-*' } }, 'contradictory'],
    [
      'a path of our organisation',
      { 'ForAnyValue:StringEquals': { 'aws:PrincipalOrgPaths': `${ORGANIZATION}/r-a/ou-b/` } },
      'confined',
    ],
    [
      'a path with a wildcard in the organisation',
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-*/r-a/*' } },
      'open',
    ],
    ['an ARN', { ArnEquals: { 'aws:PrincipalArn': APP } }, 'confined'],
    ['an ARN of a stranger', { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${STRANGER}:role/x` } }, 'open'],
    [
      'an ARN as text with wildcards behind the account',
      { StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${OWN}:role/*` } },
      'confined',
    ],
    [
      'an ARN as text with a wildcard before the account',
      { StringLike: { 'aws:PrincipalArn': `arn:aws*:iam::${OWN}:role/*` } },
      'open',
    ],
    [
      'an ARN with a wildcard in the account',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::1111*:role/App' } },
      'open',
    ],
    ['an ARN with one sign for the account', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::?:role/App' } }, 'open'],
    ['a star for an ARN', { ArnLike: { 'aws:PrincipalArn': '*' } }, 'open'],
    ['an ARN that is none', { ArnEquals: { 'aws:PrincipalArn': 'App' } }, 'unknown'],
    [
      'an ARN with a literal star for the account',
      { StringEquals: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/App' } },
      'contradictory',
    ],
    ['a source account of ours', { StringEquals: { 'aws:SourceAccount': OWN } }, 'confined'],
    ['a source organisation of ours', { StringEquals: { 'aws:SourceOrgID': ORGANIZATION } }, 'confined'],
    [
      'a path of our source organisation',
      { 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': `${ORGANIZATION}/*` } },
      'confined',
    ],
    ['a source of every account', { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:topic' } }, 'open'],
    [
      'the organisation of the key by variable',
      { StringEquals: { 'aws:PrincipalOrgID': variable('aws:ResourceOrgID') } },
      'unknown',
    ],
    [
      'the organisation of the caller by variable',
      { StringEquals: { 'aws:PrincipalOrgID': variable('aws:PrincipalOrgID') } },
      'open',
    ],
  ])('%s', (_name, condition, verdict) => {
    expect(of(condition)).toBe(verdict);
  });
});

describe('the keys of one block', () => {
  const ours = { 'kms:CallerAccount': OWN };
  test.each<[string, Json, string]>([
    ['none', {}, 'open'],
    ['an operator without keys', { StringEquals: {} }, 'open'],
    [
      'one that confines beside one that does not',
      { StringEquals: ours, Bool: { 'aws:SecureTransport': 'true' } },
      'confined',
    ],
    ['one that confines beside one that nobody knows', { StringEquals: { ...ours, 'x:y': 'z' } }, 'confined'],
    [
      'one that is foreign beside one that confines',
      { StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION, 'kms:CallerAccount': STRANGER } },
      'confined',
    ],
    [
      'two accounts that exclude each other',
      { StringEquals: { ...ours, 'aws:PrincipalAccount': PARTNER } },
      'contradictory',
    ],
    ['two lists that share one', { StringEquals: { ...ours, 'aws:PrincipalAccount': [PARTNER, OWN] } }, 'confined'],
    [
      'two source accounts that exclude each other',
      { StringEquals: { 'aws:SourceAccount': OWN }, ArnLike: { 'aws:SourceArn': `arn:aws:sns:*:${PARTNER}:t` } },
      'contradictory',
    ],
    ['one that nobody knows, negated', { StringNotEquals: { 'x:y': 'z' } }, 'open'],
  ])('%s', (_name, condition, verdict) => {
    expect(of(condition)).toBe(verdict);
  });

  test('three lists of accounts contradict each other when no account is in all of them', () => {
    const lists = {
      StringEquals: { 'kms:CallerAccount': [OWN, PARTNER], 'aws:PrincipalAccount': [OWN, STRANGER] },
      StringLike: { 'aws:PrincipalAccount': [PARTNER, STRANGER] },
    };
    expect(of(lists)).toBe('contradictory');
    expect(of({ ...lists, StringLike: { 'aws:PrincipalAccount': [OWN] } })).toBe('confined');
  });

  test('an encryption context counts for services only', () => {
    const context = { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:*:${OWN}:*` } };
    expect([of(context), of(context, 'service')]).toEqual(['open', 'confined']);
    const name = { StringEquals: { 'kms:EncryptionContext:aws:dynamodb:tableName': 'Orders' } };
    expect(of(name, 'service')).toBe('open');
  });

  test('what is foreign is named, without what is trusted', () => {
    const tests = parseConditions({ StringEquals: { 'kms:CallerAccount': [OWN, STRANGER] } }).tests;
    expect(findConfinement(tests, TRUST)).toEqual({ verdict: 'open', bounded: true, foreign: [STRANGER], unclear: [] });
  });
});

describe('grants are limited by', () => {
  test.each<[Json, boolean]>([
    [{ Bool: { 'kms:GrantIsForAWSResource': 'true' } }, true],
    [{ Bool: { 'kms:GrantIsForAWSResource': 'false' } }, false],
    [{ BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } }, false],
    [{ StringEquals: { 'kms:GranteePrincipal': APP } }, true],
    [{ StringLike: { 'kms:GranteePrincipal': '*' } }, false],
    [{ StringLike: { 'kms:GranteePrincipal': 'arn:aws:iam::*' } }, false],
    [{ StringNotEquals: { 'kms:GranteePrincipal': APP } }, false],
    [{ StringEquals: { 'kms:GranteeServicePrincipal': 'sns.amazonaws.com' } }, true],
    [{ StringEquals: { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } }, true],
    [{ StringLike: { 'kms:ViaService': '*' } }, false],
    [{ 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } }, true],
    [{ 'ForAllValues:StringLike': { 'kms:GrantOperations': ['*'] } }, false],
    [{ StringEquals: { 'kms:GrantOperations': ['Decrypt'] } }, false],
    [{ StringEquals: { 'aws:PrincipalTag/a': 'b' } }, false],
    [{ Bool: { 'kms:GrantIsForAWSResource': [] } }, false],
    [{ Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } }, false],
  ])('%j: %s', (condition, limited) => {
    expect(limitsGrants(parseConditions(condition).tests)).toBe(limited);
  });
});
