import { describe, expect, test } from '@jest/globals';
import type { RecordedOrder } from '../../lib/ledger/entry.ts';
import { changeWaivers, findGranted, type GrantedWaiver } from '../../lib/ledger/waiver.ts';

const SOURCE = {
  subject: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  eventId: 'on-demand-1',
  seq: 7,
  at: '2026-08-03T09:00:00.000Z',
};
const WAIVE: RecordedOrder = {
  kind: 'waive',
  finding: 'grant-least-privilege#g1',
  by: {
    name: 'olivia@example.com',
    arn: 'arn:aws:sts::111122223333:assumed-role/Officer/olivia@example.com',
    verified: true,
  },
  reason: 'The migration needs it.',
  ticket: 'SEC-42',
  until: '2026-08-31',
};
const NONE = new Map<string, GrantedWaiver>();
const grant = (order: RecordedOrder = WAIVE) => {
  const [change] = changeWaivers(order, NONE, SOURCE);
  if (change === undefined) throw new Error('No waiver was granted.');
  return change.waiver;
};

describe('a waiver by order', () => {
  test('says for what, until when, who answers for it and why', () => {
    expect(grant()).toEqual({
      subject: SOURCE.subject,
      control: 'grant-least-privilege',
      item: 'g1',
      status: 'granted',
      until: '2026-08-31',
      by: WAIVE.by,
      reason: 'The migration needs it.',
      ticket: 'SEC-42',
      grantedAt: SOURCE.at,
      changedAt: SOURCE.at,
      eventId: 'on-demand-1',
      seq: 7,
    });
  });

  test('is withdrawn by an order, and stays on record', () => {
    const granted = grant();
    const previous = new Map([['grant-least-privilege#g1', granted]]);
    const later = { ...SOURCE, eventId: 'on-demand-2', seq: 8, at: '2026-08-04T09:00:00.000Z' };
    expect(changeWaivers({ ...WAIVE, kind: 'unwaive' }, previous, later)).toEqual([
      {
        waiver: { ...granted, status: 'withdrawn', changedAt: later.at, eventId: 'on-demand-2', seq: 8 },
        replaces: granted,
      },
    ]);
  });

  test.each<[string, RecordedOrder | undefined]>([
    ['an event', undefined],
    ['another order', { ...WAIVE, kind: 'verify' }],
    ['the withdrawal of what nobody granted', { ...WAIVE, kind: 'unwaive' }],
  ])('is not made by %s', (_name, order) => {
    expect(changeWaivers(order, NONE, SOURCE)).toEqual([]);
  });

  const FINDING = { control: 'grant-least-privilege', item: 'g1' };

  test('holds to the end of its last day', () => {
    const waivers = new Map([['grant-least-privilege#g1', grant()]]);
    expect(findGranted(waivers, FINDING, '2026-08-31T23:59:59.999Z')).toBeDefined();
    expect(findGranted(waivers, FINDING, '2026-09-01T00:00:00.000Z')).toBeUndefined();
  });

  test('for one grant holds for no other, and one for the control holds for all', () => {
    const one = new Map([['grant-least-privilege#g1', grant()]]);
    expect(findGranted(one, { ...FINDING, item: 'g2' }, SOURCE.at)).toBeUndefined();
    const all = new Map([['grant-least-privilege', grant({ ...WAIVE, finding: 'grant-least-privilege' })]]);
    expect(findGranted(all, { ...FINDING, item: 'g2' }, SOURCE.at)).toBeDefined();
    expect(findGranted(all, { control: 'rotation-enabled' }, SOURCE.at)).toBeUndefined();
  });

  test('that was withdrawn does not hold', () => {
    const withdrawn = new Map([['grant-least-privilege#g1', { ...grant(), status: 'withdrawn' as const }]]);
    expect(findGranted(withdrawn, FINDING, SOURCE.at)).toBeUndefined();
  });
});
