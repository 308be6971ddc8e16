import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyFacts, known, type RotationStatus, type Rotations, unread } from '../../lib/facts/key-facts.ts';
import { type AwsRequest, type Plan, PlanOutdatedError } from '../../lib/remediations/remedy.ts';
import rotateKeyOnDemand from '../../lib/remediations/rotate-key-on-demand.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';

const LAST = '2024-05-01T00:00:00.000Z';
const NEWER = '2026-08-03T09:06:00.000Z';
const STARTED = '2026-08-03T09:05:30.000Z';
const ON: RotationStatus = { enabled: true, periodInDays: 365 };

const rotationsAt = (...times: readonly string[]): Rotations => ({
  done: times.map((at) => ({ at, type: 'ON_DEMAND' })),
});
const factsAt = (rotations: Rotations, status: RotationStatus = ON, key = {}): KeyFacts => ({
  ...factsOf(key, status),
  rotations: known(rotations),
});

const planBy = (facts: KeyFacts, action?: KeyAction) =>
  rotateKeyOnDemand.plan({
    facts,
    policy: POLICY,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    ...(action === undefined ? {} : { action }),
  });

function planFor(facts = factsAt(rotationsAt(LAST))): Plan {
  const planned = planBy(facts);
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

/** A KMS that rotates in the background: what it has begun it shows, and lists only when it is told to complete it. */
function startKms(facts = factsAt(rotationsAt(LAST))) {
  let now = facts;
  const made: string[] = [];
  return {
    made,
    read: async () => now,
    set: (next: KeyFacts) => {
      now = next;
    },
    call: async ({ operation }: AwsRequest) => {
      made.push(operation);
      now = { ...now, rotation: known({ ...ON, onDemandStartedAt: STARTED }) };
      return { operation, requestId: `request-${made.length}` };
    },
    complete: () => {
      now = factsAt(rotationsAt(NEWER, LAST));
    },
  };
}

describe('the plan of rotate-key-on-demand', () => {
  test('makes one request, cannot be undone, and therefore asks first', () => {
    expect(planFor()).toEqual({
      remedy: 'rotate-key-on-demand',
      subject: KEY_ARN,
      summary: `Rotate key ${KEY_ID} on demand, once: KMS makes new key material and keeps the old to decrypt with.`,
      requests: [{ service: 'kms', operation: 'RotateKeyOnDemand', region: REGION, parameters: { KeyId: KEY_ARN } }],
      undo: [],
      asksFirst:
        'A rotation cannot be undone, and KMS allows 25 on demand in the life of a key: 23 would be left after this one.',
      before: { lastRotation: LAST, rotationsOnDemand: 1 },
      notes: [expect.stringContaining('It cannot be undone'), expect.stringContaining('charges')],
    });
  });

  test('is plain JSON, also of a key that was never rotated', () => {
    const plan = planFor(factsAt(rotationsAt()));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.before).toEqual({ lastRotation: null, rotationsOnDemand: 0 });
  });

  test('counts rotations on demand only: automatic ones are not limited', () => {
    const automatic = { done: Array.from({ length: 40 }, () => ({ at: LAST, type: 'AUTOMATIC' })) };
    expect(planFor(factsAt(automatic)).asksFirst).toContain('24 would be left');
  });

  const used = (count: number) => factsAt(rotationsAt(...Array.from({ length: count }, () => LAST)));
  test('takes the last of 25', () => {
    expect(planFor(used(24)).asksFirst).toContain('0 would be left');
  });

  test.each<[string, KeyFacts, string]>([
    ['was rotated on demand 25 times', used(25), 'KMS allows 25 in the life of a key; create a new key'],
    ['is being rotated on demand', factsAt(rotationsAt(), { ...ON, onDemandStartedAt: STARTED }), 'not complete yet'],
    ['was imported', factsAt(rotationsAt(), ON, { origin: 'EXTERNAL' }), 'import new material first'],
    ['is asymmetric', factsAt(rotationsAt(), ON, { spec: 'RSA_4096' }), 'RSA_4096'],
    ['is a replica', factsAt(rotationsAt(), ON, { multiRegion: 'replica' }), 'replica'],
    ['is disabled', factsAt(rotationsAt(), ON, { state: 'Disabled' }), 'disabled'],
    ['is managed by AWS', factsAt(rotationsAt(), ON, { manager: 'AWS' }), 'AWS manages'],
    ['does not exist', GONE, 'no longer exists'],
    ['could not be described', UNREADABLE, 'kms:DescribeKey'],
    ['has a status that could not be read', { ...factsAt(rotationsAt()), rotation: unread('it was denied') }, 'denied'],
    [
      'has rotations that could not be read',
      { ...factsAt(rotationsAt()), rotations: unread('it was denied') },
      'denied',
    ],
  ])('is refused for a key that %s', (_name, facts, reason) => {
    const planned = planBy(facts);
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });

  test('leaves a key to KMS that was due while it was disabled, and only such a one', () => {
    const due = (nextAt: string, enabled = true) => factsAt(rotationsAt(LAST), { ...ON, enabled, nextAt });
    const past = '2026-05-01T00:00:00.000Z';
    expect(planBy(due(past), actionOf('EnableKey'))).toMatchObject({
      possible: false,
      reason: expect.stringContaining('by itself now that it is enabled'),
    });
    expect(planBy(due('2027-05-01T00:00:00.000Z'), actionOf('EnableKey')).possible).toBe(true);
    expect(planBy(due(past, false), actionOf('EnableKey')).possible).toBe(true);
    expect(planBy(due(past)).possible).toBe(true);
  });
});

describe('carrying the plan out', () => {
  test('begins the rotation, which is confirmed while it runs and when it is complete', async () => {
    const kms = startKms();
    const plan = planFor();
    expect(rotateKeyOnDemand.confirm(plan, await kms.read())).toEqual({
      confirmed: false,
      reason: 'KMS shows no rotation that has begun, and lists none since the plan was made.',
    });
    expect(await rotateKeyOnDemand.apply(plan, kms.call, kms.read)).toEqual([
      { operation: 'RotateKeyOnDemand', requestId: 'request-1' },
    ]);
    expect(rotateKeyOnDemand.confirm(plan, await kms.read())).toEqual({
      confirmed: true,
      after: { onDemandStartedAt: STARTED },
    });
    kms.complete();
    expect(rotateKeyOnDemand.confirm(plan, await kms.read())).toEqual({
      confirmed: true,
      after: { lastRotation: NEWER, type: 'ON_DEMAND' },
    });
  });

  test('never rotates a second time: not while it runs, and not when it is complete', async () => {
    const kms = startKms();
    const plan = planFor();
    await rotateKeyOnDemand.apply(plan, kms.call, kms.read);
    expect(await rotateKeyOnDemand.apply(plan, kms.call, kms.read)).toEqual([]);
    kms.complete();
    expect(await rotateKeyOnDemand.apply(plan, kms.call, kms.read)).toEqual([]);
    expect(kms.made).toEqual(['RotateKeyOnDemand']);
  });

  test('rotates a key that was never rotated before, once', async () => {
    const facts = factsAt(rotationsAt());
    const kms = startKms(facts);
    const plan = planFor(facts);
    await rotateKeyOnDemand.apply(plan, kms.call, kms.read);
    kms.set(factsAt(rotationsAt(NEWER)));
    expect(await rotateKeyOnDemand.apply(plan, kms.call, kms.read)).toEqual([]);
    expect(kms.made).toHaveLength(1);
  });

  test.each<[string, KeyFacts, string]>([
    ['was disabled', factsAt(rotationsAt(LAST), ON, { state: 'Disabled' }), 'disabled'],
    ['cannot be read', { ...factsAt(rotationsAt(LAST)), rotations: unread('it was denied') }, 'denied'],
    ['has none left', factsAt(rotationsAt(...Array.from({ length: 25 }, () => LAST))), '25 times'],
    ['is gone', GONE, 'no longer exists'],
  ])('is given up without a call when the key %s since', async (_name, facts, reason) => {
    const kms = startKms(facts);
    const attempt = rotateKeyOnDemand.apply(planFor(), kms.call, kms.read);
    await expect(attempt).rejects.toThrow(PlanOutdatedError);
    await expect(attempt).rejects.toThrow(reason);
    expect(kms.made).toEqual([]);
  });

  test('is given up when KMS is rotating the key by itself', async () => {
    const conflict = Object.assign(new Error('An automatic rotation is in progress.'), { name: 'ConflictException' });
    const attempt = rotateKeyOnDemand.apply(planFor(), () => Promise.reject(conflict), startKms().read);
    await expect(attempt).rejects.toThrow(PlanOutdatedError);
    await expect(attempt).rejects.toThrow(/by itself, now or within 20 minutes/);
  });

  test('passes on what else AWS throws', async () => {
    const limit = Object.assign(new Error('No more.'), { name: 'LimitExceededException' });
    await expect(rotateKeyOnDemand.apply(planFor(), () => Promise.reject(limit), startKms().read)).rejects.toBe(limit);
  });
});

describe('confirming the plan', () => {
  test('says what could not be read back', () => {
    const facts = {
      ...factsAt(rotationsAt()),
      rotation: unread('one was denied'),
      rotations: unread('two was denied'),
    };
    expect(rotateKeyOnDemand.confirm(planFor(), facts)).toEqual({
      confirmed: false,
      reason: 'The rotation could not be read back: one was denied; two was denied.',
    });
  });

  test('takes an automatic rotation since the plan for what was wanted', () => {
    const facts = factsAt({ done: [{ at: NEWER, type: 'AUTOMATIC' }] });
    expect(rotateKeyOnDemand.confirm(planFor(), facts)).toMatchObject({
      confirmed: true,
      after: { type: 'AUTOMATIC' },
    });
  });

  test('does not take the rotation that was there before for a new one', () => {
    expect(rotateKeyOnDemand.confirm(planFor(), factsAt(rotationsAt(LAST)))).toMatchObject({ confirmed: false });
  });
});
