import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { DETAIL_TYPES, findingEventSchema, toFindingEvent } from '../../../lib/alert/channels/finding-event.ts';
import { EVERY_STATE, KEY, noticeOf } from './notices.ts';

/** What other programs check events by. */
const published = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL('../../../docs/schemas/finding-event.v1.json', import.meta.url), 'utf8')),
);

describe('the event about a finding', () => {
  test.each(Object.entries(EVERY_STATE))('that is %s fits the published schema', (_state, notice) => {
    const event = JSON.parse(JSON.stringify(toFindingEvent(notice)));
    expect(published.safeParse(event)).toMatchObject({ success: true });
    expect(event).toMatchObject({ version: 1, state: notice.state, finding: { subject: KEY } });
  });

  test('that has nothing in it does not fit the schema, nor does one with an invented state', () => {
    expect(published.safeParse({}).success).toBe(false);
    expect(published.safeParse({ ...toFindingEvent(noticeOf()), state: 'forgotten' }).success).toBe(false);
  });

  test('may have more in it one day: a reader that knows this version still understands it', () => {
    const later = { ...toFindingEvent(noticeOf()), weather: 'fine' };
    expect(published.safeParse(later).success).toBe(true);
  });

  test('names each state by a detail type of its own', () => {
    expect(Object.keys(DETAIL_TYPES).sort()).toEqual(Object.keys(EVERY_STATE).sort());
    expect(new Set(Object.values(DETAIL_TYPES)).size).toBe(Object.keys(DETAIL_TYPES).length);
  });

  test('says which plan waits, by the digest that an approval may name', () => {
    expect(toFindingEvent(EVERY_STATE['needs-approval']).decision).toMatchObject({
      summary: 'Switch automatic rotation on.',
      plan: 'abcdef0123456789'.repeat(4),
    });
  });

  test('stays far below what a target takes, and fits its schema, whatever was written into it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20_000 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const event = toFindingEvent(
          noticeOf({
            finding: { reason: one, item: other },
            action: { actor: { type: one, arn: other, person: one, sourceIp: other, bySelf: false } },
            remediation: {
              remedy: 'enable-key-rotation',
              controls: [],
              status: 'failed',
              requestIds: Array.from({ length: 100 }, () => 'r'),
              before: {},
              undo: [],
              reason: other,
            },
          }),
        );
        expect(findingEventSchema.safeParse(event).success).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(250_000);
      }),
      { numRuns: 30 },
    );
  });
});
