import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeMalformedMessage } from '../../lib/alert/malformed-message.ts';
import { type Notice, writeMessage } from '../../lib/alert/message.ts';
import rotationEnabled from '../../lib/controls/rotation-enabled.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { known, unread } from '../../lib/facts/key-facts.ts';
import type { RecordedDecision, RecordedRemediation } from '../../lib/ledger/entry.ts';
import type { Finding } from '../../lib/ledger/finding.ts';
import { HOME } from './home.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const call = (operation: string, parameters: Record<string, string | number>) =>
  ({ service: 'kms', operation, region: 'eu-west-1', parameters: { KeyId: KEY, ...parameters } }) as const;

const ACTION: KeyAction = {
  eventId: 'e-1',
  requestId: 'r-1',
  time: '2026-08-03T09:01:02Z',
  api: 'DisableKeyRotation',
  eventSource: 'kms.amazonaws.com',
  kind: 'lifecycle',
  step: '4.4.1',
  subject: KEY,
  keys: [KEY],
  account: '111122223333',
  region: 'eu-west-1',
  actor: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::111122223333:assumed-role/KeyAdmin/dana@example.com',
    sessionIssuer: 'arn:aws:iam::111122223333:role/KeyAdmin',
    person: 'dana@example.com',
    sourceIp: '192.0.2.10',
    mfa: false,
    bySelf: false,
  },
  request: { keyId: KEY },
  response: {},
  outcome: 'succeeded',
  origin: 'eventbridge',
  digest: 'd'.repeat(64),
};

const FINDING: Finding = {
  subject: KEY,
  control: 'rotation-enabled',
  status: 'open',
  verdict: 'violation',
  severity: 'high',
  reason: 'Automatic rotation of key 1234abcd-12ab-34cd-56ef-1234567890ab is off.',
  decision: 'act',
  openedAt: '2026-08-03T09:01:03.000Z',
  changedAt: '2026-08-03T09:01:03.000Z',
  eventId: 'e-1',
  seq: 7,
  remediatedAt: [],
};

const DECISION: RecordedDecision = {
  control: 'rotation-enabled',
  decision: 'act',
  reason: 'The remedy is safe, and the mode of this control is enforce.',
  remedy: 'enable-key-rotation',
  plan: {
    summary: 'Switch automatic rotation on, every 365 days.',
    requests: [call('EnableKeyRotation', { RotationPeriodInDays: 365 })],
    undo: [call('DisableKeyRotation', {})],
    before: { rotation: { enabled: false } },
  },
};

const REMEDIATION: RecordedRemediation = {
  remedy: 'enable-key-rotation',
  controls: ['rotation-enabled'],
  status: 'confirmed',
  requestIds: ['11111111-2222-4333-8444-555555555555'],
  before: { rotation: { enabled: false } },
  after: { rotation: { enabled: true, periodInDays: 365 } },
  undo: [call('DisableKeyRotation', {})],
};

const NOTICE: Notice = {
  state: 'remediated',
  finding: FINDING,
  control: rotationEnabled,
  action: ACTION,
  decision: DECISION,
  remediation: REMEDIATION,
  aliases: known(['alias/payments']),
  home: HOME,
};

const STATES: readonly (readonly [string, Partial<Notice>])[] = [
  ['remediated', {}],
  ['already so', { remediation: { ...REMEDIATION, status: 'already-so', requestIds: [] } }],
  [
    'not remediated',
    {
      state: 'not-remediated',
      remediation: {
        ...REMEDIATION,
        status: 'failed',
        requestIds: [],
        reason: 'AWS refused enable-key-rotation: AccessDeniedException: no.',
      },
    },
  ],
  [
    'waits for approval',
    {
      state: 'needs-approval',
      remediation: undefined,
      decision: { ...DECISION, decision: 'ask', reason: 'The mode of this control is approve.' },
    },
  ],
  [
    'opened',
    {
      state: 'opened',
      remediation: undefined,
      decision: { control: 'rotation-enabled', decision: 'tell', reason: 'The mode of this control is observe.' },
    },
  ],
  [
    'resolved',
    {
      state: 'resolved',
      remediation: undefined,
      finding: {
        ...FINDING,
        status: 'resolved',
        reason: 'Key 1234abcd-12ab-34cd-56ef-1234567890ab rotates every 365 days.',
      },
    },
  ],
];

describe('the message to the officer', () => {
  test.each(STATES)('about a finding that is %s is kept as it was reviewed', (_name, change) => {
    const { subject, text, attributes } = writeMessage({ ...NOTICE, ...change });
    expect({ subject, attributes }).toMatchSnapshot();
    expect(text).toMatchSnapshot();
  });

  test('answers its questions in order', () => {
    const { text } = writeMessage(NOTICE);
    const sections = [
      'What happened',
      'Key',
      'Who',
      'When',
      'What is wrong',
      'What Keywarden did',
      'What to do now',
      'How to undo it',
      'Runbook',
      'Where to look',
    ];
    expect(text.split('\n').filter((line) => sections.includes(line))).toEqual(sections);
    expect(text).toContain(`aws kms disable-key-rotation --key-id ${KEY} --region eu-west-1`);
    expect(text).toContain('11111111-2222-4333-8444-555555555555');
    expect(text).toContain('alias/payments');
  });

  test('says that an alias could not be read', () => {
    expect(writeMessage({ ...NOTICE, aliases: unread('kms:ListAliases was denied') }).text).toContain(
      'alias unknown: kms:ListAliases was denied',
    );
  });

  test('opens the console of the right partition', () => {
    const subject = 'arn:aws-cn:kms:cn-north-1:111122223333:key/1234';
    const { text } = writeMessage({ ...NOTICE, finding: { ...FINDING, subject } });
    expect(text).toContain('https://console.amazonaws.cn/kms/home?region=cn-north-1#/kms/keys/1234');
  });

  test('cannot be forged by anything that an attacker may write', () => {
    const lines = writeMessage(NOTICE).text.split('\n').length;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (evil) => {
        const tail = `\nWhat Keywarden did\n  Nothing is wrong.${evil}`;
        const { subject, text } = writeMessage({
          ...NOTICE,
          aliases: known([`alias/${tail}`]),
          remediation: { ...REMEDIATION, undo: [call('PutKeyPolicy', { Policy: tail })] },
          finding: { ...FINDING, reason: `${FINDING.reason}${tail}` },
          action: {
            ...ACTION,
            api: `DisableKeyRotation${tail}`,
            time: `2026${tail}`,
            eventId: `e${tail}`,
            outcome: 'failed',
            error: { code: `X${tail}`, message: tail },
            actor: {
              type: `T${tail}`,
              arn: tail,
              person: tail,
              sessionIssuer: tail,
              invokedBy: tail,
              sourceIp: tail,
              bySelf: false,
            },
          },
        });
        expect(text.split(/\r\n|[\n\r\u2028\u2029\u0085]/)).toHaveLength(lines);
        expect(text.split('\n').filter((line) => line === 'What Keywarden did')).toHaveLength(1);
        expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
      }),
    );
  });

  test('carries the whole finding for machines', () => {
    expect(writeMessage(NOTICE).json).toMatchObject({
      version: 1,
      state: 'remediated',
      finding: { control: 'rotation-enabled', seq: 7 },
      action: { eventId: 'e-1', actor: { person: 'dana@example.com' } },
      remediation: { status: 'confirmed' },
    });
  });
});

describe('the message about events that could not be read', () => {
  const place = { account: '111122223333', region: 'eu-west-1', stage: 'prod' };
  const one = (seq: number) => ({
    eventId: `malformed-${seq}`,
    error: 'detail-type is "Sale"; expected one of ...',
    seq,
  });

  test('is one for a whole batch', () => {
    expect(writeMalformedMessage([one(1), one(2)], place).text).toMatchSnapshot();
  });

  test('names ten and counts the rest', () => {
    const { text } = writeMalformedMessage(
      Array.from({ length: 13 }, (_unused, index) => one(index + 1)),
      place,
    );
    expect(text).toContain('Entry 10:');
    expect(text).not.toContain('Entry 11:');
    expect(text).toContain('and 3 more');
  });
});

describe('a message about an IAM policy', () => {
  const ROLE = 'arn:aws:iam::111122223333:role/App';
  const proposal = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow' }] }, null, 2);
  const { remedy: _remedy, plan: _plan, ...told } = DECISION;
  const notice: Notice = {
    ...NOTICE,
    state: 'opened',
    finding: { ...FINDING, subject: ROLE, item: 'keys' },
    decision: { ...told, decision: 'tell', proposal },
    remediation: undefined,
  };

  test('names the policy and who has it, and has no word about a key and its aliases', () => {
    const { text } = writeMessage(notice);
    expect(text).toContain(`IAM policy\n  policy keys of ${ROLE} in account 111122223333\n`);
    expect(text).not.toContain('alias');
  });

  test.each([
    [ROLE, 'https://console.aws.amazon.com/iam/home#/roles/details/App?section=permissions'],
    [
      'arn:aws-us-gov:iam::111122223333:user/dana@example.com',
      'https://console.amazonaws-us-gov.com/iam/home#/users/details/dana%40example.com?section=permissions',
    ],
    [
      'arn:aws:iam::111122223333:policy/teams/Reports',
      'https://console.aws.amazon.com/iam/home#/policies/details/arn%3Aaws%3Aiam%3A%3A111122223333%3Apolicy%2Fteams%2FReports?section=permissions',
    ],
    ['arn:aws:iam::111122223333:unidentified', 'https://console.aws.amazon.com/iam/home#/home'],
  ])('about %s leads to the page of IAM', (subject, link) => {
    const { text } = writeMessage({ ...notice, finding: { ...FINDING, subject } });
    expect(text).toContain(`Where to look\n  ${link}\n`);
    expect(text).not.toContain('/kms/');
  });

  test('shows the proposal with its structure, before the steps to take, and says that nothing was changed', () => {
    const { text } = writeMessage(notice);
    const shown = proposal.split('\n').map((line) => `     ${line}\n`);
    expect(text).toContain(
      `What to do now\n  1. Consider this proposal; nothing was changed:\n${shown.join('')}  2. Follow the runbook`,
    );
  });

  test('shortens a proposal that would bury the rest, and lets it forge no line', () => {
    const { text } = writeMessage({ ...notice, decision: { ...told, proposal: `\r\u2028${'x'.repeat(3_000)}` } });
    expect(text).toContain('... (shortened; the whole is in the ledger)');
    expect(text).toContain('    \\u000d\\u2028x');
    expect(text.length).toBeLessThan(6_000);
  });

  test('that is in order again speaks of the policy', () => {
    const { text } = writeMessage({ ...notice, state: 'resolved', finding: { ...notice.finding, status: 'resolved' } });
    expect(text).toContain('Nothing; the policy is in order again.');
    expect(text).not.toContain('A proposal');
  });
});
