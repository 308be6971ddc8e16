import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { KeyHistory } from '../../lib/facts/key-facts.ts';
import { EMPTY_HISTORY, nextHistory, tellsHistory } from '../../lib/facts/key-history.ts';
import { actionOf } from '../controls/control-case.ts';
import { DANA, EVE, KMS_ITSELF, OLIVIA, SELF } from './people.ts';

const at = (minute: number) => new Date(Date.parse('2026-08-03T09:00:00Z') + minute * 60_000).toISOString();

/** An action at a minute, with an id of its own. */
const act = (minute: number, api: string, overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf(api, { eventId: `${api}-${minute}`, time: at(minute), actor: DANA, ...overrides });
const tag = (minute: number, value: string, overrides: Partial<KeyAction> = {}) =>
  act(minute, 'TagResource', { request: { tags: [{ tagKey: 'owner', tagValue: value }] }, ...overrides });
const untag = (minute: number) => act(minute, 'UntagResource', { request: { tagKeys: ['owner'] } });
const schedule = (minute: number, days: number, overrides: Partial<KeyAction> = {}) =>
  act(minute, 'ScheduleKeyDeletion', { request: { pendingWindowInDays: days }, ...overrides });
const create = (keyMetadata: object = { keyState: 'Enabled', enabled: true }) =>
  act(0, 'CreateKey', { response: { keyMetadata } });

const fold = (...actions: readonly KeyAction[]): KeyHistory => actions.reduce(nextHistory, EMPTY_HISTORY);
const pastOf = ({ eventId, api, time, actor }: KeyAction) => ({ eventId, api, time, actor });

describe('whether a key is enabled', () => {
  test.each<[string, readonly KeyAction[], boolean | undefined]>([
    ['is not told by an empty record', [], undefined],
    ['is told by CreateKey', [create()], true],
    ['is told by CreateKey without its response', [act(0, 'CreateKey')], true],
    ['is not so for a new key that waits for its material', [create({ origin: 'EXTERNAL' })], false],
    ['is not so when only the request tells that', [act(0, 'CreateKey', { request: { origin: 'EXTERNAL' } })], false],
    ['is so for a replica that KMS still makes', [create({ keyState: 'Creating', enabled: false })], true],
    ['is told by the flag in a state that is new', [create({ keyState: 'Resting', enabled: false })], false],
    ['is not told by a CreateKey that says nothing', [create({ keyState: 'Resting' })], undefined],
    ['ends with DisableKey', [create(), act(1, 'DisableKey')], false],
    ['comes back with EnableKey', [create(), act(1, 'DisableKey'), act(2, 'EnableKey')], true],
    ['is kept while the deletion waits', [create(), schedule(1, 30)], true],
    ['is kept while the deletion of a disabled key waits', [act(0, 'DisableKey'), schedule(1, 30)], false],
    ['ends with a cancelled deletion', [create(), schedule(1, 30), act(2, 'CancelKeyDeletion')], false],
    ['comes with the first import', [create({ origin: 'EXTERNAL' }), act(1, 'ImportKeyMaterial')], true],
    ['ends with the material', [create(), act(1, 'DeleteImportedKeyMaterial')], false],
    [
      'comes back with the material',
      [create(), act(1, 'DeleteImportedKeyMaterial'), act(2, 'ImportKeyMaterial')],
      true,
    ],
    [
      'comes back with material whose expiry was recorded twice',
      [create(), act(1, 'DeleteExpiredKeyMaterial'), act(2, 'DeleteExpiredKeyMaterial'), act(3, 'ImportKeyMaterial')],
      true,
    ],
    [
      'does not come back with the material of a key that was disabled before',
      [act(0, 'DisableKey'), act(1, 'DeleteImportedKeyMaterial'), act(2, 'ImportKeyMaterial')],
      false,
    ],
    ['is not told by an import into a key of which nothing is known', [act(1, 'ImportKeyMaterial')], undefined],
    ['is not changed by a call that was denied', [create(), act(1, 'DisableKey', { outcome: 'denied' })], true],
    ['is not changed by another service', [create(), act(1, 'DisableKey', { eventSource: 'x.amazonaws.com' })], true],
    ['is not changed by what is no change of state', [create(), act(1, 'PutKeyPolicy')], true],
  ])('%s', (_name, actions, enabled) => {
    expect(fold(...actions).enabled).toBe(enabled);
  });

  test('is whose doing: of the one who disabled it first, until it is enabled', () => {
    const [first, second] = [act(1, 'DisableKey', { actor: EVE }), act(2, 'DisableKey')];
    expect(fold(create(), first, second).disabledBy).toEqual(pastOf(first));
    expect(fold(create(), first, second, act(3, 'EnableKey')).disabledBy).toBeUndefined();
  });

  test('is the doing of who took the material, until it is imported again', () => {
    const expiry = act(1, 'DeleteExpiredKeyMaterial', { actor: KMS_ITSELF });
    expect(fold(create(), expiry)).toMatchObject({ disabledBy: pastOf(expiry), materialLost: pastOf(expiry) });
    const cancelled = fold(create(), expiry, schedule(2, 30), act(3, 'CancelKeyDeletion'));
    expect(cancelled).toMatchObject({ enabled: false, disabledBy: pastOf(expiry) });
    const again = fold(create(), expiry, act(2, 'ImportKeyMaterial'));
    expect(again).toMatchObject({ enabled: true, imported: { eventId: 'ImportKeyMaterial-2' } });
    expect(again).not.toHaveProperty('materialLost');
    expect(again).not.toHaveProperty('disabledBy');
  });
});

describe('the last import of key material', () => {
  const bringing = (minute: number, importType?: string) =>
    act(minute, 'ImportKeyMaterial', { request: importType === undefined ? {} : { importType } });
  const waiting = create({ origin: 'EXTERNAL' });

  test.each<[string, readonly KeyAction[], string | undefined]>([
    ['is of the type that its request names', [bringing(1, 'NEW_KEY_MATERIAL')], 'NEW_KEY_MATERIAL'],
    ['brings new material to a key that never had any', [waiting, bringing(1)], 'NEW_KEY_MATERIAL'],
    ['brings back the old when it is the second one', [waiting, bringing(1), bringing(2)], 'EXISTING_KEY_MATERIAL'],
    [
      'brings back the old after an import of a record that begins late',
      [bringing(1), bringing(2)],
      'EXISTING_KEY_MATERIAL',
    ],
    ['is of no known type when the record begins later than the key', [bringing(1)], undefined],
  ])('%s', (_name, actions, importType) => {
    expect(fold(...actions).imported?.importType).toBe(importType);
  });
});

describe('the deletion in force', () => {
  test('is the last that was ordered, with its waiting period', () => {
    const order = schedule(1, 7, { actor: EVE });
    expect(fold(create(), order).deletion).toEqual({ ...pastOf(order), waitingDays: 7 });
    expect(fold(schedule(1, 7), act(2, 'CancelKeyDeletion'), schedule(3, 30)).deletion).toMatchObject({
      time: at(3),
      waitingDays: 30,
    });
  });

  test('is none after it was cancelled, and who cancelled it is remembered', () => {
    const after = fold(schedule(1, 7), act(2, 'CancelKeyDeletion', { actor: OLIVIA }), act(3, 'EnableKey'));
    expect(after).not.toHaveProperty('deletion');
    expect(after.cancelled).toMatchObject({ actor: OLIVIA, time: at(2) });
  });

  test('has no waiting period when the record holds one that nobody can read', () => {
    const order = act(1, 'ScheduleKeyDeletion', { request: { pendingWindowInDays: 'long' } });
    expect(fold(order).deletion).toEqual(pastOf(order));
  });

  const byUs = { actor: SELF };
  test('stays the order of the person when Keywarden schedules it anew, and the key counts as it was', () => {
    const order = schedule(1, 7);
    const again = fold(create(), order, act(2, 'CancelKeyDeletion', byUs), schedule(3, 30, byUs));
    expect(again).toMatchObject({ enabled: true });
    expect(again).not.toHaveProperty('disabledBy');
    expect(again).not.toHaveProperty('recalled');
    expect(again).not.toHaveProperty('cancelled');
    expect(again.deletion).toEqual({ ...pastOf(order), waitingDays: 30, rescheduledAt: at(3) });
  });

  test('scheduled anew leaves a key disabled that was disabled before', () => {
    const off = act(0, 'DisableKey', { actor: EVE });
    const again = fold(off, schedule(1, 7), act(2, 'CancelKeyDeletion', byUs), schedule(3, 30, byUs));
    expect(again).toMatchObject({ enabled: false, disabledBy: pastOf(off) });
  });

  test.each<[string, readonly KeyAction[]]>([
    ['the key was enabled in between', [act(2, 'CancelKeyDeletion', byUs), act(3, 'EnableKey', byUs)]],
    ['a person cancelled it', [act(2, 'CancelKeyDeletion')]],
  ])('is the order of Keywarden itself when %s', (_name, between) => {
    expect(fold(schedule(1, 7), ...between, schedule(4, 30, byUs)).deletion?.actor).toEqual(SELF);
  });

  test('stays the order of the person when the record of the calling off comes later or never', () => {
    const [order, cancels, again] = [schedule(1, 7), act(3, 'CancelKeyDeletion', byUs), schedule(3, 30, byUs)];
    const expected = { ...pastOf(order), waitingDays: 30, rescheduledAt: at(3) };
    for (const past of [fold(create(), order, again), fold(create(), order, again, cancels)]) {
      expect(past).toMatchObject({ enabled: true, deletion: expected });
      expect(past).not.toHaveProperty('disabledBy');
    }
  });

  test('is the order of the person who schedules it after Keywarden called another one off', () => {
    const after = fold(schedule(1, 7, { actor: EVE }), act(2, 'CancelKeyDeletion', byUs), schedule(3, 30));
    expect(after.deletion).toMatchObject({ actor: DANA, time: at(3) });
    expect(after.deletion).not.toHaveProperty('rescheduledAt');
  });
});

describe('the tags', () => {
  test('tell who wrote each of them last', () => {
    const born = act(0, 'CreateKey', {
      request: { tags: [{ tagKey: 'owner', tagValue: 'payments' }, { tagKey: 'x' }] },
    });
    expect(fold(born).tags).toEqual({
      owner: { ...pastOf(born), value: 'payments' },
      x: { ...pastOf(born), value: '' },
    });
    const renamed = tag(1, 'billing', { actor: EVE });
    expect(fold(born, renamed).tags.owner).toEqual({ ...pastOf(renamed), value: 'billing' });
  });

  test('lose what was removed', () => {
    expect(fold(tag(1, 'payments'), untag(2)).tags).toEqual({});
    expect(fold(tag(1, 'payments'), untag(2), tag(3, 'billing')).tags.owner).toMatchObject({ value: 'billing' });
  });

  test('may have any name', () => {
    const odd = act(1, 'TagResource', { request: { tags: [{ tagKey: '__proto__', tagValue: 'x' }, 'y', {}] } });
    const { tags } = fold(odd);
    expect(Object.keys(tags)).toEqual(['__proto__']);
    expect(Object.hasOwn(fold(odd, odd).tags, '__proto__')).toBe(true);
    expect(fold(act(1, 'TagResource', { request: { tags: 'none' } }), act(2, 'UntagResource')).tags).toEqual({});
  });
});

describe('records that come late', () => {
  test.each<[string, readonly KeyAction[], readonly KeyAction[]]>([
    ['of an order that was cancelled since', [act(2, 'CancelKeyDeletion')], [schedule(1, 7)]],
    ['of an order that another one replaced', [schedule(2, 30)], [schedule(1, 7, { actor: EVE })]],
    ['of a DisableKey before the EnableKey', [act(2, 'EnableKey')], [act(1, 'DisableKey')]],
    ['of a tag that was written anew', [tag(2, 'billing')], [tag(1, 'payments')]],
    ['of a tag that was removed since', [untag(2)], [tag(1, 'payments')]],
    ['of a removal before the tag', [tag(2, 'billing')], [untag(1)]],
  ])('%s change nothing of it', (_name, newer, late) => {
    const { changes: _before, ...before } = fold(...newer);
    const { changes: _after, ...after } = fold(...newer, ...late);
    expect(after).toEqual(before);
  });

  test('of how the key was made are taken all the same', () => {
    const late = fold(act(1, 'DisableKey'), create());
    expect(late.created).toMatchObject({ api: 'CreateKey' });
    expect(late.enabled).toBe(false);
  });

  test('of the same second count in the order in which they are added, each once', () => {
    const [off, on] = [act(1, 'DisableKey'), act(1, 'EnableKey')];
    expect(fold(off, on).enabled).toBe(true);
    expect(fold(on, off).enabled).toBe(false);
    expect(fold(off, on, off).enabled).toBe(true);
    expect(fold(tag(1, 'a'), untag(1), tag(1, 'a')).tags).toEqual({});
  });
});

const APIS = [
  ...['CreateKey', 'EnableKey', 'DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'ImportKeyMaterial'],
  ...['DeleteImportedKeyMaterial', 'DeleteExpiredKeyMaterial', 'TagResource', 'UntagResource', 'PutKeyPolicy'],
];
const pasts = fc.array(
  fc.record({
    api: fc.constantFrom(...APIS),
    minute: fc.nat(4),
    actor: fc.constantFrom(DANA, EVE, SELF, KMS_ITSELF),
    request: fc.record(
      {
        tags: fc.oneof(
          fc.array(fc.record({ tagKey: fc.constantFrom('a', '__proto__'), tagValue: fc.string() })),
          fc.json(),
        ),
        tagKeys: fc.oneof(fc.array(fc.constantFrom('a', '__proto__')), fc.jsonValue()),
        pendingWindowInDays: fc.jsonValue(),
        origin: fc.constantFrom('EXTERNAL', 'AWS_KMS'),
      },
      { requiredKeys: [] },
    ),
  }),
  { maxLength: 12 },
);
type Past = typeof pasts extends fc.Arbitrary<infer T> ? T : never;
const actionsOf = (past: Past): KeyAction[] =>
  past.map(({ api, minute, actor, request }, place) => act(minute, api, { actor, request, eventId: `e-${place}` }));

describe('whatever happened', () => {
  test('a record that is added again changes nothing', () => {
    fc.assert(
      fc.property(pasts, fc.nat(), (past, which) => {
        const actions = actionsOf(past);
        fc.pre(actions.length > 0);
        const history = fold(...actions);
        expect(nextHistory(history, actions[which % actions.length] ?? act(0, 'EnableKey'))).toEqual(history);
      }),
    );
  });

  test('the history is plain JSON, and what it was made from stays as it was', () => {
    fc.assert(
      fc.property(pasts, (past) => {
        const actions = actionsOf(past);
        const before = structuredClone(actions);
        const history = fold(...actions);
        expect(actions).toEqual(before);
        expect(JSON.parse(JSON.stringify(history))).toEqual(history);
      }),
    );
  });

  test('an action that tells nothing leaves the very same object', () => {
    fc.assert(
      fc.property(pasts, (past) => {
        const history = fold(...actionsOf(past));
        const denied = act(9, 'DisableKey', { outcome: 'denied' });
        expect(tellsHistory(denied)).toBe(false);
        expect(nextHistory(history, denied)).toBe(history);
        expect(nextHistory(history, act(9, 'PutKeyPolicy'))).toBe(history);
      }),
    );
  });
});
