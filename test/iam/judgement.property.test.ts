import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { judgeKeyMaterialPolicy } from '../../lib/iam/judge-key-material-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../../lib/iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import type { PolicyJudgement } from '../../lib/iam/judgement.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import type { Trust } from '../../lib/iam/trust.ts';
import {
  ADMIN,
  APP,
  documentOf,
  type Json,
  NEW_TRUST,
  ORGANIZATION,
  OWN,
  PARTNER,
  ROOT_ARN,
  STRANGER,
  TRUST,
  variable,
} from './policy-fixtures.ts';

const judges: Readonly<Record<string, (document: unknown, trust: Trust) => PolicyJudgement>> = {
  public: (document, trust) => judgeKeyPolicyPublic(parsePolicy(document), trust),
  least: (document, trust) => judgeKeyPolicyLeastPrivilege(parsePolicy(document), trust),
  material: (document, trust) => judgeKeyMaterialPolicy(parsePolicy(document), trust),
  iam: (document, trust) => judgeIamPolicy(parsePolicy(document), trust, { kind: 'managed' }),
};
const KEY_POLICY_JUDGES = ['public', 'least', 'material'] as const;

/** The worse, the higher. */
const RANKS = { 'not-applicable': 0, compliant: 0, unknown: 1, violation: 2 } as const;
const rank = (judge: string, document: unknown, trust: Trust): number =>
  RANKS[judges[judge]?.(document, trust).verdict ?? 'unknown'];

const oneOrSome = (values: readonly string[]) =>
  fc.oneof(fc.constantFrom(...values), fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 }));

const actions = oneOrSome([
  ...['kms:*', '*', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:TagResource'],
  ...['kms:ScheduleKeyDeletion', 'kms:ImportKeyMaterial', 'kms:GenerateDataKey*', 'kms:DescribeKey', 's3:*'],
]);
const principals = fc.oneof(
  fc.constant('*'),
  fc.record({
    AWS: oneOrSome([
      ...['*', ROOT_ARN, OWN, APP, ADMIN, PARTNER, STRANGER, 'AROAEXAMPLEID1234567'],
      `arn:aws:iam::${STRANGER}:role/App`,
    ]),
  }),
  fc.record({ Service: oneOrSome(['sns.amazonaws.com', 'logs.eu-west-1.amazonaws.com']) }),
  fc.record({ Federated: oneOrSome(['cognito-identity.amazonaws.com', `arn:aws:iam::${OWN}:saml-provider/Corp`]) }),
);
const keys = fc.constantFrom(
  'kms:CallerAccount',
  'aws:PrincipalOrgID',
  'aws:PrincipalArn',
  'kms:ViaService',
  'aws:SourceAccount',
  'x:y',
);
const values = oneOrSome([
  OWN,
  PARTNER,
  STRANGER,
  ORGANIZATION,
  'o-zzzzzzzzzz',
  '*',
  APP,
  ADMIN,
  variable('aws:PrincipalAccount'),
]);
const operators = fc.constantFrom(
  'StringEquals',
  'StringLike',
  'StringNotEquals',
  'StringEqualsIfExists',
  'ArnLike',
  'ForAllValues:StringEquals',
  'ForAnyValue:StringEquals',
  'Null',
  'Bool',
);
const conditions = fc.dictionary(operators, fc.dictionary(keys, values, { maxKeys: 2 }), { maxKeys: 2 });
const resources = oneOrSome([
  '*',
  `arn:aws:kms:eu-west-1:${OWN}:key/*`,
  `arn:aws:kms:eu-west-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
]);

const statementsOf = (effect: fc.Arbitrary<string>, withPrincipal: boolean): fc.Arbitrary<Json> =>
  fc.record(
    {
      Effect: effect,
      ...(withPrincipal ? { Principal: principals } : {}),
      Action: actions,
      Resource: resources,
      Condition: conditions,
    },
    { requiredKeys: withPrincipal ? ['Effect', 'Principal', 'Action', 'Resource'] : ['Effect', 'Action', 'Resource'] },
  );

const effects = fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny');
const trusts = fc.constantFrom(TRUST, NEW_TRUST);
const isKeyPolicy = (judge: string): boolean => judge !== 'iam';
const anyStatement = (judge: string) => statementsOf(effects, isKeyPolicy(judge));
const anyStatements = (judge: string) => fc.array(anyStatement(judge), { maxLength: 4 });

describe.each(Object.keys(judges))('the judgement %s', (judge) => {
  test('is never safer for one Allow more', () => {
    const extra = statementsOf(fc.constant('Allow'), isKeyPolicy(judge));
    fc.assert(
      fc.property(anyStatements(judge), extra, trusts, (statements, added, trust) => {
        const before = rank(judge, documentOf(...statements), trust);
        return rank(judge, documentOf(...statements, added), trust) >= before;
      }),
      { numRuns: 400 },
    );
  });

  test('does not depend on the order of the statements', () => {
    fc.assert(
      fc.property(anyStatements(judge), trusts, (statements, trust) => {
        const say = (list: readonly Json[]) => {
          const { verdict, findings, needs } = judges[judge]?.(documentOf(...list), trust) ?? {};
          const where = (index = -1) => JSON.stringify(list[index]);
          const shown = findings?.map(
            (one) => `${one.rule} ${one.severity} ${one.principal} ${where(one.statement?.index)}`,
          );
          return { verdict, needs, findings: shown?.sort() };
        };
        expect(say([...statements].reverse())).toEqual(say(statements));
      }),
      { numRuns: 200 },
    );
  });

  test('does not depend on lists, letter case of actions, or text against object', () => {
    const asList = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);
    const respell = (one: Json): Json => ({
      ...one,
      Action: (asList(one.Action) as string[]).map((action) => action.toUpperCase()),
      Resource: asList(one.Resource),
      ...(one.Principal === '*' ? { Principal: { AWS: ['*'] } } : {}),
    });
    fc.assert(
      fc.property(anyStatements(judge), trusts, (statements, trust) => {
        const plain = judges[judge]?.(documentOf(...statements), trust);
        const respelled = judges[judge]?.(JSON.stringify(documentOf(...statements.map(respell))), trust);
        const show = (judgement: PolicyJudgement | undefined) => ({
          ...judgement,
          findings: judgement?.findings.map(({ offending, ...rest }) => ({ ...rest, whole: offending.whole })),
        });
        expect(show(respelled)).toEqual(show(plain));
      }),
      { numRuns: 200 },
    );
  });

  test('is never compliant when something about KMS is not understood', () => {
    const strange = fc.constantFrom<Json>(
      { Comment: 'x' },
      { Effect: 'Perhaps' },
      { Resource: 7 },
      { Action: ['kms:Teleport'] },
      { Condition: { StringMatches: { 'kms:CallerAccount': OWN } } },
      { Condition: { StringEquals: { 'kms:CallerAccount': { Ref: 'AWS::AccountId' } } } },
    );
    fc.assert(
      fc.property(anyStatements(judge), anyStatement(judge), strange, trusts, (statements, base, changes, trust) => {
        const odd = { ...base, Action: 'kms:Decrypt', ...changes };
        return rank(judge, documentOf(...statements, odd), trust) >= RANKS.unknown;
      }),
      { numRuns: 200 },
    );
  });

  test('takes any JSON that is a policy in form', () => {
    const anything = fc.record(
      {
        Effect: effects,
        Principal: fc.jsonValue(),
        Action: fc.jsonValue(),
        Resource: fc.jsonValue(),
        Condition: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 3 }), (statements) => {
        expect(Object.keys(RANKS)).toContain(judges[judge]?.(documentOf(...statements), TRUST).verdict);
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(KEY_POLICY_JUDGES)('the judgement %s', (judge) => {
  test('is never worse for one condition more that confines', () => {
    const confining = fc.constantFrom<Json>(
      { StringEqualsIgnoreCase: { 'kms:CallerAccount': OWN } },
      { StringEqualsIgnoreCase: { 'aws:PrincipalOrgID': ORGANIZATION } },
      { ArnEquals: { 'aws:PrincipalArn': ADMIN } },
      { StringEqualsIgnoreCase: { 'aws:SourceAccount': OWN } },
    );
    const pairs = fc.record({ before: statementsOf(fc.constant('Allow'), true), confining });
    fc.assert(
      fc.property(anyStatements(judge), pairs, trusts, (statements, { before, confining: more }, trust) => {
        const condition = { ...(before.Condition as Json | undefined), ...more };
        const after = rank(judge, documentOf(...statements, { ...before, Condition: condition }), trust);
        return after <= rank(judge, documentOf(...statements, before), trust);
      }),
      { numRuns: 500 },
    );
  });
});

test('a policy of 32 KB full of principals, statements and patterns is judged, and what is said of it stays short', () => {
  const many = Array.from({ length: 1500 }, (_, at) => String(100_000_000_000 + at));
  const wide = documentOf({ Effect: 'Allow', Principal: { AWS: many }, Action: 'kms:Decrypt', Resource: '*' });
  const stars = documentOf({ Effect: 'Allow', Principal: '*', Action: `kms:${'*e'.repeat(15_000)}`, Resource: '*' });
  const statements = Array.from({ length: 250 }, (_, at) => ({
    Effect: at % 2 === 0 ? 'Allow' : 'Deny',
    Principal: { AWS: APP },
    Action: 'kms:*',
    Resource: `*${at}`,
  }));
  expect(judges.least?.(wide, TRUST).findings).toHaveLength(many.length + 1);
  const [finding] = judges.public?.(stars, TRUST).findings ?? [];
  expect(finding?.rule).toBe('K1');
  expect(finding?.reason.length).toBeLessThan(400);
  expect(judges.least?.(documentOf(...statements), TRUST).verdict).toBe('violation');
});
