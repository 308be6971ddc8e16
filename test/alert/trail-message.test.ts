import { describe, expect, test } from '@jest/globals';
import { linkToConsole } from '../../lib/alert/console-link.ts';
import { type Notice, writeMessage } from '../../lib/alert/message.ts';
import auditTrailIntact from '../../lib/controls/audit-trail-intact.ts';
import { unread } from '../../lib/facts/key-facts.ts';
import { actionOf } from '../controls/control-case.ts';
import { ACCOUNT, REGION } from '../facts/key.ts';
import { TRAIL_ARN } from '../facts/trails.ts';
import { HOME } from './home.ts';

const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/keywarden-dev-kms-calls`;
const START = {
  service: 'cloudtrail',
  operation: 'StartLogging',
  region: REGION,
  parameters: { Name: TRAIL_ARN },
} as const;
const STOP = { ...START, operation: 'StopLogging' } as const;

const noticeOf = (subject: string, overrides: Partial<Notice> = {}): Notice => ({
  state: 'opened',
  finding: {
    subject,
    control: 'audit-trail-intact',
    status: 'open',
    verdict: 'violation',
    severity: 'critical',
    reason: 'It was changed.',
    decision: 'tell',
    openedAt: '2026-08-03T09:01:03.000Z',
    changedAt: '2026-08-03T09:01:03.000Z',
    eventId: 'e-1',
    seq: 1,
    remediatedAt: [],
  },
  control: auditTrailIntact,
  action: actionOf('StopLogging', { eventSource: 'cloudtrail.amazonaws.com', subject, keys: [] }),
  decision: { control: 'audit-trail-intact', decision: 'tell', reason: 'A person decides.' },
  remediation: undefined,
  aliases: unread('the action names no key'),
  home: HOME,
  ...overrides,
});

describe('the message about a trail', () => {
  test('calls it a trail, says nothing of keys, and shows its page', () => {
    const { text } = writeMessage(noticeOf(TRAIL_ARN));
    expect(text).toContain(`Trail\n  ${TRAIL_ARN} in account ${ACCOUNT}, ${REGION}`);
    expect(text).not.toContain('alias');
    expect(text).toContain(
      `https://${REGION}.console.aws.amazon.com/cloudtrailv2/home?region=${REGION}#/trails/${TRAIL_ARN}`,
    );
  });

  test('that was started again says how to stop it, and that a waiver lets it stay off', () => {
    const { text } = writeMessage(
      noticeOf(TRAIL_ARN, {
        state: 'remediated',
        decision: {
          control: 'audit-trail-intact',
          decision: 'act',
          reason: 'The remedy is safe.',
          remedy: 'restore-trail-logging',
          plan: { summary: 'Start the logging of trail audit again.', requests: [START], undo: [STOP], before: {} },
        },
        remediation: {
          remedy: 'restore-trail-logging',
          controls: ['audit-trail-intact'],
          status: 'confirmed',
          requestIds: ['r-1'],
          before: { logging: false },
          after: { logging: true },
          undo: [STOP],
        },
      }),
    );
    expect(text).toContain(
      'Done: Start the logging of trail audit again.\n  Read back from AWS: logging: true.\n  Proof: AWS request r-1, which CloudTrail records too.',
    );
    expect(text).toContain('the trail itself needs nothing more.');
    expect(text).toContain('have an exception granted first');
    expect(text).toContain(`aws cloudtrail stop-logging --name ${TRAIL_ARN} --region ${REGION}`);
  });
});

test('The message about a part of Keywarden calls it that, and shows what was done to it', () => {
  const { text } = writeMessage(noticeOf(RULE));
  expect(text).toContain(`Part of Keywarden\n  ${RULE} in account ${ACCOUNT}, ${REGION}`);
  expect(text).toContain('#/events?ResourceName=keywarden-dev-kms-calls');
  expect(writeMessage(noticeOf(RULE, { state: 'resolved' })).text).toContain('the part of Keywarden is in order again');
});

test.each([
  [`arn:aws:sqs:${REGION}:${ACCOUNT}:keywarden-dev-lifecycle`, 'ResourceName=keywarden-dev-lifecycle'],
  [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/keywarden/dev/kill-switch`, 'ResourceName=kill-switch'],
  [`arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:keywarden-dev-backlog`, 'ResourceName=keywarden-dev-backlog'],
])('The event history is asked for %s by its name', (subject, part) => {
  expect(linkToConsole(subject)).toContain(part);
});
