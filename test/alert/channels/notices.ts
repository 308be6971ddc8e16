import type { Notice } from '../../../lib/alert/notice.ts';
import rotationEnabled from '../../../lib/controls/rotation-enabled.ts';
import { known } from '../../../lib/facts/key-facts.ts';
import type { FindingState } from '../../../lib/ledger/finding.ts';
import { HOME } from '../home.ts';

export const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** What is told when nothing is said about it. */
const BASE: Notice = {
  state: 'opened',
  finding: {
    subject: KEY,
    control: 'rotation-enabled',
    status: 'open',
    verdict: 'violation',
    severity: 'high',
    reason: 'Automatic rotation of key 1234abcd-12ab-34cd-56ef-1234567890ab is off.',
    decision: 'tell',
    openedAt: '2026-08-03T09:01:03.000Z',
    changedAt: '2026-08-03T09:01:03.000Z',
    eventId: 'e-1',
    seq: 7,
    remediatedAt: [],
  },
  control: rotationEnabled,
  action: {
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
    actor: { type: 'AssumedRole', person: 'dana@example.com', sourceIp: '192.0.2.10', bySelf: false },
    request: { keyId: KEY },
    response: {},
    outcome: 'succeeded',
    origin: 'eventbridge',
    digest: 'd'.repeat(64),
  },
  decision: {
    control: 'rotation-enabled',
    decision: 'tell',
    reason: 'The mode of this control is observe.',
    remedy: 'enable-key-rotation',
    plan: {
      summary: 'Switch automatic rotation on.',
      requests: [],
      undo: [],
      before: { rotation: { enabled: false } },
    },
  },
  remediation: undefined,
  aliases: known(['alias/payments']),
  home: HOME,
  planDigest: 'abcdef0123456789'.repeat(4),
};

type Overrides = Partial<Omit<Notice, 'finding' | 'action'>> & {
  readonly finding?: Partial<Notice['finding']>;
  readonly action?: Partial<Notice['action']>;
};

/** The news that the rotation of a key was switched off, with what a test says of it. */
export const noticeOf = ({ finding, action, ...overrides }: Overrides = {}): Notice => ({
  ...BASE,
  ...overrides,
  finding: { ...BASE.finding, ...finding },
  action: { ...BASE.action, ...action },
});

const REMEDIATION: NonNullable<Notice['remediation']> = {
  remedy: 'enable-key-rotation',
  controls: ['rotation-enabled'],
  status: 'confirmed',
  requestIds: ['11111111-2222-4333-8444-555555555555'],
  before: { rotation: { enabled: false } },
  after: { rotation: { enabled: true } },
  undo: [],
};

/** One piece of news of each state. */
export const EVERY_STATE: Readonly<Record<FindingState, Notice>> = {
  opened: noticeOf(),
  reopened: noticeOf({ state: 'reopened', finding: { openings: 2 } }),
  'needs-approval': noticeOf({ state: 'needs-approval', finding: { decision: 'ask' } }),
  rejected: noticeOf({ state: 'rejected', finding: { decision: 'rejected' } }),
  remediated: noticeOf({ state: 'remediated', remediation: REMEDIATION }),
  'not-remediated': noticeOf({
    state: 'not-remediated',
    remediation: { ...REMEDIATION, status: 'failed', reason: 'AWS refused it.' },
  }),
  undone: noticeOf({ state: 'undone', remediation: { ...REMEDIATION, undoes: 3 } }),
  'not-undone': noticeOf({
    state: 'not-undone',
    finding: { status: 'resolved' },
    remediation: { ...REMEDIATION, undoes: 3, status: 'failed', reason: 'AWS refused it.' },
  }),
  waived: noticeOf({ state: 'waived', finding: { status: 'waived', decision: 'waived' } }),
  resolved: noticeOf({ state: 'resolved', finding: { status: 'resolved', decision: 'none' } }),
};
