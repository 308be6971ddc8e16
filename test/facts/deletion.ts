import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyDescription, type KeyFacts, type KeyHistory, known, type Usage } from '../../lib/facts/key-facts.ts';
import { EMPTY_HISTORY, nextHistory } from '../../lib/facts/key-history.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { actionOf, POLICY } from '../controls/control-case.ts';
import { factsOf, KEY_ARN } from './key.ts';
import { ADMINISTRATORS, APPROVERS, DANA, OLIVIA } from './people.ts';

export const TAG = 'keywarden:deletion-approval';
export const APPROVAL = 'olivia@example.com SEC-42';

/** When the deletion of the cases was ordered: minutes before their clock. */
export const ORDERED_AT = '2026-08-03T09:01:02Z';
export const addDays = (days: number, from = ORDERED_AT) =>
  new Date(Date.parse(from) + days * 86_400_000).toISOString();

/** The policy of an organisation that has named who may order and who may approve a deletion. */
export const NAMING: Policy = {
  ...POLICY,
  trust: { ...POLICY.trust, administrators: ADMINISTRATORS },
  deletion: { ...POLICY.deletion, approvers: APPROVERS },
};

/** An action on the key of the cases, with an id of its own. */
export const acting = (api: string, time: string, overrides: Partial<KeyAction> = {}): KeyAction =>
  actionOf(api, { eventId: `${api}-${time}`, time, actor: DANA, request: { keyId: KEY_ARN }, ...overrides });

/** Olivia writes the approval, an hour before the order. */
export const approving = (value = APPROVAL, overrides: Partial<KeyAction> = {}): KeyAction =>
  acting('TagResource', '2026-08-03T08:00:00Z', {
    actor: OLIVIA,
    request: { keyId: KEY_ARN, tags: [{ tagKey: TAG, tagValue: value }] },
    ...overrides,
  });

/** Dana orders the deletion. */
export const ordering = (days: unknown = 30, overrides: Partial<KeyAction> = {}): KeyAction =>
  acting('ScheduleKeyDeletion', ORDERED_AT, {
    step: '4.5.1',
    request: { keyId: KEY_ARN, pendingWindowInDays: days },
    ...overrides,
  });

export const recall = (...actions: readonly KeyAction[]): KeyHistory => actions.reduce(nextHistory, EMPTY_HISTORY);

/** What is so of a key that waits for so many days, and of its past. */
export const waitingFacts = (
  past: readonly KeyAction[] = [],
  options: {
    readonly days?: number;
    readonly key?: Partial<KeyDescription>;
    readonly tags?: Readonly<Record<string, string>>;
    readonly usage?: Usage;
  } = {},
): KeyFacts => ({
  ...factsOf({ state: 'PendingDeletion', deletionAt: addDays(options.days ?? 30), ...options.key }),
  history: known(recall(...past)),
  tags: known(options.tags ?? { [TAG]: APPROVAL }),
  ...(options.usage === undefined ? {} : { usage: known(options.usage) }),
});
