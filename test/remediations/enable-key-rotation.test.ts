import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KeyFacts, known, type RotationStatus, unread } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import enableKeyRotation from '../../lib/remediations/enable-key-rotation.ts';
import { findRemedy, remedies } from '../../lib/remediations/index.ts';
import type { AwsRequest, Plan } from '../../lib/remediations/remedy.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';

const policyOf = (periodInDays: number) => ({ ...POLICY, rotation: { ...POLICY.rotation, periodInDays } });

const planBy = (facts: KeyFacts, policy: Policy) =>
  enableKeyRotation.plan({ facts, policy, now: NOW, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES });

function planFor(rotation: RotationStatus, periodInDays = 365): Plan {
  const planned = planBy(factsOf({}, rotation), policyOf(periodInDays));
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const enabling = (days: number): AwsRequest => ({
  service: 'kms',
  operation: 'EnableKeyRotation',
  region: REGION,
  parameters: { KeyId: KEY_ARN, RotationPeriodInDays: days },
});

/** A KMS that keeps the rotation of one key, as far as the requests of the plan go. */
function startKms(rotation: RotationStatus) {
  let now = rotation;
  return {
    read: (): KeyFacts => factsOf({}, now),
    call: async ({ operation, parameters }: AwsRequest) => {
      const days = parameters.RotationPeriodInDays;
      now =
        operation === 'EnableKeyRotation'
          ? { enabled: true, periodInDays: typeof days === 'number' ? days : 365 }
          : { enabled: false };
      return { operation, requestId: `request-of-${operation}` };
    },
  };
}

/** This remedy compares nothing before it writes: EnableKeyRotation says what shall be, not what to change. */
const readNothing = () => Promise.reject(new Error('The remedy must not read.'));

describe('the plan of enable-key-rotation', () => {
  test('switches rotation on with the period of the policy, and off to undo it', () => {
    expect(planFor({ enabled: false }, 180)).toEqual({
      remedy: 'enable-key-rotation',
      subject: KEY_ARN,
      summary: `Switch automatic rotation of key ${KEY_ID} on, every 180 days (it was off).`,
      requests: [enabling(180)],
      undo: [{ service: 'kms', operation: 'DisableKeyRotation', region: REGION, parameters: { KeyId: KEY_ARN } }],
      before: { rotation: { enabled: false } },
    });
  });

  test('shortens a period that is too long, and sets the old one to undo it', () => {
    expect(planFor({ enabled: true, periodInDays: 730, nextAt: '2027-01-01T00:00:00.000Z' })).toMatchObject({
      summary: `Change automatic rotation of key ${KEY_ID} from 730 days to 365.`,
      requests: [enabling(365)],
      undo: [enabling(730)],
      before: { rotation: { enabled: true, periodInDays: 730, nextAt: '2027-01-01T00:00:00.000Z' } },
    });
  });

  test.each<[string, KeyFacts, string]>([
    ['is already so', factsOf({}, { enabled: true, periodInDays: 365 }), 'already so'],
    ['is already better', factsOf({}, { enabled: true, periodInDays: 90 }), 'already so'],
    [
      'rotates in an unknown period, which could not be restored',
      factsOf({}, { enabled: true }),
      'could not be undone',
    ],
    ['is asymmetric', factsOf({ spec: 'RSA_4096' }, { enabled: false }), 'RSA_4096'],
    ['was imported', factsOf({ origin: 'EXTERNAL' }, { enabled: false }), 'imported'],
    ['is a replica', factsOf({ multiRegion: 'replica' }, { enabled: false }), 'replica'],
    ['is disabled', factsOf({ state: 'Disabled' }, { enabled: false }), 'disabled'],
    ['is pending deletion', factsOf({ state: 'PendingDeletion' }, { enabled: false }), 'pending deletion'],
    ['is managed by AWS', factsOf({ manager: 'AWS' }, { enabled: false }), 'AWS manages'],
    ['does not exist', GONE, 'no longer exists'],
    ['could not be described', UNREADABLE, 'kms:DescribeKey'],
    [
      'has a rotation that could not be read',
      { ...factsOf(), rotation: unread('kms:GetKeyRotationStatus was denied') },
      'kms:GetKeyRotationStatus was denied',
    ],
  ])('is refused for a key that %s', (_name, facts, reason) => {
    const planned = planBy(facts, POLICY);
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });

  test('is plain JSON, as it will be recorded', () => {
    const plan = planFor({ enabled: true, periodInDays: 730 });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('carrying the plan out', () => {
  test.each<[string, RotationStatus]>([
    ['off', { enabled: false }],
    ['too rare', { enabled: true, periodInDays: 2560 }],
  ])(
    'puts rotation that was %s right, is confirmed, finds nothing more to do, and can be undone',
    async (_name, before) => {
      const kms = startKms(before);
      const plan = planFor(before);
      expect(enableKeyRotation.confirm(plan, kms.read())).toMatchObject({ confirmed: false });
      const receipts = await enableKeyRotation.apply(plan, kms.call, readNothing);
      expect(receipts).toEqual([{ operation: 'EnableKeyRotation', requestId: 'request-of-EnableKeyRotation' }]);
      expect(enableKeyRotation.confirm(plan, kms.read())).toEqual({
        confirmed: true,
        after: { rotation: { enabled: true, periodInDays: 365 } },
      });
      expect(planBy(kms.read(), POLICY).possible).toBe(false);
      for (const request of plan.undo) await kms.call(request);
      expect(kms.read().rotation).toEqual(known(before));
    },
  );

  test('may be repeated', async () => {
    const kms = startKms({ enabled: false });
    const plan = planFor({ enabled: false });
    await enableKeyRotation.apply(plan, kms.call, readNothing);
    await enableKeyRotation.apply(plan, kms.call, readNothing);
    expect(enableKeyRotation.confirm(plan, kms.read())).toMatchObject({ confirmed: true });
  });

  test('passes on what AWS throws', async () => {
    const refused = Object.assign(new Error('Key is disabled.'), { name: 'DisabledException' });
    const failed = enableKeyRotation.apply(planFor({ enabled: false }), () => Promise.reject(refused), readNothing);
    await expect(failed).rejects.toBe(refused);
  });
});

describe('confirming the plan', () => {
  const plan = planFor({ enabled: false });
  const facts = (rotation: KeyFacts['rotation']) => ({ ...factsOf(), rotation });

  test.each<[string, KeyFacts['rotation'], string]>([
    ['rotation is still off', known({ enabled: false }), 'Rotation is still off, and 365 days or less were asked for.'],
    ['the period is still too long', known({ enabled: true, periodInDays: 730 }), 'every 730 days'],
    ['the period is not told', known({ enabled: true }), 'does not say how often'],
    [
      'the rotation could not be read back',
      unread('kms:GetKeyRotationStatus was denied'),
      'kms:GetKeyRotationStatus was denied.',
    ],
  ])('is refused when %s', (_name, rotation, reason) => {
    expect(enableKeyRotation.confirm(plan, facts(rotation))).toEqual({
      confirmed: false,
      reason: expect.stringContaining(reason),
    });
  });

  test('takes a shorter period than asked for', () => {
    const after = { enabled: true, periodInDays: 90 };
    expect(enableKeyRotation.confirm(plan, facts(known(after)))).toEqual({
      confirmed: true,
      after: { rotation: after },
    });
  });

  test('is refused for a recorded plan that does not say what it wanted', () => {
    const empty = { ...plan, requests: [] };
    expect(enableKeyRotation.confirm(empty, facts(known({ enabled: true, periodInDays: 90 })))).toEqual({
      confirmed: false,
      reason: expect.stringContaining('does not say which rotation period'),
    });
  });

  test('holds exactly when there is nothing more to plan, for every period', () => {
    const days = fc.integer({ min: 90, max: 2560 });
    const rotations = fc.oneof(
      fc.constant({ enabled: false }),
      fc.record({ enabled: fc.constant(true), periodInDays: days }),
    );
    fc.assert(
      fc.property(rotations, fc.integer({ min: 90, max: 365 }), (rotation, wanted) => {
        const confirmation = enableKeyRotation.confirm(planFor({ enabled: false }, wanted), facts(known(rotation)));
        const planned = planBy(factsOf({}, rotation), policyOf(wanted));
        expect(confirmation.confirmed).toBe(!planned.possible);
      }),
    );
  });
});

describe('the remedies', () => {
  test('have different ids and are found by them', () => {
    expect(new Set(remedies.map(({ id }) => id)).size).toBe(remedies.length);
    expect(remedies.map(({ id }) => findRemedy(id))).toEqual(remedies);
    expect(findRemedy('disable-key-rotation')).toBeUndefined();
  });
});
