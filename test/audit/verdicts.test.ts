import { describe, expect, test } from '@jest/globals';
import { controlIds } from '../../lib/controls/index.ts';
import { verdictOf } from './records.ts';
import { CASES } from './verdicts.cases.ts';

describe('from nothing but records', () => {
  const rows = CASES.map((one) => [one[0], one[1], one] as const);

  test.each(rows)('%s is %s', async (control, expected, [, , records, policy]) => {
    const found = await verdictOf(control, records, policy);
    expect(found).toMatchObject({ control, verdict: expected });
  });

  test('every control comes to a verdict that is not unknown', () => {
    const decided = new Set(CASES.filter(([, verdict]) => verdict !== 'unknown').map(([control]) => control));
    expect(controlIds.filter((id) => !decided.has(id))).toEqual([]);
  });
});
