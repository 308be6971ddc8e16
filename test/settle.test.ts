import { describe, expect, test } from '@jest/globals';
import type { RecordedDecision } from '../lib/ledger/entry.ts';
import { settle } from '../lib/settle.ts';

const PLAN = { summary: 'Cancel it.', requests: [], undo: [], before: {}, settles: ['deletion-waiting-period'] };
const CANCELS: RecordedDecision = {
  control: 'deletion-authorized',
  decision: 'act',
  reason: 'Safe.',
  remedy: 'cancel-key-deletion',
  plan: PLAN,
};
const SHORT: RecordedDecision = { control: 'deletion-waiting-period', decision: 'tell', reason: 'It cannot be used.' };

describe('a change that puts right more than one finding', () => {
  test.each(['tell', 'ask', 'act'])('stands for a finding about which Keywarden would %s', (decision) => {
    const settled = settle([{ ...SHORT, decision, held: true, remedy: 'reschedule-key-deletion' }, CANCELS]);
    expect(settled).toEqual([
      {
        control: 'deletion-waiting-period',
        decision: 'act',
        reason: 'The remedy for deletion-authorized puts it right too.',
        remedy: 'cancel-key-deletion',
        plan: PLAN,
      },
      CANCELS,
    ]);
  });

  test('stands for a finding of the whole subject when it is made for one item of it', () => {
    const logging = { ...CANCELS, control: 'audit-trail-intact', item: 'logging' };
    expect(settle([SHORT, logging])).toMatchObject([{ decision: 'act', plan: PLAN }, { decision: 'act' }]);
  });

  test.each<[string, RecordedDecision, RecordedDecision]>([
    ['what is waived', { ...SHORT, decision: 'waived' }, CANCELS],
    ['what the same remedy puts right', { ...SHORT, decision: 'act', remedy: 'cancel-key-deletion' }, CANCELS],
    ['a finding that the plan does not name', { ...SHORT, control: 'key-owner-tagged' }, CANCELS],
    ['a finding of another grant', { ...SHORT, item: 'a1' }, CANCELS],
    ['a finding whose settler only asks', SHORT, { ...CANCELS, decision: 'ask' }],
    [
      'a finding whose settler has no plan',
      SHORT,
      { control: 'deletion-authorized', decision: 'act', reason: 'Safe.' },
    ],
  ])('changes nothing about %s', (_name, one, other) => {
    expect(settle([one, other])).toEqual([one, other]);
    expect(settle([other, one])).toEqual([other, one]);
  });
});
