import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Evidence } from '../../lib/facts/evidence.ts';
import { type KeyFacts, unread } from '../../lib/facts/key-facts.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { fitAction } from '../../lib/ledger/fit.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { trustOf } from '../../lib/policy/trust-of.ts';
import narrowKeyPolicy from '../../lib/remediations/narrow-key-policy.ts';
import type { AwsRequest, Plan } from '../../lib/remediations/remedy.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { FILLED, OPEN, withStatements, withText } from '../controls/key-policy-case.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';
import { ADMIN, APP, keyPolicyOf, OWN, PARTNER, ROOT, STRANGER, statement } from '../iam/policy-fixtures.ts';

const PUBLIC = 'key-policy-not-public';
const LEAST = 'key-policy-least-privilege';
const DELETED = 'AROAEXAMPLEEXAMPLE01';
const READER = `arn:aws:iam::${STRANGER}:role/Reader`;
const FOREIGN = statement({ Sid: 'Use', Principal: { AWS: [APP, READER] } });
const SERVICE = statement({ Sid: 'Topic', Principal: { Service: 'sns.amazonaws.com' } });

type Asks = NonNullable<Evidence['asks']>;
const by = (control: string, ordered = false): Asks => ({ control, ordered });

const planFrom = (facts: KeyFacts, asks?: Asks, policy: Policy = FILLED) =>
  narrowKeyPolicy.plan({
    facts,
    policy,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    ...(asks === undefined ? {} : { asks }),
  });

function planOf(facts: KeyFacts, asks?: Asks, policy?: Policy): Plan {
  const planned = planFrom(facts, asks, policy);
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const textOf = ([request]: readonly AwsRequest[]): string => String(request?.parameters.Policy);
const policyAfter = (...args: Parameters<typeof planOf>): unknown => JSON.parse(textOf(planOf(...args).requests));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const putting = (text: string): AwsRequest => ({
  service: 'kms',
  operation: 'PutKeyPolicy',
  region: REGION,
  parameters: { KeyId: KEY_ARN, PolicyName: 'default', Policy: text },
});
const withMode = (modes: Policy['controls'], policy: Policy = FILLED): Policy => ({
  ...policy,
  controls: { ...policy.controls, ...modes },
});

describe('the plan of narrow-key-policy', () => {
  test('takes one name out of a list, puts the text back to undo it, and never bypasses the safety check', () => {
    const text = JSON.stringify(keyPolicyOf(FOREIGN), null, 1);
    expect(planOf(withText(text), by(LEAST))).toEqual({
      remedy: 'narrow-key-policy',
      subject: KEY_ARN,
      summary: `Take out of the policy of key ${KEY_ID}: ${READER} of statement 1 ("Use"); every other byte stays as it is.`,
      requests: [putting(text.replace(`,\n     "${READER}"`, ''))],
      undo: [putting(text)],
      before: { keyPolicy: { sha256: sha256(text), bytes: text.length } },
    });
  });

  test('takes a single action away from a role that may keep the others', () => {
    const mixed = statement({ Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] });
    expect(policyAfter(withStatements(mixed), by(LEAST))).toEqual(keyPolicyOf(statement({ Action: ['kms:Decrypt'] })));
  });

  test('says in its summary when a whole statement goes', () => {
    expect(planOf(withStatements(OPEN)).summary).toContain('all of statement 1 ("Open")');
  });

  test('takes everybody out even while nobody is trusted by name, and then nothing else', () => {
    const policy = { ...FILLED, trust: { accounts: [], organizations: [], administrators: [] } };
    expect(policyAfter(withStatements(OPEN, FOREIGN), by(LEAST, true), policy)).toEqual(keyPolicyOf(FOREIGN));
  });

  test.each<[string, KeyFacts, string]>([
    ['is in order', withStatements(), `There is nothing to take out of the policy of key ${KEY_ID}.`],
    ['does not exist', GONE, 'no longer exists'],
    ['could not be described', UNREADABLE, 'kms:DescribeKey'],
    ['is managed by AWS', withText(JSON.stringify(keyPolicyOf(OPEN)), { manager: 'AWS' }), 'AWS manages'],
    ['has a policy that could not be read', { ...factsOf(), keyPolicy: unread('it was denied') }, 'it was denied'],
    ['has a policy that is none', withText('[]'), 'the document: is an empty list'],
    ['has a name twice in its policy', withText('{"Statement":[],"Statement":[{}]}'), 'Nothing|nothing'],
    [
      'would lose its last way in',
      withText(JSON.stringify({ Statement: [OPEN] })),
      'Nothing of the policy would be left',
    ],
  ])('is refused for a key that %s', (_name, facts, reason) => {
    expect(planFrom(facts)).toEqual({ possible: false, reason: expect.stringMatching(reason) });
  });
});

describe('two controls that ask for one plan', () => {
  const both = withStatements(OPEN, FOREIGN);
  const onlyOpenGone = keyPolicyOf(FOREIGN);
  const allGone = keyPolicyOf({ ...FOREIGN, Principal: { AWS: [APP] } });

  test('enforced, what is public goes alone while the rest must be approved', () => {
    expect(policyAfter(both, by(PUBLIC))).toEqual(onlyOpenGone);
  });

  test('to be approved, the rest goes with what is public, so that putting it later does not open the key again', () => {
    expect(policyAfter(both, by(LEAST))).toEqual(allGone);
  });

  test('get the same plan when both are enforced, and when a person ordered it', () => {
    const enforced = withMode({ [LEAST]: { mode: 'enforce' } });
    expect(planOf(both, by(PUBLIC), enforced)).toEqual(planOf(both, by(LEAST), enforced));
    expect(planOf(both, by(PUBLIC, true))).toEqual(planOf(both, by(LEAST, true)));
    expect(policyAfter(both, by(PUBLIC, true))).toEqual(allGone);
  });

  test('leave each other alone while a waiver may speak for the other', () => {
    const waiver = { owner: 'olivia@example.com', ticket: 'SEC-42', expires: '2026-12-31' };
    const waived = (about: object): Policy => ({ ...FILLED, waivers: [{ ...waiver, control: PUBLIC, ...about }] });
    const withoutReader = keyPolicyOf(OPEN, { ...FOREIGN, Principal: { AWS: [APP] } });
    expect(policyAfter(both, by(LEAST), waived({ subject: KEY_ARN }))).toEqual(withoutReader);
    expect(policyAfter(both, by(LEAST), waived({ tag: { key: 'team', value: 'lab' } }))).toEqual(withoutReader);
    expect(policyAfter(both, by(LEAST), waived({ subject: `${KEY_ARN}0` }))).toEqual(allGone);
    expect(policyAfter(both, by(LEAST), waived({ subject: KEY_ARN, expires: '2026-08-02' }))).toEqual(allGone);
  });
});

describe('what cannot all be taken out', () => {
  test('stays with its reason, and does not keep the rest', () => {
    const plan = planOf(withStatements(FOREIGN, SERVICE), by(LEAST));
    expect(JSON.parse(textOf(plan.requests))).toEqual(keyPolicyOf({ ...FOREIGN, Principal: { AWS: [APP] } }, SERVICE));
    expect(plan.leaves).toEqual({ [LEAST]: expect.stringContaining('Statement 2 ("Topic") is there for a service') });
  });

  test('is found by trying, when only the whole edit shows it', () => {
    // Taking the stranger out is fine; taking out the last administrator is not.
    const policy = withMode(
      {},
      { ...FILLED, trust: { ...FILLED.trust, administrators: [ADMIN, `arn:aws:iam::${STRANGER}:role/*`] } },
    );
    const text = JSON.stringify({
      Statement: [
        statement({ Principal: { AWS: READER }, Action: 'kms:*' }),
        OPEN,
        { ...ROOT, Action: ['kms:PutKeyPolicy'] },
      ],
    });
    const plan = planOf(withText(text), undefined, policy);
    expect(JSON.parse(textOf(plan.requests)).Statement).toHaveLength(2);
    expect(plan.leaves).toEqual({ [LEAST]: expect.stringContaining('last administrator') });
  });

  test('names of deleted identities go along with it, and the undo leaves them out, because KMS would refuse both', () => {
    const stale = statement({ Principal: { AWS: [APP, DELETED] } });
    const plan = planOf(withStatements(OPEN, stale), by(PUBLIC));
    const clean = statement({ Principal: { AWS: [APP] } });
    expect(JSON.parse(textOf(plan.requests))).toEqual(keyPolicyOf(clean));
    expect(JSON.parse(textOf(plan.undo))).toEqual(keyPolicyOf(OPEN, clean));
    expect(plan.notes).toEqual([expect.stringContaining('The undo leaves out')]);
  });
});

describe('carrying the plan out', () => {
  const text = JSON.stringify(keyPolicyOf(OPEN));
  const plan = planOf(withText(text));

  /** A KMS that keeps one policy. */
  function startKms(policy: string) {
    const kms = { policy, calls: [] as AwsRequest[] };
    const call = async (request: AwsRequest) => {
      kms.calls.push(request);
      kms.policy = String(request.parameters.Policy);
      return { operation: request.operation, requestId: 'r-1' };
    };
    const read = async () => withText(kms.policy);
    return { kms, apply: (what: Plan) => narrowKeyPolicy.apply(what, call, read) };
  }

  test('writes over the policy that was judged, and is then confirmed; the undo puts back every byte', async () => {
    const { kms, apply } = startKms(text);
    expect(await apply(plan)).toEqual([{ operation: 'PutKeyPolicy', requestId: 'r-1' }]);
    expect(narrowKeyPolicy.confirm(plan, withText(kms.policy))).toEqual({
      confirmed: true,
      after: { keyPolicy: { sha256: sha256(kms.policy), bytes: kms.policy.length } },
    });
    expect(textOf(plan.undo)).toBe(text);
  });

  test('writes nothing over a policy that somebody changed meanwhile', async () => {
    const { kms, apply } = startKms(JSON.stringify(keyPolicyOf(OPEN, statement())));
    await expect(apply(plan)).rejects.toMatchObject({
      name: 'PlanOutdatedError',
      message: /^Nothing was changed: somebody/,
    });
    expect(kms.calls).toEqual([]);
  });

  test('writes nothing when the policy cannot be read again', async () => {
    const call = () => Promise.reject(new Error('The remedy must not write.'));
    const read = async () => ({ ...factsOf(), keyPolicy: unread('it was denied') });
    await expect(narrowKeyPolicy.apply(plan, call, read)).rejects.toMatchObject({
      message: /could not be read again, because it was denied/,
    });
  });

  test('does nothing when it was done already, in whatever form KMS shows it', async () => {
    const shown = JSON.stringify(JSON.parse(textOf(plan.requests)), null, 2);
    const { kms, apply } = startKms(shown);
    expect(await apply(plan)).toEqual([]);
    expect(kms.calls).toEqual([]);
  });

  test.each([
    ['shows the old policy', withText(text), 'KMS shows another policy'],
    ['cannot be read', { ...factsOf(), keyPolicy: unread('it was denied') }, 'could not be read back: it was denied.'],
  ])('is not confirmed when KMS %s', (_name, facts, reason) => {
    expect(narrowKeyPolicy.confirm(plan, facts)).toEqual({ confirmed: false, reason: expect.stringContaining(reason) });
  });
});

test('A policy of 32 KB that is all escapes leaves its plans in an entry that DynamoDB takes', () => {
  const sid = '\\"'.repeat(15_900);
  const text = JSON.stringify({ Statement: [OPEN, ROOT] }).replace('"Open"', `"${sid}"`);
  expect(text.length).toBeGreaterThan(31_900);
  const { remedy, subject: _subject, ...plan } = planOf(withText(text), by(PUBLIC));
  const decide = (control: string) => ({ control, decision: 'ask', reason: 'R.', remedy, plan });
  const action = actionOf('PutKeyPolicy', { request: { policy: text, keyId: KEY_ARN } });
  const draft = fitAction({
    type: 'action',
    action,
    policy: 'f',
    verdicts: [],
    decisions: [decide(PUBLIC), decide(LEAST)],
  });
  expect(Buffer.byteLength(JSON.stringify(draft))).toBeLessThan(380_000);
  expect(draft.decisions[1]?.plan).toEqual(plan);
});

describe('whatever the policy', () => {
  const names = fc.constantFrom('*', APP, ADMIN, READER, STRANGER, `arn:aws:iam::${PARTNER}:role/Reader`, DELETED);
  const statements = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
      Principal: fc.oneof(
        fc.constant('*'),
        fc.record({ AWS: fc.array(names, { minLength: 1, maxLength: 4 }) }),
        fc.record({ AWS: names, Service: fc.constantFrom('sns.amazonaws.com', 's3.amazonaws.com') }),
      ),
      Action: fc.oneof(
        fc.constantFrom('kms:*', 'kms:Decrypt', '*'),
        fc.subarray(['kms:Decrypt', 'kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:Describe*'], { minLength: 1 }),
      ),
      Resource: fc.constant('*'),
      Condition: fc.constantFrom(
        { StringEquals: { 'kms:CallerAccount': STRANGER } },
        { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
        { StringLike: { 'aws:PrincipalOrgID': 'o-*' } },
      ),
    },
    { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
  );
  const policies = fc.array(statements, { maxLength: 6 }).map((list) => JSON.stringify(keyPolicyOf(...list)));

  test('after the plan was put, nothing more can be taken out, nothing is public, and the root statement is there', () => {
    let plans = 0;
    fc.assert(
      fc.property(policies, (text) => {
        const planned = planFrom(withText(text));
        if (!planned.possible) return;
        plans += 1;
        const after = textOf(planned.plan.requests);
        expect(planFrom(withText(after))).toMatchObject({ possible: false });
        expect(JSON.parse(after).Statement.at(-1)).toEqual(ROOT);
        if (planned.plan.leaves?.[PUBLIC] === undefined) {
          const { findings } = judgeKeyPolicyPublic(parsePolicy(after), trustOf(FILLED, OWN));
          expect(findings).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
    expect(plans).toBeGreaterThan(100);
  });
});
