import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Actor, KeyAction } from '../../lib/event/key-action.ts';
import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import type { AwsRequest, Plan } from '../../lib/remediations/remedy.ts';
import tagKey from '../../lib/remediations/tag-key.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { DANA, inRole, KEYWARDEN, KMS_ITSELF, NOBODY, ROOT, SERVICE } from '../controls/people.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';

type Tags = Readonly<Record<string, string>>;
const keyWithTags = (tags: Tags, overrides: Parameters<typeof factsOf>[0] = {}): KeyFacts => ({
  ...factsOf(overrides),
  tags: known(tags),
});
const madeBy = (actor: Actor): KeyAction => actionOf('CreateKey', { actor, request: {} });
const historyOf = (actor: Actor): KeyFacts['history'] =>
  known({ created: { eventId: 'e', api: 'CreateKey', time: '2026-08-03T09:00:00Z', actor }, tags: {} });

const planBy = (facts: KeyFacts, action?: KeyAction, requiredTags: readonly string[] = ['owner', 'service']) =>
  tagKey.plan({
    facts,
    policy: { ...POLICY, generation: { ...POLICY.generation, requiredTags: [...requiredTags] } },
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    ...(action === undefined ? {} : { action }),
  });

function planFor(...given: Parameters<typeof planBy>): Plan {
  const planned = planBy(...given);
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const request = (operation: string, parameters: AwsRequest['parameters']): AwsRequest => ({
  service: 'kms',
  operation,
  region: REGION,
  parameters: { KeyId: KEY_ARN, ...parameters },
});

/** The value that the plan sets. */
const valueFor = (actor: Actor) => JSON.stringify(planFor(keyWithTags({}), madeBy(actor), ['owner']).requests);

/** A KMS that keeps the tags of one key, as far as the requests of the plan go. */
function startKms(before: Tags) {
  let now = before;
  return {
    read: async () => keyWithTags(now),
    set: (tags: Tags) => {
      now = { ...now, ...tags };
    },
    call: async ({ operation, parameters }: AwsRequest) => {
      const { Tags: tags = [], TagKeys: keys = [] } = parameters as {
        Tags?: readonly { TagKey: string; TagValue: string }[];
        TagKeys?: readonly string[];
      };
      const added = Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
      now = Object.fromEntries(Object.entries({ ...now, ...added }).filter(([key]) => !keys.includes(key)));
      return { operation, requestId: `request-of-${operation}` };
    },
  };
}

describe('the plan of tag-key', () => {
  test('asks first when somebody took the tag away, because a template may do so with each deployment', () => {
    const plan = (tagKeys: readonly string[]) =>
      planFor({ ...keyWithTags({}), history: historyOf(DANA) }, actionOf('UntagResource', { request: { tagKeys } }), [
        'owner',
      ]);
    expect(plan(['owner']).asksFirst).toContain('CloudFormation, Terraform');
    expect(plan(['other'])).not.toHaveProperty('asksFirst');
  });

  test('sets only the tags that are missing, to the person who made the key, and removes them to undo it', () => {
    expect(planFor(keyWithTags({ owner: 'payments-team' }), madeBy(DANA))).toEqual({
      remedy: 'tag-key',
      subject: KEY_ARN,
      summary: `Set the tag service of key ${KEY_ID} to dana@example.com, who made it.`,
      requests: [request('TagResource', { Tags: [{ TagKey: 'service', TagValue: 'dana@example.com' }] })],
      undo: [request('UntagResource', { TagKeys: ['service'] })],
      before: { tags: { service: 'not set' } },
      notes: [
        expect.stringContaining('Whoever made a key need not own it'),
        expect.stringContaining('aws:ResourceTag'),
      ],
    });
  });

  test('says what stays wrong: a tag without a value is a person to fill', () => {
    expect(planFor(keyWithTags({ owner: '' }), madeBy(DANA)).leaves).toEqual({
      'key-owner-tagged': `Key ${KEY_ID} has the tag owner without a value, for a person to fill.`,
    });
  });

  test.each<[string, KeyFacts, KeyAction | undefined]>([
    ['on demand', { ...keyWithTags({}), history: historyOf(DANA) }, undefined],
    [
      'when somebody else removed it',
      { ...keyWithTags({}), history: historyOf(DANA) },
      actionOf('UntagResource', { request: { tagKeys: ['owner'] } }),
    ],
  ])('takes the maker from the ledger %s', (_when, facts, action) => {
    expect(planFor(facts, action, ['owner']).summary).toBe(
      `Set the tag owner of key ${KEY_ID} to dana@example.com, who made it.`,
    );
  });

  const { person: _person, ...machine } = inRole('Deploy', 'run-4711');
  test.each<[string, Actor, string]>([
    ['the role, when no person is behind it', machine, '"Deploy"'],
    [
      'the role without its path',
      { ...machine, sessionIssuer: 'arn:aws:iam::111122223333:role/ops/keys/Deploy' },
      '"Deploy"',
    ],
    [
      'the user, when no person is named',
      { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/dana', bySelf: false },
      '"dana"',
    ],
    ['what a tag cannot hold, as _', { ...DANA, person: 'Dana, (ops)\n<x>' }, '"Dana_ _ops___x_"'],
    ['letters of any language', { ...DANA, person: 'Žofie Öz' }, '"Žofie Öz"'],
    ['no name that AWS keeps for itself', { ...DANA, person: 'AWS:admin' }, '"_admin"'],
    ['256 characters at most', { ...DANA, person: 'ö'.repeat(300) }, `"${'ö'.repeat(256)}"`],
  ])('writes %s', (_name, actor, value) => {
    expect(valueFor(actor)).toContain(`"TagValue":${value}`);
  });

  test('writes nothing that KMS would refuse, whatever the record calls the maker', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (person) => {
        const planned = planBy(keyWithTags({}), madeBy({ ...DANA, person }), ['owner']);
        const tags = planned.possible ? (planned.plan.requests[0]?.parameters.Tags as { TagValue: string }[]) : [];
        for (const { TagValue } of tags) {
          expect(TagValue).toMatch(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/iu);
          expect([...TagValue].length).toBeLessThanOrEqual(256);
        }
      }),
    );
  });

  const many = Object.fromEntries(Array.from({ length: 49 }, (_unused, at) => [`tag-${at}`, 'x']));
  test.each<[string, KeyFacts, KeyAction | undefined, string]>([
    ['has the tags', keyWithTags({ owner: 'a', service: 'b' }), madeBy(DANA), 'already so'],
    ['has them without a value', keyWithTags({ owner: '', service: 'b' }), madeBy(DANA), 'never overwrites a tag'],
    [
      'was made with the tags that KMS does not list yet',
      keyWithTags({}),
      actionOf('CreateKey', {
        request: {
          tags: [
            { tagKey: 'owner', tagValue: 'a' },
            { tagKey: 'service', tagValue: 'b' },
          ],
        },
      }),
      'already so',
    ],
    ['has no room for them', keyWithTags(many), madeBy(DANA), 'at most 50 tags'],
    ['is pending deletion', keyWithTags({}, { state: 'PendingDeletion' }), madeBy(DANA), 'pending deletion'],
    ['waits for its replicas', keyWithTags({}, { state: 'PendingReplicaDeletion' }), madeBy(DANA), 'pending deletion'],
    ['is managed by AWS', keyWithTags({}, { manager: 'AWS' }), madeBy(DANA), 'AWS manages'],
    ['was made by Keywarden', keyWithTags({}), madeBy(KEYWARDEN), 'Keywarden itself made'],
    ['was made by a service', keyWithTags({}), madeBy(SERVICE), 'AWS made'],
    ['is a replica that KMS made', keyWithTags({}), madeBy(KMS_ITSELF), 'AWS made'],
    ['was made by the root user', keyWithTags({}), madeBy(ROOT), 'The root user made'],
    ['was made by somebody whom the record does not name', keyWithTags({}), madeBy(NOBODY), 'does not say who made'],
    [
      'was made before the record begins',
      { ...keyWithTags({}), history: known({ tags: {} }) },
      undefined,
      'not on record',
    ],
    ['has a past that could not be read', keyWithTags({}), undefined, 'could not be looked up: it was not read'],
    ['does not exist', GONE, madeBy(DANA), 'no longer exists'],
    ['could not be described', UNREADABLE, madeBy(DANA), 'kms:DescribeKey'],
    [
      'has tags that could not be read',
      { ...keyWithTags({}), tags: unread('kms:ListResourceTags was denied') },
      madeBy(DANA),
      'kms:ListResourceTags was denied',
    ],
  ])('is refused for a key that %s', (_name, facts, action, reason) => {
    const planned = planBy(facts, action);
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });

  test('is plain JSON, as it will be recorded', () => {
    const plan = planFor(keyWithTags({}), madeBy(DANA));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('carrying the plan out', () => {
  const plan = planFor(keyWithTags({}), madeBy(DANA));

  test('sets the tags, is confirmed, finds nothing more to do, and can be undone', async () => {
    const kms = startKms({ other: 'kept' });
    expect(tagKey.confirm(plan, await kms.read())).toMatchObject({ confirmed: false });
    const receipts = await tagKey.apply(plan, kms.call, kms.read);
    expect(receipts).toEqual([{ operation: 'TagResource', requestId: 'request-of-TagResource' }]);
    expect(tagKey.confirm(plan, await kms.read())).toEqual({
      confirmed: true,
      after: { tags: { owner: 'dana@example.com', service: 'dana@example.com' } },
    });
    expect(planBy(await kms.read(), madeBy(DANA))).toMatchObject({ reason: expect.stringContaining('already so') });
    for (const one of plan.undo) await kms.call(one);
    expect((await kms.read()).tags).toEqual(known({ other: 'kept' }));
  });

  test('may be repeated, and calls KMS once', async () => {
    const kms = startKms({});
    await tagKey.apply(plan, kms.call, kms.read);
    expect(await tagKey.apply(plan, kms.call, kms.read)).toEqual([]);
  });

  test('never overwrites a tag that somebody set meanwhile', async () => {
    const kms = startKms({});
    kms.set({ owner: 'payments-team' });
    await expect(tagKey.apply(plan, kms.call, kms.read)).rejects.toMatchObject({
      name: 'PlanOutdatedError',
      message: expect.stringContaining('somebody set owner since the key was judged'),
    });
    expect((await kms.read()).tags).toEqual(known({ owner: 'payments-team' }));
  });

  test('leaves the key alone when its tags cannot be read again', async () => {
    const kms = startKms({});
    const blind = async () => ({ ...keyWithTags({}), tags: unread('kms:ListResourceTags was denied') });
    await expect(tagKey.apply(plan, kms.call, blind)).rejects.toMatchObject({ name: 'PlanOutdatedError' });
    expect((await kms.read()).tags).toEqual(known({}));
  });

  test('passes on what AWS throws', async () => {
    const refused = Object.assign(new Error('No more tags.'), { name: 'LimitExceededException' });
    const kms = startKms({});
    await expect(tagKey.apply(plan, () => Promise.reject(refused), kms.read)).rejects.toBe(refused);
  });
});

describe('confirming the plan', () => {
  const plan = planFor(keyWithTags({}), madeBy(DANA));

  test('takes what a person wrote in place of the maker', () => {
    expect(tagKey.confirm(plan, keyWithTags({ owner: 'payments-team', service: 'x' }))).toMatchObject({
      confirmed: true,
    });
  });

  test.each<[string, Plan, KeyFacts, string]>([
    ['one of the tags is not there', plan, keyWithTags({ owner: 'a' }), 'does not list service among the tags.'],
    ['the tags could not be read back', plan, factsOf(), 'could not be read back: it was not read.'],
    [
      'the recorded plan does not say what it wanted',
      { ...plan, requests: [] },
      keyWithTags({}),
      'does not say which tags',
    ],
  ])('is refused when %s', (_name, given, facts, reason) => {
    expect(tagKey.confirm(given, facts)).toEqual({ confirmed: false, reason: expect.stringContaining(reason) });
  });
});
