import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderSecond } from '../../lib/audit/order-second.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { actionOf } from '../controls/control-case.ts';

const SELF = { type: 'AssumedRole', bySelf: true } as const;
const own = (api: string): KeyAction => actionOf(api, { actor: SELF });
const apisOf = (actions: readonly KeyAction[]) => actions.map(({ api }) => api);
const refused = actionOf('Decrypt', {
  kind: 'use',
  outcome: 'failed',
  error: { code: 'KMSInvalidStateException', message: 'arn:aws:kms:eu-west-1:111122223333:key/k is pending deletion.' },
});
const order = (pending: boolean | undefined, ...actions: readonly KeyAction[]) =>
  apisOf(orderSecond(actions, () => pending));

describe('the actions of one second', () => {
  test('are put into the one order that KMS permits', () => {
    expect(order(false, actionOf('ScheduleKeyDeletion'), actionOf('TagResource'))).toEqual([
      'TagResource',
      'ScheduleKeyDeletion',
    ]);
    expect(order(true, actionOf('EnableKey'), actionOf('CancelKeyDeletion'))).toEqual([
      'CancelKeyDeletion',
      'EnableKey',
    ]);
    expect(order(false, refused, actionOf('ScheduleKeyDeletion'))).toEqual(['ScheduleKeyDeletion', 'Decrypt']);
    expect(order(true, actionOf('DeleteKey'), refused)).toEqual(['DeleteKey', 'Decrypt']);
    expect(
      order(true, actionOf('ScheduleKeyDeletion'), actionOf('TagResource'), actionOf('CancelKeyDeletion')),
    ).toEqual(['CancelKeyDeletion', 'TagResource', 'ScheduleKeyDeletion']);
  });

  test('are put into it when the records do not tell whether the key was pending deletion', () => {
    expect(order(undefined, actionOf('EnableKey'), actionOf('CancelKeyDeletion'))).toEqual([
      'CancelKeyDeletion',
      'EnableKey',
    ]);
  });

  test('have the calls of Keywarden last when KMS permits both orders', () => {
    expect(order(false, own('EnableKeyRotation'), actionOf('DisableKeyRotation'))).toEqual([
      'DisableKeyRotation',
      'EnableKeyRotation',
    ]);
    expect(order(false, own('EnableKey'), own('CancelKeyDeletion'), actionOf('ScheduleKeyDeletion'))).toEqual([
      'ScheduleKeyDeletion',
      'CancelKeyDeletion',
      'EnableKey',
    ]);
  });

  test('stay as they are when KMS permits no order of them, for a record is missing', () => {
    expect(order(false, actionOf('DeleteKey'), actionOf('CancelKeyDeletion'))).toEqual([
      'DeleteKey',
      'CancelKeyDeletion',
    ]);
  });

  test('keep the places that the actions of their key had', () => {
    const other = actionOf('ScheduleKeyDeletion', { subject: 'arn:aws:kms:eu-west-1:111122223333:key/other' });
    expect(order(false, actionOf('ScheduleKeyDeletion'), other, actionOf('TagResource'))).toEqual([
      'TagResource',
      'ScheduleKeyDeletion',
      'ScheduleKeyDeletion',
    ]);
  });

  test('are all there whatever they are, and always in the same order', () => {
    const apis = fc.constantFrom('ScheduleKeyDeletion', 'CancelKeyDeletion', 'EnableKey', 'TagResource', 'DeleteKey');
    const some = fc.array(fc.tuple(apis, fc.boolean(), fc.constantFrom('a', 'b')), { maxLength: 12 });
    fc.assert(
      fc.property(some, fc.option(fc.boolean(), { nil: undefined }), (list, pending) => {
        const actions = list.map(([api, self, subject], at) => ({
          ...(self ? own(api) : actionOf(api)),
          eventId: String(at),
          subject,
        }));
        const ordered = orderSecond(actions, () => pending);
        expect(ordered.toSorted((one, two) => Number(one.eventId) - Number(two.eventId))).toEqual(actions);
        expect(orderSecond(actions, () => pending)).toEqual(ordered);
      }),
    );
  });
});
