import { describe, expect, test } from '@jest/globals';
import { type Notice, writeMessage } from '../../lib/alert/message.ts';
import grantLeastPrivilege from '../../lib/controls/grant-least-privilege.ts';
import { known } from '../../lib/facts/key-facts.ts';
import type { RecordedRemediation } from '../../lib/ledger/entry.ts';
import revokeGrant from '../../lib/remediations/revoke-grant.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { listing, making, TRUSTING } from '../controls/grant-least-privilege.cases.ts';
import { KEY_ARN } from '../facts/key.ts';
import { FOREIGN, GRANT_ID, grantOf, roleIn } from '../iam/grant-fixtures.ts';
import { HOME } from './home.ts';

const EVIDENCE = {
  action: making(),
  facts: listing(grantOf({ granteePrincipal: roleIn(FOREIGN), operations: ['Decrypt', 'CreateGrant'] })),
  policy: TRUSTING,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
};

/** What the officer is told of a grant to a stranger, as the control, the remedy and the pipeline make it. */
function noticeOf(remediation: Partial<RecordedRemediation>, overrides: Partial<Notice> = {}): Notice {
  const planned = revokeGrant.plan(EVIDENCE);
  if (!planned.possible) throw new Error(planned.reason);
  const { before, undo } = planned.plan;
  const named = { control: 'grant-least-privilege', item: GRANT_ID };
  return {
    state: 'remediated',
    finding: {
      ...named,
      subject: KEY_ARN,
      status: 'open',
      verdict: 'violation',
      severity: 'critical',
      reason: grantLeastPrivilege.verify(EVIDENCE).reason,
      decision: 'act',
      openedAt: NOW.toISOString(),
      changedAt: NOW.toISOString(),
      eventId: 'e-1',
      seq: 1,
      remediatedAt: [],
    },
    control: grantLeastPrivilege,
    action: EVIDENCE.action,
    decision: {
      ...named,
      decision: 'act',
      reason: 'The remedy is safe, and the mode of this control is enforce.',
      remedy: 'revoke-grant',
      plan: planned.plan,
    },
    remediation: {
      remedy: 'revoke-grant',
      controls: [`grant-least-privilege#${GRANT_ID}`],
      status: 'pending',
      requestIds: ['11111111-2222-4333-8444-555555555555'],
      before,
      undo,
      ...remediation,
    },
    aliases: known(['alias/payments']),
    home: HOME,
    ...overrides,
  };
}

const PENDING = {
  status: 'pending',
  reason: 'AWS takes some minutes until it shows such a change everywhere; Keywarden looks again in 5 minutes.',
} as const;

describe('the message about a grant', () => {
  test.each<[string, Notice]>([
    ['that AWS has taken back', noticeOf(PENDING)],
    [
      'that AWS still lists after five minutes',
      noticeOf(
        {
          status: 'unconfirmed',
          requestIds: [],
          reason: `Looked at again after minutes: KMS still lists grant ${GRANT_ID}.`,
        },
        { state: 'not-remediated' },
      ),
    ],
  ])('%s is kept as it was reviewed', (_name, notice) => {
    const { subject, text } = writeMessage(notice);
    expect(`${subject}\n\n${text}`).toMatchSnapshot();
  });

  test('that was revoked says that it is looked at again, how to give it back, and what does not come back', () => {
    const { subject, text } = writeMessage(noticeOf(PENDING));
    expect(subject).toContain('being put right');
    expect(text).toContain('Keywarden looks again in 5 minutes.');
    expect(text).toContain(
      `aws kms create-grant --key-id ${KEY_ARN} --operations Decrypt CreateGrant --grantee-principal ${roleIn(FOREIGN)}`,
    );
    expect(text).toContain('Grant tokens of the old grant stay invalid.');
  });
});
