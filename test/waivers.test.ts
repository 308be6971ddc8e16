import { describe, expect, test } from '@jest/globals';
import { known, unread } from '../lib/facts/key-facts.ts';
import type { Policy, Waiver } from '../lib/policy/policy.ts';
import { findWaiver, listDueWaivers } from '../lib/waivers.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const BASE = { control: 'rotation-enabled', owner: 'olivia@example.com', ticket: 'SEC-42', expires: '2026-08-31' };
const BY_KEY: Waiver = { ...BASE, subject: KEY };
const BY_TAG: Waiver = { ...BASE, tag: { key: 'Class', value: 'legacy' } };
const LAST_SECOND = new Date('2026-08-31T23:59:59Z');
const OVER = new Date('2026-09-01T00:00:00Z');

const policyWith = (...waivers: Waiver[]) =>
  ({
    waivers,
    safeguards: {
      sameRemedy: { changes: 3, hours: 24 },
      changesPerHour: 20,
      waiverWarningDays: 14,
      confirmWithinHours: 6,
    },
  }) as unknown as Policy;
const noTags = () => Promise.reject(new Error('Tags were read although no waiver is by tag.'));
const find = (
  waiver: Waiver,
  {
    control = 'rotation-enabled',
    subject = KEY,
    now = LAST_SECOND,
    tags = noTags as Parameters<typeof findWaiver>[4],
  } = {},
) => findWaiver(policyWith(waiver), control, subject, now, tags);

describe('a waiver', () => {
  test('by subject counts for its control and its subject, until its last day is over', async () => {
    expect(await find(BY_KEY)).toBe(BY_KEY);
    expect(await find(BY_KEY, { now: OVER })).toBeUndefined();
    expect(await find(BY_KEY, { control: 'key-spec-approved' })).toBeUndefined();
    expect(await find(BY_KEY, { subject: `${KEY}0` })).toBeUndefined();
  });

  test('by tag counts for what carries the tag with that value', async () => {
    expect(await find(BY_TAG, { tags: async () => known({ Class: 'legacy' }) })).toBe(BY_TAG);
    expect(await find(BY_TAG, { tags: async () => known({ Class: 'Legacy' }) })).toBeUndefined();
    expect(await find(BY_TAG, { tags: async () => known({}) })).toBeUndefined();
  });

  test('by tag waives nothing when the tags cannot be read', async () => {
    expect(await find(BY_TAG, { tags: async () => unread('it was denied') })).toBeUndefined();
  });

  test.each([
    ['2026-08-01T00:00:00Z', []],
    ['2026-08-18T00:00:00Z', [{ state: 'expires-soon', days: 14 }]],
    ['2026-08-31T12:00:00Z', [{ state: 'expires-soon', days: 0 }]],
    ['2026-09-01T12:00:00Z', [{ state: 'expired', days: -1 }]],
    ['2026-09-07T12:00:00Z', [{ state: 'expired', days: -7 }]],
    ['2026-09-08T12:00:00Z', []],
  ])('on %s is due as %j', (now, expected) => {
    expect(listDueWaivers(policyWith(BY_KEY), new Date(now))).toEqual(
      expected.map((one) => ({ ...one, waiver: BY_KEY })),
    );
  });
});
