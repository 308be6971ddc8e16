import type { KeyAction } from '../../lib/event/key-action.ts';
import type { ActionEntry, OutcomeEntry, RecordedDecision, RecordedRemediation } from '../../lib/ledger/entry.ts';

export const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const ROLE = 'arn:aws:iam::111122223333:role/keywarden-dev-lifecycle';

/** A call with Keywarden's own role, by default one that switches the rotation on, at nine o'clock. */
export const actionOf = (overrides: Partial<KeyAction> = {}): KeyAction => ({
  eventId: 'own-1',
  requestId: 'request-1',
  time: '2026-08-03T09:00:00Z',
  api: 'EnableKeyRotation',
  eventSource: 'kms.amazonaws.com',
  kind: 'lifecycle',
  step: '4.4.1',
  subject: KEY,
  keys: [KEY],
  account: '111122223333',
  region: 'eu-west-1',
  actor: { type: 'AssumedRole', sessionIssuer: ROLE, bySelf: true },
  request: { keyId: KEY, rotationPeriodInDays: 365 },
  response: {},
  outcome: 'succeeded',
  origin: 'eventbridge',
  digest: 'd'.repeat(64),
  ...overrides,
});

const linkOf = (seq: number, recordedAt: string) => ({
  v: 1 as const,
  subject: KEY,
  seq,
  prevHash: '0'.repeat(64),
  eventId: `event-${seq}`,
  recordedAt,
  recordedBy: 'keywarden test',
});

const TO_ROTATE: RecordedDecision = {
  control: 'rotation-enabled',
  decision: 'act',
  reason: 'The remedy is safe.',
  remedy: 'enable-key-rotation',
  plan: {
    summary: 'Switch the rotation on.',
    requests: [
      {
        service: 'kms',
        operation: 'EnableKeyRotation',
        region: 'eu-west-1',
        parameters: { KeyId: KEY, RotationPeriodInDays: 365 },
      },
    ],
    undo: [],
    before: {},
  },
};

/** The entry that decided to switch the rotation on, by default a second before the call. */
export const intentOf = (
  seq: number,
  {
    recordedAt = '2026-08-03T08:59:59Z',
    decision = {},
  }: { recordedAt?: string; decision?: Partial<RecordedDecision> } = {},
): ActionEntry => ({
  ...linkOf(seq, recordedAt),
  type: 'action',
  action: actionOf({ eventId: `event-${seq}`, api: 'DisableKeyRotation', actor: { type: 'IAMUser', bySelf: false } }),
  policy: 'f'.repeat(64),
  verdicts: [],
  decisions: [{ ...TO_ROTATE, ...decision }],
});

/** The outcome of an entry, by default a second after the call. */
export const outcomeOf = (
  of: number,
  remediation: Partial<RecordedRemediation> = {},
  recordedAt = '2026-08-03T09:00:01Z',
): OutcomeEntry => ({
  ...linkOf(of + 1, recordedAt),
  type: 'outcome',
  of,
  remediations: [
    {
      remedy: 'enable-key-rotation',
      controls: ['rotation-enabled'],
      status: 'confirmed',
      requestIds: [],
      before: {},
      undo: [],
      ...remediation,
    },
  ],
  told: [],
});
