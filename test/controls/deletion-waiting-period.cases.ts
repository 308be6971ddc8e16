import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyDescription, known, unread } from '../../lib/facts/key-facts.ts';
import { EMPTY_HISTORY } from '../../lib/facts/key-history.ts';
import { acting, addDays, approving, NAMING, ordering, waitingFacts } from '../facts/deletion.ts';
import { factsOf as describing, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { EVE, SELF } from '../facts/people.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

/** Minutes before the clock of the cases. */
const TIME = '2026-08-03T09:01:02Z';
const after = (days: number, from = TIME) => new Date(Date.parse(from) + days * 86_400_000).toISOString();

const scheduled = (fields: Partial<Pick<KeyAction, 'request' | 'response' | 'time' | 'actor'>> = {}) =>
  actionOf('ScheduleKeyDeletion', { step: '4.5.1', time: TIME, ...fields });
/** Nothing is recorded of the past but the action itself. */
const factsOf = (overrides: Partial<KeyDescription> = {}) => ({
  ...describing(overrides),
  history: known(EMPTY_HISTORY),
});
const asking = (days: unknown) => scheduled({ request: { keyId: KEY_ID, pendingWindowInDays: days } });
const pending = (days: number) => factsOf({ state: 'PendingDeletion', deletionAt: after(days) });
const waiting = (deletionWindowInDays?: number) =>
  factsOf({
    state: 'PendingReplicaDeletion',
    multiRegion: 'primary',
    ...(deletionWindowInDays === undefined ? {} : { deletionWindowInDays }),
  });
const FOURTEEN = { ...POLICY, deletion: { ...POLICY.deletion, minimumWaitingDays: 14 } };

export const cases: readonly ControlCase[] = [
  {
    name: 'Keywarden cancelled it and ordered it anew, which is not on record yet',
    action: acting('CancelKeyDeletion', '2026-08-03T09:02:00Z', { actor: SELF }),
    facts: waitingFacts([approving(), ordering(7)], { key: { deletionAt: addDays(30, '2026-08-03T09:02:01Z') } }),
    policy: NAMING,
    expected: 'not-applicable',
    says: 'is judged when the record of the order arrives',
  },
  {
    name: '30 days were asked for',
    action: asking(30),
    facts: pending(30),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the request named no period, so that KMS took 30',
    action: scheduled(),
    facts: pending(30),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the response tells the period',
    action: scheduled({ response: { pendingWindowInDays: 30 } }),
    facts: pending(30),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the date in the response tells the period',
    action: scheduled({ response: { deletionDate: 'Sep 2, 2026, 9:01:02 AM' } }),
    facts: pending(30),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'KMS deletes a day after the period ends',
    action: asking(30),
    facts: pending(31),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the clock of CloudTrail is a second ahead of the date that KMS has',
    action: asking(30),
    facts: factsOf({ state: 'PendingDeletion', deletionAt: '2026-09-02T09:01:01.000Z' }),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the state alone shows the minimum to the second',
    facts: pending(30),
    now: new Date(TIME),
    expected: 'compliant',
    says: '30 days left',
  },
  {
    name: 'the policy asks for less',
    action: asking(14),
    facts: pending(14),
    policy: FOURTEEN,
    expected: 'compliant',
    says: 'asks for 14 or more',
  },
  { name: 'the state alone shows enough time', facts: pending(31), expected: 'compliant', says: '30 days left' },
  {
    name: 'a short period was replaced by a long one since',
    action: asking(7),
    facts: factsOf({ state: 'PendingDeletion', deletionAt: '2026-09-10T00:00:00.000Z' }),
    expected: 'compliant',
    says: 'left before it is deleted',
  },
  {
    name: 'a primary key waits for its replicas, then 30 days',
    action: asking(30),
    facts: waiting(30),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the state alone of a primary key tells the period',
    facts: waiting(30),
    expected: 'compliant',
    says: 'given 30 days',
  },

  {
    name: '7 days were asked for',
    action: asking(7),
    facts: pending(7),
    expected: 'violation',
    says: `Key ${KEY_ID} is given 7 days before it is deleted, and the policy asks for 30 or more.`,
  },
  {
    name: 'a day too few was asked for',
    action: asking(29),
    facts: pending(29),
    expected: 'violation',
    says: 'given 29 days',
  },
  {
    name: 'only the response tells that it is 7 days',
    action: scheduled({ response: { pendingWindowInDays: 7 } }),
    facts: pending(7),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'only the date in the response tells that it is 7 days',
    action: scheduled({ response: { deletionDate: 'Aug 10, 2026, 9:01:02 AM' } }),
    facts: pending(7),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'the date is a second early',
    action: scheduled({ response: { deletionDate: 'Aug 10, 2026, 9:01:01 AM' } }),
    facts: pending(7),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'a day later than the period does not make it longer',
    action: scheduled({ response: { deletionDate: 'Aug 11, 2026, 8:00:00 AM' } }),
    facts: pending(7),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'a primary key waits for its replicas, then 7 days',
    action: asking(7),
    facts: waiting(7),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'a primary key waits for its replicas and only the request tells the period',
    action: asking(7),
    facts: waiting(),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'a primary key was given a short period after the record',
    action: asking(30),
    facts: waiting(7),
    expected: 'violation',
    says: 'given 7 days',
  },

  {
    name: 'the deletion was cancelled',
    action: actionOf('CancelKeyDeletion'),
    facts: factsOf({ state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'not pending deletion (its state is Disabled)',
  },
  {
    name: 'the deletion was cancelled before Keywarden looked',
    action: asking(7),
    facts: factsOf({ state: 'Enabled' }),
    expected: 'not-applicable',
    says: 'Enabled',
  },
  { name: 'the key is gone', action: actionOf('DeleteKey'), facts: GONE, expected: 'not-applicable', says: KEY_ID },
  {
    name: 'nobody wants to delete the key',
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'not pending deletion',
  },

  {
    name: 'the state alone shows a short rest of an unknown period',
    facts: pending(29),
    expected: 'unknown',
    says: 'will do so on 2026-09-01T09:01:02.000Z, and the waiting period it was given cannot be seen',
  },
  {
    name: 'the deletion was scheduled again since',
    action: asking(30),
    facts: pending(7),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'the deletion was scheduled again since, with a day more',
    action: asking(7),
    facts: pending(9),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'the default does not fit the date that KMS has',
    action: scheduled(),
    facts: pending(7),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'a cancelled deletion was scheduled again',
    action: actionOf('CancelKeyDeletion'),
    facts: pending(7),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'the period is no number',
    action: asking('7'),
    facts: pending(7),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'the period is no number and the date would fit the default',
    action: asking('30'),
    facts: pending(29.9),
    expected: 'unknown',
    says: 'cannot be seen',
  },
  {
    name: 'KMS does not say when it deletes the key',
    facts: factsOf({ state: 'PendingDeletion' }),
    expected: 'unknown',
    says: 'does not say when',
  },
  {
    name: 'a primary key waits for its replicas and nobody tells how long',
    facts: waiting(),
    expected: 'unknown',
    says: 'does not say when',
  },
  {
    name: 'the key could not be described',
    action: asking(7),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
  {
    name: 'the past of the key could not be read',
    action: asking(7),
    facts: { ...pending(7), history: unread('entry 3 of its ledger is broken') },
    expected: 'unknown',
    says: 'how long is unknown because entry 3',
  },

  {
    name: 'the record alone tells that it was given 30 days, weeks ago',
    facts: waitingFacts([ordering(30)]),
    now: new Date(after(20)),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: 'the record alone tells that it was given 7 days',
    facts: waitingFacts([ordering(7)], { days: 7 }),
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: 'Keywarden has scheduled it anew with 30 days',
    action: acting('ScheduleKeyDeletion', after(2), { actor: SELF, request: { pendingWindowInDays: 30 } }),
    facts: waitingFacts([ordering(7), acting('CancelKeyDeletion', after(2), { actor: SELF })], { days: 32 }),
    now: new Date(after(2)),
    expected: 'compliant',
    says: 'given 30 days',
  },
  {
    name: '7 days were asked for, by an administrator and with an approval',
    action: ordering(7),
    facts: waitingFacts([approving()], { days: 7 }),
    policy: NAMING,
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: '7 days were asked for by a contractor',
    action: scheduled({ request: { pendingWindowInDays: 7 }, actor: EVE }),
    facts: waitingFacts([approving()], { days: 7 }),
    policy: NAMING,
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: '7 days were asked for and nobody approved it',
    action: ordering(7),
    facts: waitingFacts([], { days: 7, tags: {} }),
    policy: NAMING,
    expected: 'violation',
    says: 'given 7 days',
  },
  {
    name: '7 days were asked for a key that is in use',
    action: ordering(7),
    facts: waitingFacts([approving()], {
      days: 7,
      usage: { trackedSince: after(-300), last: { at: after(-1), operation: 'Decrypt' } },
    }),
    policy: NAMING,
    expected: 'violation',
    says: 'given 7 days',
  },
];
