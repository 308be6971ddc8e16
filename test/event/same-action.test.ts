import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { areTwins, happensOnce, mayBeToldTwice, tellsMore } from '../../lib/event/same-action.ts';
import { CONTEXT, directEventOf, KEY_ID, keyArn, MULTI_REGION_ID, recordOf, serviceEventOf } from './fixtures.ts';

const OLD = 'a'.repeat(64);
const NEW = 'b'.repeat(64);
const DETAIL_TYPES = {
  RotateKey: 'KMS CMK Rotation',
  DeleteExpiredKeyMaterial: 'KMS Imported Key Material Expiration',
  DeleteKey: 'KMS CMK Deletion',
} as const;
type Api = keyof typeof DETAIL_TYPES;

/** What CloudTrail has of it; `details` in the spelling of CloudTrail. */
const logged = (api: Api, time: string, details: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  readRecord(
    serviceEventOf(api, { eventTime: time, serviceEventDetails: { keyId: KEY_ID, ...details }, ...more }),
    CONTEXT,
  );

/** What KMS sends itself; `detail` in its own spelling. */
const sent = (api: Api, time: string, detail: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  readEvent(directEventOf(DETAIL_TYPES[api], { 'key-id': KEY_ID, ...detail }, { time, ...more }), CONTEXT);

const NINE = '2026-08-03T09:00:00Z';
const at = (seconds: number) => new Date(Date.parse(NINE) + seconds * 1000).toISOString().replace('.000', '');

describe('what KMS tells itself and what CloudTrail records', () => {
  test.each([
    [
      'a rotation, by its material, however far apart',
      'RotateKey',
      40 * 86_400,
      { currentKeyMaterialId: NEW },
      { 'current-key-material-id': NEW },
      true,
    ],
    [
      'two rotations of one minute, by their materials',
      'RotateKey',
      17,
      { currentKeyMaterialId: NEW },
      { 'current-key-material-id': OLD },
      false,
    ],
    ['a rotation of before 2025, which names no material, seconds apart', 'RotateKey', 17, {}, {}, true],
    ['a rotation of which one record names no material', 'RotateKey', 17, { currentKeyMaterialId: NEW }, {}, true],
    ['rotations that name no material, an hour apart', 'RotateKey', 3600, {}, {}, false],
    [
      'an expiration, by material and time',
      'DeleteExpiredKeyMaterial',
      17,
      { keyMaterialId: NEW },
      { 'key-material-id': NEW },
      true,
    ],
    [
      'two expirations of one material, an hour apart',
      'DeleteExpiredKeyMaterial',
      3600,
      { keyMaterialId: NEW },
      { 'key-material-id': NEW },
      false,
    ],
    [
      'expirations of two materials',
      'DeleteExpiredKeyMaterial',
      17,
      { keyMaterialId: NEW },
      { 'key-material-id': OLD },
      false,
    ],
    ['a deletion, hours apart', 'DeleteKey', 3 * 3600, {}, {}, true],
    ['two deletions of a replica that was made again, a week apart', 'DeleteKey', 7 * 86_400, {}, {}, false],
  ] as const)('are known as one or as two: %s', (_what, api, apart, details, detail, one) => {
    const [record, event] = [logged(api, NINE, details), sent(api, at(apart), detail)];
    expect(areTwins(record, event)).toBe(one);
    expect(areTwins(event, record)).toBe(one);
    expect([record, event].map(mayBeToldTwice)).toEqual([true, true]);
  });

  test('are not two records of one kind: CloudTrail never records one rotation twice', () => {
    const second = { eventID: '0f0f0f0f-aaaa-4bbb-8ccc-000000000002' };
    expect(areTwins(logged('RotateKey', NINE), logged('RotateKey', at(5), {}, second))).toBe(false);
    expect(areTwins(sent('RotateKey', NINE), sent('RotateKey', at(120)))).toBe(false);
  });

  test('but any number of records of the deletion of a key are about one deletion, also around midnight', () => {
    const arn = keyArn(MULTI_REGION_ID);
    const replica = { resources: [arn] };
    const detail = { 'key-id': MULTI_REGION_ID };
    const [before, after] = ['2026-08-03T23:59:59Z', '2026-08-04T00:00:01Z'].map((time) =>
      sent('DeleteKey', time, detail, replica),
    ) as [KeyAction, KeyAction];
    expect(before.eventId).not.toBe(after.eventId);
    expect(areTwins(before, after)).toBe(true);
    expect(happensOnce(before)).toBe(true);
    expect(happensOnce(sent('RotateKey', NINE))).toBe(false);
  });

  test('are never records of two keys, of two operations, of what failed, or one record twice', () => {
    const event = sent('DeleteKey', NINE);
    expect(areTwins(event, logged('DeleteExpiredKeyMaterial', NINE))).toBe(false);
    expect(areTwins(event, { ...logged('DeleteKey', NINE), subject: keyArn(MULTI_REGION_ID) })).toBe(false);
    expect(areTwins(event, logged('DeleteKey', NINE, {}, { errorCode: 'InternalFailure' }))).toBe(false);
    expect(areTwins(event, event)).toBe(false);
  });

  test('what people do is told once, so that nobody has to look', () => {
    const rotated = readRecord(recordOf({ eventName: 'RotateKeyOnDemand' }), CONTEXT);
    expect(mayBeToldTwice(rotated)).toBe(false);
    const elsewhere = readRecord(
      recordOf({ eventName: 'RotateKey', eventSource: 'payment-cryptography.amazonaws.com' }),
      CONTEXT,
    );
    expect(mayBeToldTwice(elsewhere)).toBe(false);
  });

  test('the second says more only when it says what became of the material', () => {
    const event = sent('DeleteKey', NINE);
    const record = logged('DeleteKey', NINE, {}, { responseElements: { keyId: keyArn() } });
    expect(tellsMore(record, event, 'twin')).toBe(false);
    const backingKeysDeletionStatus = '[{"deletionStatus":"FAILURE"}]';
    const cluster = logged('DeleteKey', NINE, {}, { additionalEventData: { backingKeysDeletionStatus } });
    expect(tellsMore(cluster, event, 'twin')).toBe(true);
    expect(tellsMore(event, cluster, 'twin')).toBe(false);
    expect(tellsMore(cluster, cluster, 'twin')).toBe(false);
  });

  test('being a twin does not depend on which of the two is asked', () => {
    const actions = fc
      .record({
        api: fc.constantFrom<Api>('RotateKey', 'DeleteExpiredKeyMaterial', 'DeleteKey'),
        seconds: fc.integer({ min: 0, max: 200_000 }),
        material: fc.constantFrom(undefined, OLD, NEW),
        direct: fc.boolean(),
      })
      .map(({ api, seconds, material, direct }) => {
        const ids = material === undefined ? {} : { currentKeyMaterialId: material, keyMaterialId: material };
        return direct ? sent(api, at(seconds), ids) : logged(api, at(seconds), ids);
      });
    fc.assert(fc.property(actions, actions, (one, other) => areTwins(one, other) === areTwins(other, one)));
  });
});

describe('a record that CloudTrail amends', () => {
  const original = readRecord(recordOf(), CONTEXT);
  const amend = (overrides: Record<string, unknown> = {}, addendum: Record<string, unknown> = {}) =>
    readRecord(
      recordOf({
        eventID: '0f0f0f0f-aaaa-4bbb-8ccc-000000000009',
        requestID: '00000000-1111-4222-8333-000000000009',
        addendum: {
          reason: 'UPDATED_DATA',
          updatedFields: 'tlsDetails',
          originalRequestID: original.requestId,
          originalEventID: original.eventId,
          ...addendum,
        },
        ...overrides,
      }),
      CONTEXT,
    );

  test('says so, and which one', () => {
    expect(amend().addendum).toEqual({
      reason: 'UPDATED_DATA',
      updatedFields: 'tlsDetails',
      originalRequestId: original.requestId,
      originalEventId: original.eventId,
    });
    expect(amend({}, { updatedFields: ['responseElements', 'errorCode'] }).addendum?.updatedFields).toBe(
      'responseElements, errorCode',
    );
    expect(original).not.toHaveProperty('addendum');
    expect(mayBeToldTwice(amend())).toBe(true);
  });

  test('that only came late is the first of its event', () => {
    const late = readRecord(recordOf({ addendum: { reason: 'DELIVERY_DELAY' } }), CONTEXT);
    expect(late.addendum).toEqual({ reason: 'DELIVERY_DELAY' });
    expect(mayBeToldTwice(late)).toBe(false);
  });

  test.each([
    ['a text', 'late'],
    ['a list', []],
    ['nothing', null],
  ])('with %s for an addendum is read all the same', (_what, addendum) => {
    expect(readRecord(recordOf({ addendum }), CONTEXT)).not.toHaveProperty('addendum');
  });

  test('without a reason keeps what it has', () => {
    expect(amend({}, { reason: null }).addendum).toMatchObject({
      reason: 'unknown',
      originalEventId: original.eventId,
    });
  });

  test.each([
    ['what no control looks at', { tlsDetails: { tlsVersion: 'TLSv1.3' } }, false],
    ['who did it', { userIdentity: { type: 'Root', arn: 'arn:aws:iam::111122223333:root' } }, true],
    ['what was asked for', { requestParameters: { keyId: KEY_ID, rotationPeriodInDays: 90 } }, true],
    ['what was answered', { responseElements: { keyId: KEY_ID } }, true],
    ['what became of it', { errorCode: 'AccessDenied' }, true],
    ['when it was', { eventTime: at(1) }, true],
  ])('and changes %s: that tells more, or not', (_what, overrides, more) => {
    expect(tellsMore(amend(overrides), original, 'addendum')).toBe(more);
  });
});
