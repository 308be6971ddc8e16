import { describe, expect, test } from '@jest/globals';
import { type KeyFacts, known } from '../../lib/facts/key-facts.ts';
import enableKey from '../../lib/remediations/enable-key.ts';
import type { Plan } from '../../lib/remediations/remedy.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { NAMING } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';
import { startKey } from './key-stand-in.ts';

const planFrom = (facts: KeyFacts) =>
  enableKey.plan({ facts, policy: NAMING, now: NOW, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES });

const request = (operation: string) => ({ service: 'kms', operation, region: REGION, parameters: { KeyId: KEY_ARN } });

function planFor(facts: KeyFacts = factsOf({ state: 'Disabled' })): Plan {
  const planned = planFrom(facts);
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

describe('the plan of enable-key', () => {
  test('enables a disabled key, and disables it to undo that', () => {
    expect(planFor()).toEqual({
      remedy: 'enable-key',
      subject: KEY_ARN,
      summary: `Enable key ${KEY_ID}, which is disabled.`,
      requests: [request('EnableKey')],
      undo: [request('DisableKey')],
      before: { key: { state: 'Disabled' } },
    });
  });

  test.each<[string, KeyFacts, string]>([
    ['has no material', factsOf({ state: 'PendingImport' }), 'import the same material again with ImportKeyMaterial'],
    ['is enabled', factsOf(), 'its state is Enabled'],
    ['is pending deletion', factsOf({ state: 'PendingDeletion' }), 'its state is PendingDeletion'],
    ['is unavailable', factsOf({ state: 'Unavailable' }), 'its state is Unavailable'],
    ['is gone', GONE, 'no longer exists'],
    ['could not be read', UNREADABLE, 'kms:DescribeKey'],
  ])('is refused for a key that %s', (_name, facts, reason) => {
    expect(planFrom(facts)).toEqual({ possible: false, reason: expect.stringContaining(reason) });
  });
});

describe('enabling a key', () => {
  test.each([
    ['Disabled', ['EnableKey']],
    ['Enabled', []],
  ])('that is %s takes the calls %j', async (state, calls) => {
    const key = startKey({ state });
    expect(await enableKey.apply(planFor(), key.call, key.read)).toHaveLength(calls.length);
    expect(key.made.map(({ operation }) => operation)).toEqual(calls);
    expect(enableKey.confirm(planFor(), await key.read())).toEqual({
      confirmed: true,
      after: { key: { state: 'Enabled' } },
    });
  });

  test.each<[string, KeyFacts, string]>([
    ['is pending deletion by now', factsOf({ state: 'PendingDeletion' }), 'its state is PendingDeletion'],
    ['is gone by now', { ...factsOf(), key: known('missing') }, 'no longer exists'],
    ['cannot be looked at', UNREADABLE, 'could not be looked at'],
  ])('changes nothing of one that %s', async (_name, facts, message) => {
    const key = startKey({});
    await expect(enableKey.apply(planFor(), key.call, async () => facts)).rejects.toMatchObject({
      name: 'PlanOutdatedError',
      message: expect.stringContaining(message),
    });
    expect(key.made).toEqual([]);
    expect(enableKey.confirm(planFor(), facts)).toMatchObject({ confirmed: false });
  });
});
