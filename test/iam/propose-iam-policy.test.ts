import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expandActions } from '../../lib/iam/action-set.ts';
import { judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { proposeIamPolicy } from '../../lib/iam/propose-iam-policy.ts';
import type { Trust } from '../../lib/iam/trust.ts';
import { cases } from './iam-policies.cases.ts';
import { documentOf, NEW_TRUST, OWN, TRUST } from './policy-fixtures.ts';

const KEYS = `arn:aws:kms:<region>:${OWN}:key/<key id>`;
const ONE_KEY = `arn:aws:kms:eu-west-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ALIAS = `arn:aws:kms:eu-west-1:${OWN}:alias/payments`;
const judge = (document: unknown, trust: Trust = TRUST) =>
  judgeIamPolicy(parsePolicy(document), trust, { kind: 'inline' });

function propose(document: unknown, trust: Trust = TRUST): { Statement: unknown[] } | undefined {
  const text = proposeIamPolicy(document, judge(document, trust).findings, KEYS);
  return text === undefined ? undefined : (JSON.parse(text) as { Statement: unknown[] });
}

const allow = (Action: unknown, Resource: unknown = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

describe('a proposed IAM policy', () => {
  test('names keys where the policy decrypts with all of them', () => {
    const document = documentOf(allow('kms:Decrypt', '*', { Sid: 'Keys', Condition: { Bool: { 'x:y': 'true' } } }));
    expect(propose(document)).toEqual(
      documentOf({ ...allow(['kms:Decrypt'], [KEYS]), Sid: 'Keys', Condition: { Bool: { 'x:y': 'true' } } }),
    );
  });

  test('leaves of every right over keys their use', () => {
    const [statement] = propose(documentOf(allow('kms:*')))?.Statement ?? [];
    const { Action, Resource } = statement as { Action: string[]; Resource: string[] };
    expect(Resource).toEqual([KEYS]);
    expect(Action).toEqual(expect.arrayContaining(['kms:Encrypt', 'kms:Decrypt', 'kms:Sign']));
    expect(Action.filter((name) => /Delet|Policy|Grant|Disable|\*/.test(name))).toEqual([]);
  });

  test('drops what destroys and what decides about permissions, and keeps the rest', () => {
    const document = documentOf(
      allow(['kms:Decrypt', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:ListGrants']),
    );
    expect(propose(document)).toEqual(documentOf(allow(['kms:Decrypt', 'kms:ListGrants'], [KEYS])));
  });

  test('is none when nothing would be left', () => {
    expect(propose(documentOf(allow('kms:ScheduleKeyDeletion')))).toBeUndefined();
  });

  test('keeps other services, and what needs all resources, as they are', () => {
    expect(propose(documentOf(allow(['s3:GetObject', 'kms:Decrypt', 'kms:ListKeys'], '*', { Sid: 'App' })))).toEqual(
      documentOf(allow(['kms:ListKeys']), allow(['kms:Decrypt'], [KEYS]), { Sid: 'App', ...allow(['s3:GetObject']) }),
    );
  });

  test('keeps everything but KMS of a policy that allows everything', () => {
    expect(propose(documentOf(allow('*')))?.Statement).toEqual([
      allow(expect.arrayContaining(['kms:Decrypt']), [KEYS]),
      { Effect: 'Allow', NotAction: 'kms:*', Resource: '*' },
    ]);
    const [, second] = propose(documentOf({ Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' }))?.Statement ?? [];
    expect(second).toEqual({ Effect: 'Allow', NotAction: ['iam:*', 'kms:*'], Resource: '*' });
  });

  test('keeps keys and aliases that are named, and nothing wider', () => {
    const document = documentOf(allow('kms:Decrypt', [ONE_KEY, ALIAS, '*', 'arn:aws:s3:::bucket']));
    expect(propose(document)).toEqual(documentOf(allow(['kms:Decrypt'], [ONE_KEY, ALIAS, KEYS])));
  });

  test('changes no statement that is in order, and says what is new first', () => {
    const fine = [allow('kms:Decrypt', ONE_KEY, { Sid: 'A' }), { Effect: 'Deny', Action: 'kms:*', Resource: ALIAS }];
    expect(propose(documentOf(fine[0], allow('kms:Decrypt'), fine[1]))?.Statement).toEqual([
      allow(['kms:Decrypt'], [KEYS]),
      fine[0],
      fine[1],
    ]);
  });

  test('is made of one statement without a list around it, and of text', () => {
    const document = JSON.stringify({ Version: '2012-10-17', Statement: allow('kms:Decrypt') });
    expect(propose(document)).toEqual(documentOf(allow(['kms:Decrypt'], [KEYS])));
  });

  test.each(cases.filter(({ verdict }) => verdict === 'violation').map((one) => [one.name, one] as const))(
    'of "%s" breaks no rule',
    (_name, { document, trust, what }) => {
      const whole = { ...TRUST, ...trust };
      const judgeCase = (source: unknown) => judgeIamPolicy(parsePolicy(source), whole, what ?? { kind: 'inline' });
      const text = proposeIamPolicy(document, judgeCase(document).findings, KEYS);
      if (text !== undefined) expect(judgeCase(text).verdict).not.toBe('violation');
    },
  );

  const oneOrSome = (...values: readonly string[]) =>
    fc.oneof(fc.constantFrom(...values), fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 }));
  const patterns = oneOrSome(
    ...['*', '*:*', 'kms:*', 'KMS:decrypt', 'kms:ReEncrypt*', 'kms:CreateGrant', 'kms:*Grant*', 'kms:TagResource'],
    ...['kms:ScheduleKeyDeletion', 'kms:Put*', 'kms:Describe*', 'kms:List*', 's3:*', 'k*:Decrypt', 'kms:Unheard'],
  );
  const resources = oneOrSome('*', ONE_KEY, ALIAS, `arn:aws:kms:*:${OWN}:key/*`, 'arn:aws:kms:*:*:key/*', 'arn:*');
  const conditions = fc.constantFrom(
    { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
    { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    { StringLike: { 'kms:ResourceAliases': 'alias/app-*' } },
    { Odd: { 'x:y': 'z' } },
  );
  const statements = fc
    .record(
      {
        Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
        Action: patterns,
        NotAction: patterns,
        Resource: resources,
        NotResource: resources,
        Condition: conditions,
        Sid: fc.constantFrom('A', 'B'),
      },
      { requiredKeys: ['Effect'] },
    )
    .map(({ Action, NotAction, Resource, NotResource, ...rest }) => ({
      ...rest,
      ...(NotAction === undefined ? { Action: Action ?? 'kms:Decrypt' } : { NotAction }),
      ...(NotResource === undefined ? { Resource: Resource ?? '*' } : { NotResource }),
    }));

  const listAllowed = (document: unknown) =>
    new Set(
      parsePolicy(document)
        .statements.filter(({ effect }) => effect === 'Allow')
        .flatMap(({ action }) => [...expandActions(action)]),
    );

  test('of any policy is JSON, breaks no rule, and allows no action of KMS that the policy does not', () => {
    const documents = fc.array(statements, { minLength: 1, maxLength: 4 }).map((list) => documentOf(...list));
    let violations = 0;
    fc.assert(
      fc.property(documents, fc.constantFrom(TRUST, NEW_TRUST), (document, trust) => {
        const judgement = judge(document, trust);
        const text = proposeIamPolicy(document, judgement.findings, KEYS);
        if (judgement.findings.length === 0) {
          expect(JSON.parse(text ?? '')).toEqual(document);
          return;
        }
        violations += 1;
        if (text === undefined) return;
        expect(judge(text, trust).verdict).not.toBe('violation');
        expect([...listAllowed(text)].filter((name) => !listAllowed(document).has(name))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(violations).toBeGreaterThan(100);
  });
});
