import { describe, expect, test } from '@jest/globals';
import { parseConditions } from '../../lib/iam/condition-test.ts';
import { findNarrowing } from '../../lib/iam/key-narrowing.ts';
import { findScope, type Scope } from '../../lib/iam/resource-scope.ts';
import { type Json, ORGANIZATION, OWN, PARTNER, STRANGER, TRUST, variable } from './policy-fixtures.ts';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

describe('a resource reaches', () => {
  test.each<[Scope, string]>([
    ['every-account', '*'],
    ['every-account', 'arn:*'],
    ['every-account', 'arn:aws:*'],
    ['every-account', 'arn:aws:k*'],
    ['every-account', 'arn:aws:kms:*'],
    ['every-account', 'arn:aws:kms:*/*'],
    ['every-account', 'arn:aws:kms:eu-west-1:*'],
    ['every-account', 'arn:aws:kms:eu-west-1:1111*'],
    ['every-account', 'arn:aws:kms:*:*:*'],
    ['every-account', 'arn:aws:kms:eu-west-1:*:key/*'],
    ['every-account', 'arn:aws:*:*:*:*'],
    ['every-account', 'arn:aws-cn:kms:*:*:key/mrk-*'],
    ['every-account', `arn:aws:kms:eu-west-1:${'?'.repeat(12)}:key/*`],
    ['one-account', `arn:aws:kms:eu-west-1:${OWN}:*`],
    ['one-account', `arn:aws:kms:*:${OWN}:key/*`],
    ['one-account', `arn:aws:kms:*:${OWN}:k*`],
    ['one-account', `arn:aws:kms:*:${OWN}:key*`],
    ['one-account', `arn:aws:kms:*:${OWN}*`],
    ['one-account', `arn:aws:kms:eu-west-1:${OWN}:key/*-????-*`],
    ['one-account', `arn:aws:kms:eu-west-1:${OWN}:key/123*`],
    ['some-keys', `arn:aws:kms:eu-west-1:${OWN}:key/1234*`],
    ['some-keys', `arn:aws:kms:*:*:key/${ID}`],
    ['some-keys', `*/${ID}`],
    ['some-keys', `*mrk-${'1234abcd'.repeat(4)}`],
    ['some-keys', `arn:aws:kms:eu-west-1:${OWN}:key/${ID}`],
    ['no-key', `arn:aws:kms:eu-west-1:${OWN}:alias/*`],
    ['no-key', '*:alias/payments-*'],
    ['no-key', `arn:aws:kms:eu-west-1:${OWN}:alias/payments`],
    ['no-key', 'arn:aws:s3:::*'],
    ['no-key', 'arn:aws:s3*'],
    ['no-key', 'arn:other:kms:*:*:key/*'],
    ['no-key', ID],
    ['no-key', ''],
    ['one-account', `arn:aws:kms:eu-west-1:${variable('aws:PrincipalAccount')}:key/*`],
    ['unclear', `arn:aws:kms:eu-west-1:${variable('aws:username')}:key/*`],
    ['unclear', `arn:aws:kms:eu-west-1:${OWN}:key/${variable('aws:PrincipalTag/key')}`],
  ])('%s: %s', (scope, pattern) => {
    expect(findScope(pattern)).toBe(scope);
  });
});

describe('a condition narrows a wildcard', () => {
  const narrow = (condition: Json) => findNarrowing(parseConditions(condition).tests, TRUST);
  test.each<[string, Json, { keys?: boolean; accounts?: boolean; use?: boolean }]>([
    ['to keys with a tag', { StringEquals: { 'aws:ResourceTag/a': 'b' } }, { keys: true }],
    ['to keys with an alias', { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/a' } }, { keys: true }],
    ['to keys by the alias of the call', { StringEquals: { 'kms:RequestAlias': 'alias/a' } }, { keys: true }],
    ['not by a tag of any value', { StringLike: { 'aws:ResourceTag/a': ['b', '*'] } }, {}],
    ['not by what keys must not have', { StringNotEquals: { 'aws:ResourceTag/a': 'b' } }, {}],
    ['not when every alias may be absent', { 'ForAllValues:StringLike': { 'kms:ResourceAliases': 'alias/a' } }, {}],
    ['not by an empty list', { StringEquals: { 'aws:ResourceTag/a': [] } }, {}],
    ['not by asking whether there is a tag', { Null: { 'aws:ResourceTag/a': 'false' } }, {}],
    ['not by an operator that compares no text', { Bool: { 'aws:ResourceTag/a': 'true' } }, {}],
    ['to trusted accounts', { StringEquals: { 'aws:ResourceAccount': [OWN, PARTNER] } }, { accounts: true }],
    ['not to accounts of which one is not trusted', { StringEquals: { 'aws:ResourceAccount': [OWN, STRANGER] } }, {}],
    ['to our organisation', { StringEquals: { 'aws:ResourceOrgID': ORGANIZATION } }, { accounts: true }],
    [
      'to that of the caller',
      { StringEquals: { 'aws:ResourceOrgID': variable('aws:PrincipalOrgID') } },
      { accounts: true },
    ],
    ['not to another organisation', { StringEquals: { 'aws:ResourceOrgID': 'o-zzzzzzzzzz' } }, {}],
    ['to a service', { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }, { use: true }],
    ['to a context', { StringEquals: { 'kms:EncryptionContext:a': 'b' } }, { use: true }],
    ['not to any service', { StringLike: { 'kms:ViaService': '*' } }, {}],
  ])('%s', (_name, condition, { keys = false, accounts = false, use = false }) => {
    expect(narrow(condition)).toEqual({ toSomeKeys: keys, toTrustedAccounts: accounts, ofUse: use });
  });
});
