import { readFileSync } from 'node:fs';
import type { Verdict } from '../../lib/controls/control.ts';
import { controlIds } from '../../lib/controls/index.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { KeyFacts } from '../../lib/facts/key-facts.ts';
import { parsePolicy } from '../../lib/policy/load-policy.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, KEY_ARN, REGION } from '../facts/key.ts';

/** One situation and what the control must say about it. */
export interface ControlCase {
  readonly name: string;
  /** Absent: the state alone is judged. */
  readonly action?: KeyAction;
  readonly facts: KeyFacts;
  /** Absent: the policy that ships with Keywarden. */
  readonly policy?: Policy;
  /** Absent: {@link NOW}. */
  readonly now?: Date;
  readonly expected: Verdict;
  /** What the reason must say. */
  readonly says: string;
  /** What of the subject the reason must name. Absent: the key, or the keys that a control of another service is about. */
  readonly names?: string;
  /** The remedy of the control must not be used, and its reason says this. Absent: it must have a plan for a violation. */
  readonly noPlan?: string;
}

/** The clock of every case. */
export const NOW = new Date('2026-08-03T09:05:00.000Z');

export const POLICY_FILE = new URL('../../keywarden.policy.yml', import.meta.url);

/** The policy that ships with Keywarden. */
export const POLICY: Policy = parsePolicy(readFileSync(POLICY_FILE, 'utf8'), 'keywarden.policy.yml', controlIds);

/** A succeeded action on the key of the cases, some minutes before {@link NOW}. */
export const actionOf = (api: string, overrides: Partial<KeyAction> = {}): KeyAction => ({
  eventId: '3d1fdf6f-0000-4000-8000-000000000001',
  requestId: '3d1fdf6f-0000-4000-8000-000000000002',
  time: '2026-08-03T09:01:02Z',
  api,
  eventSource: 'kms.amazonaws.com',
  kind: 'lifecycle',
  step: '4.4.1',
  subject: KEY_ARN,
  keys: [KEY_ARN],
  account: ACCOUNT,
  region: REGION,
  actor: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/anna`,
    sourceIp: '192.0.2.10',
    bySelf: false,
  },
  request: { keyId: KEY_ARN },
  response: {},
  outcome: 'succeeded',
  origin: 'eventbridge',
  digest: '0'.repeat(64),
  ...overrides,
});

/** Keywarden's own role in every case. */
export const OWN_ROLES = ['arn:aws:iam::111122223333:role/keywarden-dev-lifecycle'];

/** What Keywarden is made of in every case. */
export const OWN_RESOURCES = ['arn:aws:*:*:111122223333:*keywarden-dev-*', 'arn:aws:s3:::keywarden-dev-evidence'];
