import type { RecordedDecision, RecordedVerdict } from '../../../lib/ledger/entry.ts';
import type { OrderDone } from '../../../lib/orders/order.ts';

/** A key that the tests are about. */
export const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0d1c2b3a-0000-4000-8000-00000000c0de';

const request = (operation: string) => ({
  service: 'kms' as const,
  operation,
  region: 'eu-west-1',
  parameters: { KeyId: KEY },
});

/** Rotation is off, and a plan to switch it on waits. */
export const WAITING: RecordedDecision = {
  control: 'rotation-enabled',
  decision: 'ask',
  reason: 'The mode of this control is approve.',
  remedy: 'enable-key-rotation',
  plan: {
    summary: 'Switch automatic rotation on.',
    requests: [request('EnableKeyRotation')],
    undo: [request('DisableKeyRotation')],
    before: { enabled: false },
  },
};

export const VIOLATION: RecordedVerdict = {
  control: 'rotation-enabled',
  step: '4.4.1',
  severity: 'high',
  verdict: 'violation',
  reason: 'Automatic rotation is off.',
};

/** An answer of the function; a dry run of a verification unless said otherwise. */
export const answer = (overrides: Partial<OrderDone> = {}): OrderDone => ({
  status: 'verified',
  message: '1 control: 1 violation.',
  key: KEY,
  dryRun: true,
  verdicts: [VIOLATION],
  decisions: [WAITING],
  remediations: [],
  ...overrides,
});
