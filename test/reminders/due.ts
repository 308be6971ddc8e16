import type { Finding } from '../../lib/ledger/finding.ts';

export const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** The hours of the policy that ships. */
export const ALERTS = {
  remindAfterHours: { critical: 4, high: 24, medium: 72, low: 168 },
  escalateAfterHours: { critical: 12, high: 72, medium: 336, low: 720 },
  storm: { messages: 30, minutes: 15 },
};

/** An open finding of high severity that began at nine on 3 August, and nothing has changed since. */
export const findingWith = (overrides: Partial<Finding> = {}): Finding => ({
  subject: KEY,
  control: 'rotation-enabled',
  status: 'open',
  verdict: 'violation',
  severity: 'high',
  reason: 'Automatic rotation is off.',
  decision: 'tell',
  openedAt: '2026-08-03T09:20:00.000Z',
  changedAt: '2026-08-03T09:20:00.000Z',
  eventId: 'e-1',
  seq: 1,
  remediatedAt: [],
  ...overrides,
});
