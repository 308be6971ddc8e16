import { describe, expect, test } from '@jest/globals';
import { createChangeRecords } from '../../lib/ledger/change-records.ts';
import type { ActionEntry, Confirms } from '../../lib/ledger/entry.ts';
import { actionOf, intentOf } from '../own-changes/records.ts';

const recordOf = (eventId: string, overrides: Partial<ActionEntry> = {}, action = {}): ActionEntry => ({
  ...intentOf(5),
  eventId,
  action: actionOf({ eventId, ...action }),
  decisions: [],
  ...overrides,
});

const listAfter = (...entries: readonly ActionEntry[]) => {
  const records = createChangeRecords();
  for (const entry of entries) records.note(entry);
  return records.listOf(1, { remedy: 'enable-key-rotation', requestIds: ['request-1', 'request-2'] });
};

const BY_INTENT: Confirms = {
  ...{ seq: 1, eventId: 'event-1', remedy: 'enable-key-rotation' },
  requestId: 'request-lost',
  how: 'intent',
};

describe('the records of a remediation are', () => {
  test('those with its request ids, in their order', () => {
    const second = recordOf('e-2', {}, { requestId: 'request-2' });
    expect(listAfter(second, recordOf('e-1'))).toEqual(['e-1', 'e-2']);
  });

  test('those of the intent when a crash lost the id, each once', () => {
    const lost = recordOf('e-3', { confirms: BY_INTENT }, { requestId: 'request-lost' });
    const both = recordOf('e-1', { confirms: { ...BY_INTENT, requestId: 'request-1' } });
    expect(listAfter(lost, both)).toEqual(['e-1', 'e-3']);
  });

  test.each<[string, ActionEntry]>([
    ['of somebody else', recordOf('e-1', {}, { actor: { type: 'IAMUser', bySelf: false } })],
    ['of a call that AWS refused', recordOf('e-1', {}, { outcome: 'denied' })],
    ['of another request', recordOf('e-1', {}, { requestId: 'request-9' })],
    ['of another remedy', recordOf('e-1', { confirms: { ...BY_INTENT, remedy: 'enable-key' } }, { requestId: 'x' })],
    ['of another decision', recordOf('e-1', { confirms: { ...BY_INTENT, seq: 2 } }, { requestId: 'x' })],
    [
      'of a decision in another chain',
      recordOf('e-1', { confirms: { ...BY_INTENT, subject: 'another' } }, { requestId: 'x' }),
    ],
  ])('none %s', (_what, entry) => {
    expect(listAfter(entry)).toEqual([]);
  });
});
