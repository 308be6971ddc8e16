import { describe, expect, test } from '@jest/globals';
import type { CompletenessStatement } from '../../lib/ledger/entry.ts';
import { fitStatement } from '../../lib/reconcile/fit-statement.ts';
import { ACCOUNT, KEY, REGION } from './records.ts';

const statementOf = (overrides: Partial<CompletenessStatement>): CompletenessStatement => ({
  source: 'lookup-events',
  account: ACCOUNT,
  region: REGION,
  queries: [],
  notAsked: [],
  window: { from: '2026-08-03T09:00:00Z', to: '2026-08-03T10:00:00Z' },
  occasion: 'schedule',
  startedAt: '2026-08-03T10:15:00Z',
  endedAt: '2026-08-03T10:16:00Z',
  counts: { read: 0, expected: 0, recorded: 0, backfilled: 0, failed: 0, extra: 0 },
  missing: [],
  extra: [],
  omitted: 0,
  gaps: [],
  complete: true,
  by: 'test',
  version: '0',
  ...overrides,
});
const extraOf = (subject: string) => ({
  eventId: 'e',
  time: '2026-08-03T09:00:00Z',
  api: 'DisableKey',
  subject,
  seq: 1,
});
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('a statement', () => {
  test('that fits stays as it is', () => {
    const statement = statementOf({ extra: many(200, extraOf(KEY)), gaps: [{ what: 'a page', reason: 'denied' }] });
    expect(fitStatement(statement)).toEqual(statement);
  });

  test('lists 200 of each at most, and counts the others', () => {
    const fitted = fitStatement(statementOf({ extra: many(250, extraOf(KEY)) }));
    expect(fitted.extra).toHaveLength(200);
    expect(fitted.omitted).toBe(50);
  });

  test('lists fewer when their names are long, and loses none of them from the count', () => {
    const fitted = fitStatement(
      statementOf({ extra: many(250, extraOf(`arn:aws:iam::${ACCOUNT}:policy/${'ä'.repeat(1000)}`)) }),
    );
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(300_000);
    expect(fitted.extra.length).toBeGreaterThan(0);
    expect(fitted.extra.length + fitted.omitted).toBe(250);
  });

  test('shortens what AWS answered, and says how many gaps are not listed', () => {
    const { gaps } = fitStatement(statementOf({ gaps: many(130, { what: 'a page', reason: 'x'.repeat(5000) }) }));
    expect(gaps).toHaveLength(101);
    expect(gaps[0]?.reason).toHaveLength(600);
    expect(gaps.at(-1)).toEqual({ what: '30 more', reason: 'they are too many to list here' });
  });
});
