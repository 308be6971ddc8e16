import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EditGuards, editPolicy, type Offence } from '../../lib/iam/edit-policy.ts';
import { choices, writeJson } from './edit-formatted-json.ts';

const ACCOUNT = '111122223333';
const GUARDS: EditGuards = {
  trust: { keyAccount: ACCOUNT, administrators: [] },
  ownRoles: [`arn:aws:iam::${ACCOUNT}:role/keywarden-remediate`],
};

type Principals = '*' | Record<string, string | string[]>;
interface Statement {
  readonly [name: string]: unknown;
  readonly Principal: Principals;
}

const NAMES = ['*', '444455556666', 'arn:aws:iam::444455556666:root', `arn:aws:iam::${ACCOUNT}:role/app/ö`];
const names = fc.oneof(fc.constantFrom(...NAMES), fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 }));

/** A statement that may be edited in any way: nothing in it is for a service, an administrator or ourselves. */
const editable: fc.Arbitrary<Statement> = fc
  .record({
    Sid: fc.option(fc.constantFrom('für jeden', 'a "quoted" one', ''), { nil: undefined }),
    Effect: fc.constant('Allow'),
    Principal: fc.oneof(
      fc.constant<Principals>('*'),
      fc.record({ AWS: names }),
      fc.record({ Federated: names, AWS: names }),
    ),
    Action: fc.constantFrom('kms:Decrypt', ['kms:Encrypt', 'kms:Decrypt']),
    Resource: fc.constantFrom('*', ['*']),
    Condition: fc.option(fc.constant({ Bool: { 'aws:SecureTransport': true } }), { nil: undefined }),
  })
  // Absent and undefined are two things; JSON knows only absent.
  .map((statement) => JSON.parse(JSON.stringify(statement)));

const ROOT: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
};

const policies = fc
  .tuple(fc.array(editable, { minLength: 1, maxLength: 6 }), fc.nat(), choices)
  .map(([others, at, choose]) => {
    const statements = others.toSpliced(at % (others.length + 1), 0, ROOT);
    return { statements, text: writeJson({ Version: '2012-10-17', Id: 'key/policy', Statement: statements }, choose) };
  });

/** Offences in the editable statements: names that stand there, or the whole. */
const offencesIn = (statements: readonly Statement[]) =>
  fc.array(
    fc
      .tuple(fc.nat(statements.length - 1), fc.boolean(), fc.subarray(NAMES, { minLength: 1 }))
      .map(([at, whole, picked]) => {
        const present = picked.filter((name) => namesOf(statements[at]?.Principal ?? '*').includes(name));
        return whole || present.length === 0 ? { statement: at, whole: true } : { statement: at, principals: present };
      })
      .filter(({ statement }) => statements[statement] !== ROOT),
    { maxLength: 4 },
  );

const listOf = (value: string | string[]): string[] => (Array.isArray(value) ? value : [value]);
const namesOf = (principal: Principals): string[] =>
  principal === '*' ? ['*'] : Object.values(principal).flatMap(listOf);

/** What the edit must mean: the same deletion in plain data. */
function deleteFrom(policy: { Statement: Statement[] }, offences: readonly Offence[]): unknown {
  const left = policy.Statement.flatMap((statement, index) => {
    const ofIt = offences.filter((offence) => offence.statement === index);
    const names = new Set(ofIt.flatMap(({ principals }) => principals ?? []));
    if (ofIt.some(({ whole }) => whole) || namesOf(statement.Principal).every((name) => names.has(name))) return [];
    return [{ ...statement, Principal: deleteNames(statement.Principal, names) }];
  });
  return { ...policy, Statement: left };
}

function deleteNames(principal: Principals, names: ReadonlySet<string>): Principals {
  if (principal === '*') return principal;
  const members = Object.entries(principal).flatMap(([kind, value]) => {
    const left = listOf(value).filter((name) => !names.has(name));
    return left.length === 0 ? [] : [[kind, Array.isArray(value) ? left : value]];
  });
  return Object.fromEntries(members);
}

const withOffences = policies.chain((policy) =>
  offencesIn(policy.statements).map((offences) => ({ ...policy, offences })),
);

describe('the key policy editor', () => {
  test('means the same as deleting from the parsed policy, in any formatting', () => {
    fc.assert(
      fc.property(withOffences, ({ text, offences }) => {
        const result = editPolicy(text, offences, GUARDS);
        if (!result.edited) throw new Error(result.refusal.reason);
        expect(JSON.parse(result.text)).toEqual(deleteFrom(JSON.parse(text), offences));
        expect(result.undo).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('cuts one stretch for one name or one statement, and leaves what is around it byte for byte', () => {
    fc.assert(
      fc.property(withOffences, ({ text, statements, offences: [offence] }) => {
        // A name that stands twice takes two stretches.
        fc.pre(offence !== undefined && offence.principals?.length !== 0);
        const names = namesOf(statements[offence?.statement ?? 0]?.Principal ?? '*');
        fc.pre(offence?.whole === true || names.filter((name) => offence?.principals?.includes(name)).length === 1);
        const result = editPolicy(text, offence === undefined ? [] : [offence], GUARDS);
        if (!result.edited) throw new Error(result.refusal.reason);
        expect(lengthOfCommonStart(text, result.text) + lengthOfCommonEnd(text, result.text)).toBeGreaterThanOrEqual(
          result.text.length,
        );
        expect(result.text.length).toBeLessThan(text.length);
      }),
    );
  });

  test('gives the identical text when nothing offends', () => {
    fc.assert(
      fc.property(policies, ({ text }) => {
        expect(editPolicy(text, [], GUARDS)).toMatchObject({ edited: true, text, undo: text, removed: [] });
      }),
    );
  });

  test('never throws and never invents a byte, whatever the text and the offences', () => {
    const broken = policies.chain(({ text }) =>
      fc
        .tuple(fc.nat(text.length), fc.nat(20), fc.string())
        .map(([at, take, put]) => text.slice(0, at) + put + text.slice(at + take)),
    );
    const odd = fc.jsonValue().map((value) => JSON.stringify({ Statement: value }));
    const offences = fc.array(
      fc.record(
        {
          statement: fc.oneof(fc.nat(3), fc.double(), fc.constant(-1)),
          principals: fc.array(fc.constantFrom(...NAMES)),
          actions: fc.array(fc.constantFrom('kms:Decrypt', 'kms:Encrypt', 'kms:*'), { maxLength: 1 }),
          whole: fc.boolean(),
        },
        { requiredKeys: ['statement'] },
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), odd, broken), offences, (text, list) => {
        const result = editPolicy(text, list, GUARDS);
        if (result.edited) expect(isPartOf(result.text, text)).toBe(true);
        else expect(result.refusal.reason).toMatch(/\.$/);
      }),
      { numRuns: 2000 },
    );
  });
});

function lengthOfCommonStart(one: string, other: string): number {
  let length = 0;
  while (length < other.length && one[length] === other[length]) length += 1;
  return length;
}

function lengthOfCommonEnd(one: string, other: string): number {
  let length = 0;
  while (length < other.length && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}

/** Whether a text is left when characters of another one are taken out. */
function isPartOf(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (part.startsWith(character, at)) at += character.length;
  return at === part.length;
}
