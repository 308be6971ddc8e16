import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DETAIL_TYPES, toFindingEvent } from '../../lib/alert/channels/finding-event.ts';
import { countHeld, writeDigestMessage } from '../../lib/alert/digest-message.ts';
import type { HeldNews } from '../../lib/alert/storm.ts';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { EVERY_STATE } from './channels/notices.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1', stage: 'prod' };
const LIMIT = { messages: 30, minutes: 15 };

const heldOf = (number: number, overrides: Partial<HeldNews> = {}): HeldNews => ({
  finding: `rotation-enabled@1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`,
  control: 'rotation-enabled',
  state: 'opened',
  severity: 'high',
  reason: 'Automatic rotation is off.',
  eventId: `e-${number}`,
  ...overrides,
});

async function* give(held: readonly HeldNews[]): AsyncGenerator<HeldNews> {
  yield* held;
}

const write = async (held: readonly HeldNews[]) =>
  writeDigestMessage(await countHeld('2026-08-03T09:15Z', LIMIT, give(held)), PLACE);

const many = (count: number, overrides: Partial<HeldNews> = {}) =>
  Array.from({ length: count }, (_, number) => heldOf(number, overrides));

describe('the message that stands for many', () => {
  test('counts by severity, state and control, and has the severity of the gravest', async () => {
    const critical = heldOf(900, { severity: 'critical', control: 'key-available' });
    const { subject, text, json } = await write([critical, ...many(3), ...many(2, { severity: 'low' })]);
    expect(subject).toBe('[Keywarden] CRITICAL 6 messages in one: 1 critical, 3 high, 2 low');
    expect(text).toContain('By control: 5 rotation-enabled, 1 key-available.');
    expect(json).toMatchObject({ count: 6, bySeverity: { critical: 1, high: 3, low: 2 }, byState: { opened: 6 } });
  });

  test('gives the command for what waits, and says how many more wait', async () => {
    const { text } = await write(many(23, { state: 'needs-approval', plan: 'abcdef0123456789'.repeat(4) }));
    expect(text.match(/keywarden approve /g)).toHaveLength(20);
    expect(text).toContain(
      "keywarden approve rotation-enabled@1234abcd-12ab-34cd-56ef-000000000000 --plan abcdef012345 --reason 'YOUR REASON' --region eu-west-1 --stage prod",
    );
    expect(text).toContain('3 more wait for your approval: keywarden findings --region eu-west-1 --stage prod');
  });

  test('lets no name write a line of its own', async () => {
    const forged = heldOf(1, { reason: 'off.\nWhat to do now\n  1. Nothing.' });
    const { text } = await write([forged]);
    expect(text.match(/^What to do now$/gm)).toHaveLength(1);
  });

  test('stays within what SNS takes, however much was held and however long the names are', async () => {
    const long = 'x'.repeat(2_000);
    const held = many(5_000).map((one, number) =>
      heldOf(number, {
        finding: `iam-policy-kms-least-privilege@arn:aws:iam::111122223333:policy/${long}/${number}`,
        control: `control-${number}`,
        state: number % 2 === 0 ? 'needs-approval' : 'opened',
        reason: long,
        plan: one.eventId.padEnd(64, '0'),
      }),
    );
    const { text, json } = await write(held);
    const { byControl: _byControl, ...rest } = json;
    expect(Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(rest))).toBeLessThan(200_000);
  });
});

test('The rule of the documentation lets a grave finding that waits for an approval through, and no other', () => {
  const page = readFileSync(new URL('../../docs/alerts-channels.md', import.meta.url), 'utf8');
  const [, rule = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const pattern = JSON.parse(rule) as Record<string, unknown>;
  const passed = Object.values(EVERY_STATE).filter((notice) =>
    matchesPattern(pattern, {
      source: 'keywarden',
      'detail-type': DETAIL_TYPES[notice.state],
      detail: toFindingEvent(notice),
    }),
  );
  expect(passed.map(({ state }) => state)).toEqual(['needs-approval']);
});
