import { describe, expect, test } from '@jest/globals';
import { type EditGuards, editPolicy, type Offence } from '../../lib/iam/edit-policy.ts';

const ACCOUNT = '111122223333';
const APP = `arn:aws:iam::${ACCOUNT}:role/app`;
const FOREIGN = 'arn:aws:iam::444455556666:role/partner';
const GONE = 'AROAEXAMPLEEXAMPLE001';
const OWN_ROLE = `arn:aws:iam::${ACCOUNT}:role/keywarden-remediate`;
const GUARDS: EditGuards = { trust: { keyAccount: ACCOUNT, administrators: [] }, ownRoles: [OWN_ROLE] };

const ROOT = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
const use = (AWS: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'kms:Decrypt',
  Resource: '*',
  ...more,
});

/** Behind the root statement, so that each is statement 2. */
const refuse = (statement: object, offence: Omit<Offence, 'statement'> = { whole: true }, guards = GUARDS) =>
  refuseIn([ROOT, statement], { statement: 1, ...offence }, guards);

function refuseIn(statements: readonly object[], offence: Offence, guards = GUARDS): string {
  const result = editPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), [offence], guards);
  return result.edited ? `not refused: ${result.text}` : `${result.refusal.code}: ${result.refusal.reason}`;
}

describe('an edit that is refused says which statement it is about, counted from 1, and why', () => {
  test.each([
    [
      'the offence names nothing',
      () => refuse(use(APP), {}),
      'offence-not-found: The offence in statement 2 names nothing to take out.',
    ],
    [
      'the policy has changed: whom it names',
      () => refuse(use(APP), { principals: [FOREIGN] }),
      `offence-not-found: Statement 2 does not name the principal ${FOREIGN}; judge the policy again.`,
    ],
    [
      'the policy has changed: what it lists',
      () => refuse(use(APP), { principals: [APP], actions: ['kms:Sign'] }),
      'offence-not-found: Statement 2 does not list the action kms:Sign; judge the policy again.',
    ],
    [
      'the policy has changed: it is shorter',
      () => refuseIn([ROOT], { statement: 1, whole: true }),
      'offence-not-found: The policy has no statement 2.',
    ],
    [
      'it keeps somebody out',
      () => refuse(use(APP, { Effect: 'Deny' })),
      'would-widen: Statement 2 denies access, so that taking anything out of it would open the key further.',
    ],
    [
      'somebody else may keep the action',
      () =>
        refuse(use([APP, FOREIGN], { Action: ['kms:Decrypt', 'kms:Sign'] }), {
          principals: [FOREIGN],
          actions: ['kms:Sign'],
        }),
      `shared-statement: Statement 2 gives kms:Sign to ${APP} too, who may keep it; split the statement first.`,
    ],
    [
      'it is there for a service',
      () => refuse({ ...use(APP), Principal: { Service: 'logs.amazonaws.com' } }),
      'service-statement: Statement 2 is there for logs.amazonaws.com; what the service protects could become unreadable without it.',
    ],
    [
      'it is there for services that act for people',
      () => refuse(use(APP, { Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } } })),
      'service-statement: Statement 2 is there for AWS services that act for people of the account; what the service protects could become unreadable without it.',
    ],
    [
      'the account would lose its way in',
      () => refuseIn([ROOT, use(APP)], { statement: 0, whole: true }),
      `root-statement: The statement that lets the IAM policies of account ${ACCOUNT} manage the key would be lost.`,
    ],
    [
      'nobody could put it back',
      () => refuseIn([use(APP), use(FOREIGN)], { statement: 1, whole: true }),
      'own-right: Neither the account nor a role of Keywarden would keep the right to put the policy back.',
    ],
    [
      'another statement names somebody who is gone',
      () => refuseIn([ROOT, use(FOREIGN), use(GONE)], { statement: 1, whole: true }),
      `stale-principal: Statement 3 names ${GONE}, a principal that no longer exists, so that KMS would reject the whole policy; take it out first.`,
    ],
    [
      'another statement, which has a Sid, names somebody who is gone',
      () => refuseIn([ROOT, use(FOREIGN), use(GONE, { Sid: 'Old' })], { statement: 1, whole: true }),
      `stale-principal: Statement 3 ("Old") names ${GONE}, a principal that no longer exists, so that KMS would reject the whole policy; take it out first.`,
    ],
    [
      'it holds a character that KMS does not take',
      () => refuseIn([ROOT, use(FOREIGN), use(APP, { Sid: 'Klucz \u017c' })], { statement: 1, whole: true }),
      'invalid-result: The policy holds the character U+017C, which KMS does not take.',
    ],
    [
      'a condition cannot be read',
      () => refuse(use(APP, { Condition: [] })),
      'Statement 2, Condition is not an object.',
    ],
    [
      'an operator of a condition cannot be read',
      () => refuse(use(APP, { Condition: { Bool: [] } })),
      'Statement 2, Condition, Bool is not an object.',
    ],
  ])('when %s', (_when, edit, expected) => {
    expect(edit()).toContain(expected);
  });
});

test('A condition with a list of accounts counts when each of them is the key’s, and a number in it is nobody', () => {
  const via = (accounts: unknown) =>
    refuse({
      ...use(APP),
      Principal: '*',
      Condition: {
        StringEquals: { 'kms:CallerAccount': accounts, 'kms:ViaService': 's3.eu-central-1.amazonaws.com' },
      },
    });
  expect(via([ACCOUNT])).toMatch(/^service-statement/);
  expect(via([ACCOUNT, ACCOUNT])).toMatch(/^service-statement/);
  expect(via([ACCOUNT, '444455556666'])).toMatch(/^not refused/);
});

test('The account of a condition is compared for the caller’s account only', () => {
  const statement = {
    ...use(APP),
    Principal: '*',
    Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com', 'aws:SourceAccount': ACCOUNT } },
  };
  expect(refuse(statement)).toMatch(/^not refused/);
});
