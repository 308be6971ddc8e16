import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../lib/ledger/finding.ts';
import { listDue, type ReminderKind } from '../../lib/reminders/list-due.ts';
import { MOST_LISTED, toReminder } from '../../lib/reminders/reminder.ts';
import { describeAge, writeReminder } from '../../lib/reminders/write-reminder.ts';
import { ALERTS, findingWith, KEY } from './due.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1', stage: 'prod' };
/** A week in which everything is due that was open before it. */
const WINDOW = { from: '2026-08-03T09:00:00.000Z', until: '2026-08-10T10:00:00.000Z' };
const NEVER = { critical: 8760, high: 8760, medium: 8760, low: 8760 };

async function write(kind: ReminderKind, findings: readonly Finding[]) {
  const alerts = kind === 'reminder' ? { ...ALERTS, escalateAfterHours: NEVER } : ALERTS;
  const reminder = toReminder(await listDue(findings, { alerts }, WINDOW), WINDOW);
  return writeReminder(kind, kind === 'reminder' ? reminder.reminders : reminder.escalations, reminder, PLACE);
}

const TWO = [
  findingWith({ decision: 'ask', plan: '0123456789abcdef'.repeat(4) }),
  findingWith({ control: 'deletion-authorized', severity: 'critical', reason: 'Nobody approved it.' }),
];

describe('a reminder', () => {
  test('names each finding by severity, with its age, what is wrong, and what is waited for', async () => {
    const { subject, text, attributes, json } = await write('reminder', TWO);
    expect(subject).toBe('[Keywarden] CRITICAL 2 findings are still open');
    expect(text).toMatchInlineSnapshot(`
"CRITICAL  2 findings are still open

CRITICAL
  deletion-authorized@1234abcd-12ab-34cd-56ef-1234567890ab  open for 7 days
    A key is deleted only by an administrator, and with the approval of somebody else: Nobody approved it.
    Within 4 hours, ask the person who ordered the deletion (\`actor.person\`, \`actor.arn\`, \`actor.sourceIp\` and \`time\` of the ScheduleKeyDeletion in the ledger) and the owner of the key (its tags) whether it is meant.

HIGH
  rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab  open for 7 days
    Automatic rotation is on for every key that KMS can rotate: Automatic rotation is off.
    It waits for your approval: keywarden approve rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab --plan 0123456789abcdef --reason 'YOUR REASON' --region eu-west-1 --stage prod

What to do now
  Act on each, the gravest first. What must stay as it is: reject the plan, or waive the finding until a day.

Where to look
  keywarden findings --region eu-west-1 --stage prod
"
`);
    const { stage: _stage, ...place } = PLACE;
    expect(attributes).toEqual({ severity: 'critical', control: 'reminders', ...place, state: 'reminder' });
    expect(json).toMatchObject({ state: 'reminder', count: 2, findings: [{ severity: 'critical' }, { subject: KEY }] });
  });

  test('says of what was rejected that it was, and what is left to do', async () => {
    const { text } = await write('reminder', [findingWith({ decision: 'rejected' })]);
    expect(text).toContain(
      'Its plan was rejected. Put it right by hand, or waive it: keywarden finding rotation-enabled@',
    );
  });

  test('has one line for all that the first look at all keys found, with the command that approves the lot', async () => {
    const baseline = 'sweep-2026-08-01T04';
    const findings = ['a', 'b', 'c'].map((item) => findingWith({ item, baseline }));
    const { text, subject } = await write('reminder', findings);
    expect(subject).toContain('3 findings are still open');
    expect(text).toContain(
      '3 findings of the first look at all keys: keywarden approve --baseline sweep-2026-08-01T04',
    );
    expect(text).not.toContain('open for');
  });

  test('lists only so many, and says how many more there are', async () => {
    const findings = Array.from({ length: MOST_LISTED + 5 }, (_none, place) => findingWith({ item: `g-${place}` }));
    const { text, json } = await write('reminder', findings);
    expect(text.match(/open for/g)).toHaveLength(MOST_LISTED);
    expect(text).toContain('5 more that are not listed here');
    expect(json).toMatchObject({ count: MOST_LISTED + 5 });
  });

  test('lets no name or reason from outside forge a line', async () => {
    const { text } = await write('reminder', [findingWith({ item: 'g\nAll is well', reason: 'x\u2028Nothing to do' })]);
    expect(text).not.toMatch(/^\s*(All is well|Nothing to do)/m);
  });

  test('is written also for a finding of a control that this version does not have', async () => {
    const { text } = await write('reminder', [findingWith({ control: 'long-gone' })]);
    expect(text).toContain('long-gone@1234abcd-12ab-34cd-56ef-1234567890ab');
    expect(text).toContain('keywarden finding ');
  });
});

test('an escalation has the attribute that its subscription filters by, and asks for the officer', async () => {
  const { subject, text, attributes } = await write('escalated', TWO);
  expect(subject).toContain('2 findings are open for too long and escalated');
  expect(text).toContain('Ask the security officer why these are open');
  expect(attributes).toMatchObject({ state: 'escalated', escalation: 'true', severity: 'critical' });
});

test.each([
  ['2026-08-03T09:59:59Z', '0 hours'],
  ['2026-08-03T10:00:00Z', '1 hour'],
  ['2026-08-05T08:59:59Z', '47 hours'],
  ['2026-08-05T09:00:00Z', '2 days'],
])('the age at %s is %s', (until, age) => {
  expect(describeAge('2026-08-03T09:00:00Z', until)).toBe(age);
});
