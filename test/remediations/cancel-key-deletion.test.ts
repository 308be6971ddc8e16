import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { Evidence } from '../../lib/facts/evidence.ts';
import { type KeyDescription, type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import cancelKeyDeletion from '../../lib/remediations/cancel-key-deletion.ts';
import type { Plan } from '../../lib/remediations/remedy.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { acting, addDays, NAMING, ordering, recall, waitingFacts } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';
import { EVE, KMS_ITSELF } from '../facts/people.ts';
import { INVALID_STATE, startKey } from './key-stand-in.ts';

const CREATED = acting('CreateKey', '2026-01-02T03:04:05Z');
const DISABLED = acting('DisableKey', '2026-05-02T03:04:05Z', { actor: EVE });
const EXPIRED = acting('DeleteExpiredKeyMaterial', '2026-06-02T03:04:05Z', { actor: KMS_ITSELF });

const evidenceOf = (facts: KeyFacts, action?: KeyAction): Evidence => ({
  facts,
  policy: NAMING,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
  ...(action === undefined ? {} : { action }),
});

function planFor(facts: KeyFacts, action: KeyAction | undefined = ordering(30, { actor: EVE })): Plan {
  const planned = cancelKeyDeletion.plan(evidenceOf(facts, action));
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const request = (operation: string, more: object = {}) => ({
  service: 'kms',
  operation,
  region: REGION,
  parameters: { KeyId: KEY_ARN, ...more },
});

describe('the plan of cancel-key-deletion', () => {
  test('enables the key that was enabled before, and can give the days back that were left', () => {
    expect(planFor(waitingFacts([CREATED]))).toEqual({
      remedy: 'cancel-key-deletion',
      subject: KEY_ARN,
      summary: `Cancel the deletion of key ${KEY_ID} and enable it, as it was before.`,
      requests: [request('CancelKeyDeletion'), request('EnableKey')],
      undo: [request('ScheduleKeyDeletion', { PendingWindowInDays: 30 })],
      before: { key: { state: 'PendingDeletion', deletionAt: addDays(30) } },
      settles: ['deletion-authorized', 'deletion-waiting-period', 'deletion-key-unused'],
      notes: [expect.stringContaining('7, which are the fewest KMS takes')],
    });
  });

  test.each<[string, KeyFacts, string]>([
    ['nothing is known of', waitingFacts([]), 'no record shows whether it was enabled before'],
    [
      'whose past could not be read',
      { ...waitingFacts([]), history: unread('entry 3 is broken') },
      'no record shows whether it was enabled before',
    ],
    [
      'that was disabled before',
      waitingFacts([CREATED, DISABLED]),
      'it was disabled by eve@example.com as arn:aws:iam::111122223333:role/Contractor before its deletion was ordered',
    ],
  ])('leaves a key disabled that %s, and says why and what to run', (_name, facts, why) => {
    const plan = planFor(facts);
    expect(plan.requests).toEqual([request('CancelKeyDeletion')]);
    expect(plan.summary).toBe(`Cancel the deletion of key ${KEY_ID}, which is disabled after that.`);
    expect(plan.leftToDo).toEqual({ sentence: expect.stringContaining(why), requests: [request('EnableKey')] });
  });

  test('of a key whose material is gone tells to import it, because it cannot be enabled', () => {
    const plan = planFor(waitingFacts([CREATED, EXPIRED]));
    expect(plan.requests).toEqual([request('CancelKeyDeletion')]);
    expect(plan.leftToDo).toEqual({
      sentence: expect.stringContaining('Import the same material again'),
      requests: [],
    });
  });

  test.each<[string, Partial<KeyDescription>, number]>([
    ['the days that were left, each one begun', { deletionAt: addDays(12.5) }, 13],
    ['7 days when fewer were left', { deletionAt: addDays(2) }, 7],
    ['30 days when KMS adds a day', { deletionAt: addDays(31) }, 30],
    ['the period of a primary key', { state: 'PendingReplicaDeletion', deletionWindowInDays: 9 }, 9],
  ])('gives back %s', (_name, { deletionAt, ...key }, days) => {
    const facts = waitingFacts([CREATED], { key });
    const { key: described } = facts;
    if (!described.known || described.value === 'missing') throw new Error('There is no key.');
    const { deletionAt: _was, ...rest } = described.value;
    const value = { ...rest, ...(deletionAt === undefined ? {} : { deletionAt }) };
    expect(planFor({ ...facts, key: known(value) }).undo).toEqual([
      request('ScheduleKeyDeletion', { PendingWindowInDays: days }),
    ]);
  });

  test('is plain JSON, as it will be recorded', () => {
    for (const plan of [planFor(waitingFacts([CREATED])), planFor(waitingFacts([]))]) {
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    }
  });

  test.each<[string, KeyFacts, string]>([
    [
      'is not pending deletion',
      { ...factsOf({ state: 'Disabled' }), history: known(recall()) },
      'its state is Disabled',
    ],
    ['is gone', GONE, 'no longer exists'],
    ['could not be read', UNREADABLE, 'kms:DescribeKey'],
  ])('is refused for a key that %s', (_name, facts, reason) => {
    const planned = cancelKeyDeletion.plan(evidenceOf(facts));
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });
});

describe('cancelling a deletion', () => {
  const enabling = planFor(waitingFacts([CREATED]));
  const leaving = planFor(waitingFacts([]));

  test.each<[string, Plan, string, readonly string[], string]>([
    ['cancels and enables', enabling, 'PendingDeletion', ['CancelKeyDeletion', 'EnableKey'], 'Enabled'],
    ['cancels only, when the plan says so', leaving, 'PendingDeletion', ['CancelKeyDeletion'], 'Disabled'],
    ['cancels for a primary key', enabling, 'PendingReplicaDeletion', ['CancelKeyDeletion', 'EnableKey'], 'Enabled'],
    ['only enables when it was cancelled before', enabling, 'Disabled', ['EnableKey'], 'Enabled'],
    ['does nothing when all is done', enabling, 'Enabled', [], 'Enabled'],
    ['does nothing when it was cancelled and is to stay disabled', leaving, 'Disabled', [], 'Disabled'],
    ['leaves a key alone that has no material', enabling, 'PendingImport', [], 'PendingImport'],
  ])('%s', async (_name, plan, from, calls, to) => {
    const key = startKey({ state: from });
    const receipts = await cancelKeyDeletion.apply(plan, key.call, key.read);
    expect(key.made.map(({ operation }) => operation)).toEqual(calls);
    expect(receipts.map(({ operation }) => operation)).toEqual(calls);
    expect(key.state()).toBe(to);
  });

  test('leaves a later order alone, which may be approved', async () => {
    const key = startKey({ state: 'PendingDeletion', deletionAt: addDays(31) });
    await expect(cancelKeyDeletion.apply(enabling, key.call, key.read)).rejects.toThrow('was ordered anew since');
    expect(key.made).toEqual([]);
  });

  test.each<[string, Plan, string | undefined]>([
    ['that KMS still follows', enabling, addDays(30)],
    ['of a primary key, whose last replica is gone by now', { ...enabling, before: { key: {} } }, addDays(40)],
  ])('cancels an order %s', async (_name, plan, deletionAt) => {
    const key = startKey({ state: 'PendingDeletion', ...(deletionAt === undefined ? {} : { deletionAt }) });
    await cancelKeyDeletion.apply(plan, key.call, key.read);
    expect(key.state()).toBe('Enabled');
  });

  test.each(['CancelKeyDeletion', 'EnableKey'])(
    'is tried again when KMS refuses %s by a state that has ended, instead of being taken for refused',
    async (operation) => {
      const key = startKey({ state: 'PendingDeletion' }, undefined, { [operation]: INVALID_STATE });
      await expect(cancelKeyDeletion.apply(enabling, key.call, key.read)).rejects.toMatchObject({
        name: 'KeyNotSettledError',
      });
    },
  );

  test('passes on what else AWS says', async () => {
    const key = startKey({ state: 'PendingDeletion' }, undefined, { EnableKey: new Error('It was denied.') });
    await expect(cancelKeyDeletion.apply(enabling, key.call, key.read)).rejects.toThrow('It was denied.');
  });

  test('does not enable a key that somebody disabled since', async () => {
    const key = startKey({ state: 'Disabled' }, recall(CREATED, DISABLED));
    await expect(cancelKeyDeletion.apply(enabling, key.call, key.read)).rejects.toThrow(
      'The key stays disabled: eve@example.com as arn:aws:iam::111122223333:role/Contractor disabled it on 2026-05-02T03:04:05Z.',
    );
    expect(key.made).toEqual([]);
  });

  test.each<[string, KeyFacts['key'], string]>([
    ['is gone', known('missing'), 'no longer exists'],
    ['could not be looked at', unread('kms:DescribeKey was denied'), 'kms:DescribeKey was denied'],
  ])('changes nothing of a key that %s', async (_name, fact, message) => {
    const key = startKey({ state: 'PendingDeletion' });
    const read = async () => ({ ...factsOf(), key: fact });
    await expect(cancelKeyDeletion.apply(enabling, key.call, read)).rejects.toMatchObject({
      name: 'PlanOutdatedError',
      message: expect.stringContaining(message),
    });
    expect(key.made).toEqual([]);
  });

  test.each<[string, Plan, KeyFacts, object]>([
    ['is enabled', enabling, factsOf(), { confirmed: true, after: { key: { state: 'Enabled' } } }],
    [
      'is disabled, as planned',
      leaving,
      factsOf({ state: 'Disabled' }),
      { confirmed: true, after: { key: { state: 'Disabled' } } },
    ],
    [
      'is disabled, and was to be enabled',
      enabling,
      factsOf({ state: 'Disabled' }),
      { reason: expect.stringContaining('was to be enabled and its state is Disabled') },
    ],
    [
      'is still pending deletion',
      leaving,
      factsOf({ state: 'PendingDeletion' }),
      { reason: expect.stringContaining('still pending deletion') },
    ],
    ['is gone', leaving, GONE, { reason: 'The key no longer exists.' }],
    ['could not be read back', leaving, UNREADABLE, { reason: expect.stringContaining('could not be read back') }],
  ])('is measured by what AWS shows afterwards: the key %s', (_name, plan, facts, expected) => {
    expect(cancelKeyDeletion.confirm(plan, facts)).toMatchObject(expected);
  });
});
