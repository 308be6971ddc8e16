import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';
import { DANA, EVE } from './people.ts';

type Tags = Readonly<Record<string, string>>;
/** A key with these tags, of which the ledger says that dana made it. */
const tagged = (tags: Tags, overrides: Parameters<typeof factsOf>[0] = {}): KeyFacts => ({
  ...factsOf(overrides),
  tags: known(tags),
  history: known({
    created: { eventId: 'e', api: 'CreateKey', time: '2026-08-03T09:00:00Z', actor: DANA },
    tags: {},
  }),
});
const setting = (api: string, tagKey: string, time?: string) =>
  actionOf(api, {
    actor: DANA,
    request: { tags: [{ tagKey, tagValue: 'payments-team' }] },
    ...(time === undefined ? {} : { time }),
  });
const requiring = (...requiredTags: readonly string[]) => ({
  ...POLICY,
  generation: { ...POLICY.generation, requiredTags: [...requiredTags] },
});

export const cases: readonly ControlCase[] = [
  {
    name: 'the tag is there',
    action: actionOf('CreateKey', { actor: DANA }),
    facts: tagged({ owner: 'payments-team' }),
    expected: 'compliant',
    says: `Key ${KEY_ID} has the tag owner that the policy requires.`,
  },
  {
    name: 'a new key was made with the tag, and KMS does not list it yet',
    action: setting('CreateKey', 'owner'),
    facts: tagged({}),
    expected: 'compliant',
    says: 'has the tag owner',
  },
  {
    name: 'the tag was set, and KMS does not list it yet',
    action: setting('TagResource', 'owner'),
    facts: tagged({}),
    expected: 'compliant',
    says: 'has the tag owner',
  },
  {
    name: 'the state alone shows all of several tags',
    facts: tagged({ owner: 'payments-team', service: 'payments' }),
    policy: requiring('owner', 'service'),
    expected: 'compliant',
    says: 'has the tags owner and service',
  },
  {
    name: 'a new key has no tags',
    action: actionOf('CreateKey', { actor: DANA, request: {} }),
    facts: tagged({}),
    expected: 'violation',
    says: `Key ${KEY_ID} does not have the tag owner that the policy requires.`,
  },
  {
    name: 'the tag was set some time ago and is not there',
    action: setting('TagResource', 'owner', '2026-08-03T08:59:00Z'),
    facts: tagged({}),
    expected: 'violation',
    says: 'does not have the tag owner',
  },
  {
    name: 'another tag was set',
    action: setting('TagResource', 'cost-center'),
    facts: tagged({ 'cost-center': '4711' }),
    expected: 'violation',
    says: 'does not have the tag owner',
  },
  {
    name: 'the tag is spelled in another case',
    facts: tagged({ Owner: 'payments-team' }),
    expected: 'violation',
    says: 'does not have the tag owner',
  },
  {
    name: 'the tag was removed',
    action: actionOf('UntagResource', { actor: EVE, request: { tagKeys: ['owner'] } }),
    facts: tagged({}),
    expected: 'violation',
    says: 'does not have the tag owner',
  },
  {
    name: 'the tag has no value',
    facts: tagged({ owner: ' ' }),
    expected: 'violation',
    says: 'has the tag owner without a value.',
    noPlan: 'Keywarden never overwrites a tag',
  },
  {
    name: 'one tag is missing, and another has no value',
    facts: tagged({ owner: '' }),
    policy: requiring('owner', 'service'),
    expected: 'violation',
    says: 'does not have the tag service that the policy requires, and has the tag owner without a value.',
  },
  {
    name: 'the key is pending deletion, when KMS takes no tags',
    facts: tagged({}, { state: 'PendingDeletion' }),
    expected: 'violation',
    says: 'does not have the tag owner',
    noPlan: 'pending deletion',
  },
  {
    name: 'the deletion of a key without an owner was cancelled',
    action: actionOf('CancelKeyDeletion', { actor: DANA }),
    facts: tagged({}, { state: 'Disabled' }),
    expected: 'violation',
    says: 'does not have the tag owner',
  },
  {
    name: 'the policy requires no tags',
    facts: tagged({}),
    policy: requiring(),
    expected: 'not-applicable',
    says: 'the policy file requires no tags (generation.requiredTags).',
  },
  {
    name: 'AWS manages the key',
    facts: tagged({}, { manager: 'AWS' }),
    expected: 'not-applicable',
    says: 'managed by AWS',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'the tags could not be read',
    facts: { ...tagged({}), tags: unread('kms:ListResourceTags was denied') },
    expected: 'unknown',
    says: `The tags of key ${KEY_ID} are unknown because kms:ListResourceTags was denied.`,
  },
  {
    name: 'the tags of a new key could not be read, whatever its record says',
    action: setting('CreateKey', 'owner'),
    facts: { ...tagged({}), tags: unread('kms:ListResourceTags was denied') },
    expected: 'unknown',
    says: 'kms:ListResourceTags was denied',
  },
  { name: 'the key could not be described', facts: UNREADABLE, expected: 'unknown', says: KEY_ID },
];
