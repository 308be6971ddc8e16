import { describe, expect, test } from '@jest/globals';
import { type Notice, writeMessage } from '../../lib/alert/message.ts';
import rotationOnSchedule from '../../lib/controls/rotation-on-schedule.ts';
import { known } from '../../lib/facts/key-facts.ts';
import rotateKeyOnDemand from '../../lib/remediations/rotate-key-on-demand.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { factsOf, KEY_ARN } from '../facts/key.ts';
import { HOME } from './home.ts';

const planned = rotateKeyOnDemand.plan({
  facts: { ...factsOf({}, { enabled: true, periodInDays: 365 }), rotations: known({ done: [] }) },
  policy: POLICY,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
});
if (!planned.possible) throw new Error(planned.reason);
const { remedy, subject: _subject, ...plan } = planned.plan;

const WAITS: Notice = {
  state: 'needs-approval',
  finding: {
    subject: KEY_ARN,
    control: rotationOnSchedule.id,
    status: 'open',
    verdict: 'violation',
    severity: 'high',
    reason: 'Its material is too old.',
    decision: 'ask',
    openedAt: NOW.toISOString(),
    changedAt: NOW.toISOString(),
    eventId: 'e-1',
    seq: 1,
    remediatedAt: [],
  },
  control: rotationOnSchedule,
  action: actionOf('EnableKey'),
  decision: {
    control: rotationOnSchedule.id,
    decision: 'ask',
    reason: 'The mode of this control is approve.',
    remedy,
    plan,
  },
  remediation: undefined,
  aliases: known([]),
  home: HOME,
};

describe('the message about a change that cannot be undone', () => {
  test('says so before it is approved, and gives the command', () => {
    const { text } = writeMessage(WAITS);
    expect(text).toContain('A rotation cannot be undone, and KMS allows 25 on demand');
    expect(text).toContain(`aws kms rotate-key-on-demand --key-id ${KEY_ARN} --region eu-west-1`);
  });

  test('does not tell anybody to undo it afterwards', () => {
    const { text } = writeMessage({
      ...WAITS,
      state: 'remediated',
      remediation: {
        remedy,
        controls: [rotationOnSchedule.id],
        status: 'confirmed',
        requestIds: ['r-1'],
        before: plan.before,
        after: { lastRotation: NOW.toISOString() },
        undo: [],
      },
    });
    expect(text).not.toContain('then undo it');
    expect(text).toMatch(/How to undo it\n {2}It cannot be undone/);
  });
});
