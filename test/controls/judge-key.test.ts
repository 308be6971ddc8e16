import { describe, expect, test } from '@jest/globals';
import { judge, judgeKey } from '../../lib/controls/judgement/judge-key.ts';
import keyCreatorAuthorized from '../../lib/controls/key-creator-authorized.ts';
import keyRegionApproved from '../../lib/controls/key-region-approved.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { KeyFacts } from '../../lib/facts/key-facts.ts';
import { GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';

const evidenceOf = (facts: KeyFacts, action?: KeyAction) => ({
  ...(action === undefined ? {} : { action }),
  facts,
  policy: POLICY,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
});
const verdictOf = (facts: KeyFacts, action?: KeyAction) =>
  judgeKey(evidenceOf(facts, action), (_key, name) => judge('compliant', `${name} is fine`));

const DAY = 24 * 60 * 60_000;
const before = (milliseconds: number): string => new Date(NOW.getTime() - milliseconds).toISOString();

describe('a key that KMS says does not exist', () => {
  test.each([
    [7 * DAY - 1000, 'unknown'],
    [7 * DAY, 'not-applicable'],
  ])('and that was made %i ms ago is %s: no key is deleted within 7 days', (age, verdict) => {
    expect(verdictOf(GONE, actionOf('CreateKey', { time: before(age) })).verdict).toBe(verdict);
  });

  test.each([
    [actionOf('DeleteKey'), `Key ${KEY_ID}`],
    [actionOf('DeleteKey', { subject: 'arn:aws:kms:eu-west-1:111122223333:unidentified' }), 'Key unidentified'],
    [undefined, 'The key'],
  ])('is called by what the action tells: %#', (action, name) => {
    expect(verdictOf(GONE, action).reason).toBe(`${name} does not exist any more.`);
  });
});

test('A key that nothing names is called the key', () => {
  expect(verdictOf(UNREADABLE).reason).toMatch(/^The key cannot be judged because /);
});

describe('a replica', () => {
  const NOWHERE = actionOf('ReplicateKey', { request: {} });
  const replicate = actionOf('ReplicateKey', { request: { replicaRegion: 'eu-central-1' } });

  test.each([keyRegionApproved, keyCreatorAuthorized])('has a finding of its own: $id', ({ item }) => {
    expect(item?.(replicate)).toBe('replica eu-central-1');
    expect(item?.(NOWHERE)).toBe('replica ?');
    expect(item?.(actionOf('CreateKey', { request: { replicaRegion: 'eu-central-1' } }))).toBeUndefined();
  });

  test('whose Region the record does not tell is not given one', () => {
    expect(keyRegionApproved.verify(evidenceOf(GONE, NOWHERE)).reason).toContain(
      'was replicated to (empty), and the policy file names no Regions',
    );
  });
});
