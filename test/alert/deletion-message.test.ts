import { describe, expect, test } from '@jest/globals';
import { writeMessage } from '../../lib/alert/message.ts';
import deletionAuthorized from '../../lib/controls/deletion-authorized.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { known } from '../../lib/facts/key-facts.ts';
import type { FindingState } from '../../lib/ledger/finding.ts';
import cancelKeyDeletion from '../../lib/remediations/cancel-key-deletion.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { acting, NAMING, ordering, waitingFacts } from '../facts/deletion.ts';
import { KEY_ARN, KEY_ID } from '../facts/key.ts';
import { EVE } from '../facts/people.ts';
import { HOME } from './home.ts';

const ORDER = ordering(30, { actor: EVE });

/** What the officer reads about a deletion that a contractor ordered, given what the ledger knows of the key. */
function readMessage(state: FindingState, past: readonly KeyAction[]): string {
  const evidence = {
    action: ORDER,
    facts: waitingFacts(past),
    policy: NAMING,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  };
  const planned = cancelKeyDeletion.plan(evidence);
  if (!planned.possible) throw new Error(planned.reason);
  const { plan } = planned;
  const { reason } = deletionAuthorized.verify(evidence);
  const done = {
    remedy: plan.remedy,
    controls: ['deletion-authorized'],
    status: 'confirmed' as const,
    requestIds: ['11111111-2222-4333-8444-555555555555'],
    before: plan.before,
    after: { key: { state: 'Disabled' } },
    undo: plan.undo,
  };
  return writeMessage({
    state,
    finding: {
      control: 'deletion-authorized',
      subject: KEY_ARN,
      status: 'open',
      verdict: 'violation',
      severity: 'critical',
      reason,
      decision: state === 'remediated' ? 'act' : 'ask',
      openedAt: NOW.toISOString(),
      changedAt: NOW.toISOString(),
      eventId: ORDER.eventId,
      seq: 1,
      remediatedAt: [],
    },
    control: deletionAuthorized,
    action: ORDER,
    decision: { control: 'deletion-authorized', decision: 'act', reason: 'Safe.', remedy: plan.remedy, plan },
    remediation: state === 'remediated' ? done : undefined,
    aliases: known(['alias/payments']),
    home: HOME,
  }).text;
}

const section = (text: string, title: string): string =>
  text
    .slice(text.indexOf(`\n${title}\n`))
    .split('\n\n')[0]
    ?.trim() ?? '';
const ENABLE = `aws kms enable-key --key-id ${KEY_ARN} --region eu-west-1`;

describe('the message about a cancelled deletion', () => {
  test('says that the key is disabled, why, and the command that enables it', () => {
    const next = section(readMessage('remediated', []), 'What to do now');
    expect(next.split('\n').map((line) => line.trim())).toEqual([
      'What to do now',
      `1. Do what Keywarden leaves to you. A cancelled deletion leaves key ${KEY_ID} disabled, so that nothing can use it: no record shows whether it was enabled before its deletion was ordered. To enable it, run:`,
      ENABLE,
      expect.stringMatching(/^2\. Ask eve@example\.com by 2026-08-03 13:05 UTC whether it was meant, and why\.$/),
      expect.stringMatching(/^3\. If it must stay as it was, have an exception granted first/),
      expect.stringMatching(/^keywarden waive deletion-authorized@/),
    ]);
  });

  test('says that nothing is to be done for a key that is enabled again', () => {
    const created = acting('CreateKey', '2026-01-02T03:04:05Z');
    const next = section(readMessage('remediated', [created]), 'What to do now');
    expect(next).toContain('whether it was meant, and why; the key itself needs nothing more.');
    expect(next).not.toContain('enable-key');
  });

  test('that waits for approval says beforehand that the key stays disabled', () => {
    const next = section(readMessage('needs-approval', []), 'What to do now');
    const approve = next.indexOf('keywarden approve deletion-authorized@');
    expect(approve).toBeGreaterThan(0);
    expect(next.indexOf(ENABLE)).toBeGreaterThan(approve);
    expect(next).toContain('aws kms cancel-key-deletion');
  });

  test('gives the command that schedules the deletion again', () => {
    expect(section(readMessage('remediated', []), 'How to undo it')).toContain(
      `aws kms schedule-key-deletion --key-id ${KEY_ARN} --pending-window-in-days 30 --region eu-west-1`,
    );
  });
});
