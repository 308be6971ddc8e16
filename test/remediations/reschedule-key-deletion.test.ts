import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { Evidence } from '../../lib/facts/evidence.ts';
import { type KeyDescription, type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import type { Plan } from '../../lib/remediations/remedy.ts';
import rescheduleKeyDeletion from '../../lib/remediations/reschedule-key-deletion.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { acting, addDays, approving, NAMING, ordering, recall, waitingFacts } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';
import { DANA, EVE, OLIVIA, SELF } from '../facts/people.ts';
import { INVALID_STATE, startKey } from './key-stand-in.ts';

const evidenceOf = (facts: KeyFacts, action?: KeyAction, policy: Policy = NAMING): Evidence => ({
  facts,
  policy,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
  ...(action === undefined ? {} : { action }),
});
const ORDER = ordering(7);
const WAITING = waitingFacts([approving()], { days: 7 });

function planFor(facts: KeyFacts = WAITING, action: KeyAction = ORDER, policy: Policy = NAMING): Plan {
  const planned = rescheduleKeyDeletion.plan(evidenceOf(facts, action, policy));
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const request = (operation: string, more: object = {}) => ({
  service: 'kms',
  operation,
  region: REGION,
  parameters: { KeyId: KEY_ARN, ...more },
});
const inNow = (days: number) => addDays(days, NOW.toISOString());

describe('the plan of reschedule-key-deletion', () => {
  test('cancels and schedules with the days of the policy, and can give the old days back', () => {
    expect(planFor()).toEqual({
      remedy: 'reschedule-key-deletion',
      subject: KEY_ARN,
      summary: `Cancel the deletion of key ${KEY_ID} and schedule it anew, in 30 days instead of ${addDays(7)}.`,
      requests: [request('CancelKeyDeletion'), request('ScheduleKeyDeletion', { PendingWindowInDays: 30 })],
      undo: [request('CancelKeyDeletion'), request('ScheduleKeyDeletion', { PendingWindowInDays: 7 })],
      before: {
        key: { state: 'PendingDeletion', deletionAt: addDays(7) },
        plannedAt: NOW.toISOString(),
        order: ORDER.eventId,
      },
      notes: [expect.stringContaining('7, which are the fewest KMS takes')],
    });
  });

  test('takes the days from the policy', () => {
    const policy = { ...NAMING, deletion: { ...NAMING.deletion, minimumWaitingDays: 14 } };
    expect(planFor(WAITING, ORDER, policy).requests[1]).toEqual(
      request('ScheduleKeyDeletion', { PendingWindowInDays: 14 }),
    );
  });

  test('exists while the policy file names nobody: more time harms no key', () => {
    expect(planFor(WAITING, ORDER, POLICY).requests).toHaveLength(2);
  });

  test.each<[string, KeyFacts, KeyAction]>([
    ['that somebody ordered who may not', WAITING, ordering(7, { actor: EVE })],
    ['that nobody approved', { ...WAITING, tags: known({}) }, ORDER],
    [
      'of a key that is in use',
      { ...WAITING, usage: known({ trackedSince: addDays(-300), last: { at: addDays(-1), operation: 'Decrypt' } }) },
      ORDER,
    ],
  ])('exists for a deletion %s, in case that nobody cancels it in time', (_name, facts, action) => {
    expect(planFor(facts, action).requests).toHaveLength(2);
  });

  test('is refused for a key of Keywarden, which would stay disabled, because the stack denies scheduling its deletion', () => {
    const planned = rescheduleKeyDeletion.plan({ ...evidenceOf(WAITING, ORDER), ownResources: [KEY_ARN] });
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining('cancel the deletion at once') });
  });

  test('exists for a primary key that waits for its replicas', () => {
    const key = { state: 'PendingReplicaDeletion', multiRegion: 'primary' as const, deletionWindowInDays: 7 };
    const facts = waitingFacts([approving()], { key });
    const described = facts.key.known && facts.key.value !== 'missing' ? facts.key.value : undefined;
    const { deletionAt: _date, ...dateless } = described ?? ({} as KeyDescription);
    const plan = planFor({ ...facts, key: known(dateless) });
    expect(plan.summary).toContain('in 30 days once its last replica is gone');
    expect(plan.undo[1]).toEqual(request('ScheduleKeyDeletion', { PendingWindowInDays: 7 }));
    const confirm = (days: number) =>
      rescheduleKeyDeletion.confirm(plan, factsOf({ ...key, deletionWindowInDays: days })).confirmed;
    expect([confirm(7), confirm(30)]).toEqual([false, true]);
  });

  test('is plain JSON, as it will be recorded', () => {
    expect(JSON.parse(JSON.stringify(planFor()))).toEqual(planFor());
  });

  test.each<[string, KeyFacts, KeyAction, string]>([
    [
      'that is further away than it would be',
      waitingFacts([], { days: 31 }),
      ordering(31),
      'waits longer than it would',
    ],
    [
      'that was cancelled',
      { ...factsOf({ state: 'Disabled' }), history: known(recall()) },
      ORDER,
      'its state is Disabled',
    ],
    ['of a key that is gone', GONE, ORDER, 'no longer exists'],
    ['of a key that could not be read', UNREADABLE, ORDER, 'kms:DescribeKey'],
  ])('is refused for a deletion %s', (_name, facts, action, reason) => {
    const policy = action === ORDER ? NAMING : POLICY;
    const planned = rescheduleKeyDeletion.plan(evidenceOf(facts, action, policy));
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
  });
});

describe('scheduling a deletion anew', () => {
  const plan = planFor();
  const before = { state: 'PendingDeletion', deletionAt: addDays(7) };
  const cancelledBy = (actor: KeyAction['actor'], ...past: readonly KeyAction[]) =>
    recall(approving(), ORDER, acting('CancelKeyDeletion', inNow(0.001), { actor }), ...past);
  const apply = (key: ReturnType<typeof startKey>) => rescheduleKeyDeletion.apply(plan, key.call, key.read);

  test('cancels first, and is confirmed by the new day', async () => {
    const key = startKey(before);
    expect((await apply(key)).map(({ operation }) => operation)).toEqual(['CancelKeyDeletion', 'ScheduleKeyDeletion']);
    expect(key.deletionAt()).toBe(inNow(30));
    expect(rescheduleKeyDeletion.confirm(plan, await key.read())).toEqual({
      confirmed: true,
      after: { key: { state: 'PendingDeletion', deletionAt: inNow(30) } },
    });
  });

  test('only schedules when the record shows that Keywarden had cancelled', async () => {
    const key = startKey({ state: 'Disabled' }, cancelledBy(SELF));
    expect((await apply(key)).map(({ operation }) => operation)).toEqual(['ScheduleKeyDeletion']);
  });

  test('does so also for a key that has no material', async () => {
    const key = startKey({ state: 'PendingImport' }, cancelledBy(SELF));
    expect(await apply(key)).toHaveLength(1);
  });

  test('does nothing when the deletion waits as planned', async () => {
    const key = startKey({ state: 'PendingDeletion', deletionAt: inNow(30) });
    expect(await apply(key)).toEqual([]);
    expect(key.made).toEqual([]);
  });

  test('leaves the key undeleted when it cannot be scheduled, and says so to the caller', async () => {
    const key = startKey(before, undefined, { ScheduleKeyDeletion: new Error('It was denied.') });
    await expect(apply(key)).rejects.toThrow('It was denied.');
    expect(key.state()).toBe('Disabled');
  });

  test.each(['CancelKeyDeletion', 'ScheduleKeyDeletion'])(
    'is tried again when KMS refuses %s by a state that has ended, instead of being taken for refused',
    async (operation) => {
      await expect(apply(startKey(before, undefined, { [operation]: INVALID_STATE }))).rejects.toMatchObject({
        name: 'KeyNotSettledError',
        message: expect.stringContaining(`refuses ${operation} by the state of the key (The key is pending deletion.)`),
      });
    },
  );

  test.each<[string, ReturnType<typeof startKey>, string, string]>([
    [
      'a person cancelled it',
      startKey({ state: 'Disabled' }, cancelledBy(OLIVIA)),
      'PlanOutdatedError',
      'olivia@example.com',
    ],
    [
      'no record tells who cancelled it',
      startKey({ state: 'Disabled' }, recall(approving(), ORDER)),
      'CancelledByWhomError',
      'whether Keywarden or a person cancelled it cannot be told',
    ],
    [
      'a person cancelled another deletion long ago, and no record tells of this one',
      startKey({ state: 'Disabled' }, recall(acting('CancelKeyDeletion', addDays(-9), { actor: OLIVIA }), ORDER)),
      'CancelledByWhomError',
      'cannot be told',
    ],
    [
      'Keywarden called off another order than the planned one',
      startKey(
        { state: 'Disabled' },
        recall(
          ordering(7, { eventId: 'other', actor: DANA }),
          acting('CancelKeyDeletion', inNow(0.001), { actor: SELF }),
        ),
      ),
      'CancelledByWhomError',
      'cannot be told',
    ],
    ['the key was enabled since', startKey({ state: 'Enabled' }), 'PlanOutdatedError', 'its state is Enabled'],
    [
      'another deletion is in force',
      startKey({ state: 'PendingDeletion', deletionAt: addDays(9) }),
      'PlanOutdatedError',
      `KMS deletes the key on ${addDays(9)}`,
    ],
  ])('changes nothing when %s', async (_name, key, name, message) => {
    await expect(apply(key)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect(key.made).toEqual([]);
  });

  test.each<[string, KeyFacts, string]>([
    ['the key is gone', GONE, 'no longer exists'],
    ['the key cannot be looked at', UNREADABLE, 'could not be looked at'],
  ])('changes nothing when %s', async (_name, facts, message) => {
    const key = startKey(before);
    await expect(rescheduleKeyDeletion.apply(plan, key.call, async () => facts)).rejects.toThrow(message);
    expect(key.made).toEqual([]);
    expect(rescheduleKeyDeletion.confirm(plan, facts).confirmed).toBe(false);
  });

  test('waits when the past of the key cannot be read', async () => {
    const key = startKey({ state: 'Disabled' });
    const read = async () => ({ ...factsOf({ state: 'Disabled' }), history: unread('entry 3 is broken') });
    await expect(rescheduleKeyDeletion.apply(plan, key.call, read)).rejects.toThrow('entry 3 is broken');
    expect(key.made).toEqual([]);
  });

  test.each<[string, Partial<KeyDescription>, string]>([
    ['the short wait', before, `KMS still deletes the key ${addDays(7)}`],
    ['no wait at all', { state: 'Disabled' }, 'not pending deletion: its state is Disabled'],
  ])('is not confirmed by %s', (_name, key, reason) => {
    expect(rescheduleKeyDeletion.confirm(plan, factsOf(key))).toEqual({
      confirmed: false,
      reason: expect.stringContaining(reason),
    });
  });
});
