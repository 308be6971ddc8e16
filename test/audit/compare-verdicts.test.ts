import { describe, expect, test } from '@jest/globals';
import type { ActionEntry, Entry } from '../../lib/ledger/entry.ts';
import { actionOf } from '../controls/control-case.ts';
import { compareVerdicts } from './compare-verdicts.ts';

const entryOf = (eventId: string, verdict: string): Entry =>
  ({
    type: 'action',
    action: actionOf('DisableKeyRotation', { eventId }),
    verdicts: [{ control: 'rotation-enabled', step: '4.4.1', severity: 'high', verdict, reason: '' }],
  }) as unknown as ActionEntry;

const lineOf = (eventId: string, verdict: string): string =>
  `${JSON.stringify({ eventId, verdicts: [{ control: 'rotation-enabled', verdict, reason: '' }] })}\n`;

describe('the comparison of a ledger with an audit', () => {
  test.each<[string, string, string, number]>([
    ['agree', 'violation', 'violation', 0],
    ['agree as far as the files tell', 'violation', 'unknown', 0],
    ['differ', 'violation', 'compliant', 1],
    ['differ where the live run did not know', 'unknown', 'compliant', 1],
  ])('says whether they %s', (_name, live, audit, differences) => {
    expect(compareVerdicts([entryOf('a', live)], lineOf('a', audit))).toHaveLength(differences);
  });

  test('tells an event that the audit does not have', () => {
    expect(compareVerdicts([entryOf('a', 'violation')], lineOf('b', 'violation'))).toEqual([
      { eventId: 'a', control: 'rotation-enabled', live: 'violation', audit: 'absent' },
    ]);
  });
});
