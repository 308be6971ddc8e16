import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import { acting, addDays, approving, NAMING, ordering, recall, waitingFacts } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { SELF } from '../facts/people.ts';
import type { ControlCase } from './control-case.ts';

const LONG_AGO = '2025-11-01T00:00:00.000Z';
const lastUsed = (days: number) => ({ trackedSince: LONG_AGO, last: { at: addDays(-days), operation: 'Decrypt' } });
const neverSince = (trackedSince: string) => ({ trackedSince });
const OLD = { createdAt: '2020-01-02T03:04:05.000Z' };

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
    name: 'it was last used before the quiet period',
    action: ordering(),
    facts: waitingFacts([], { usage: lastUsed(90.01) }),
    expected: 'compliant',
    says: 'last used for Decrypt on 2026-05-0',
  },
  {
    name: 'nobody used it since KMS counts, which is long enough',
    action: ordering(),
    facts: waitingFacts([], { key: OLD, usage: neverSince(addDays(-90)) }),
    expected: 'compliant',
    says: 'no use of it is known since KMS began to count',
  },
  {
    name: 'nobody used it since it was made, after KMS began to count',
    action: ordering(),
    facts: waitingFacts([], { key: { createdAt: addDays(-5) }, usage: neverSince(addDays(-20)) }),
    expected: 'compliant',
    says: 'no use of it is known',
  },
  {
    name: 'it was quiet for longer than any wait, and no record shows the order',
    facts: waitingFacts([], { usage: lastUsed(122) }),
    expected: 'compliant',
    says: 'last used for Decrypt',
  },

  {
    name: 'it was used on the day before',
    action: ordering(),
    facts: waitingFacts([], { usage: lastUsed(1) }),
    expected: 'violation',
    says: `Key ${KEY_ID} waits to be deleted: it was last used for Decrypt on 2026-08-02T09:01:02.000Z, and the policy asks for 90 quiet days before a deletion is ordered.`,
  },
  {
    name: 'log files show a use that KMS does not show yet',
    action: ordering(),
    facts: waitingFacts([], {
      usage: { trackedSince: LONG_AGO, last: { at: addDays(-1), operation: 'Decrypt', from: 'log-files' } },
    }),
    expected: 'violation',
    says: 'last used for Decrypt on 2026-08-02T09:01:02.000Z, as log files of CloudTrail show, and the policy asks',
  },
  {
    name: 'log files show a use in the quiet period, and KMS began to count later',
    action: ordering(),
    facts: waitingFacts([], {
      key: OLD,
      usage: { trackedSince: addDays(-10), before: { at: addDays(-20), operation: 'Sign', from: 'log-files' } },
    }),
    expected: 'violation',
    says: 'last used for Sign',
  },
  {
    name: 'log files show a use before the quiet period, and nobody kept count in its first part',
    action: ordering(),
    facts: waitingFacts([], {
      key: OLD,
      usage: { trackedSince: addDays(-10), before: { at: addDays(-200), operation: 'Sign', from: 'log-files' } },
    }),
    expected: 'unknown',
    says: 'no use of it is known since KMS began to count',
  },
  {
    name: 'KMS shows no use lately, and the log files could not be asked',
    action: ordering(),
    facts: waitingFacts([], { usage: { ...lastUsed(200), unasked: 'the uses in log files could not be read' } }),
    expected: 'unknown',
    says: 'whether it was used lately is not certain because the uses in log files could not be read',
  },
  {
    name: 'KMS shows a use, so that it does not matter that the log files could not be asked',
    action: ordering(),
    facts: waitingFacts([], { usage: { ...lastUsed(1), unasked: 'the uses in log files could not be read' } }),
    expected: 'violation',
    says: 'last used for Decrypt',
  },
  {
    name: 'it was used on the first of the quiet days',
    action: ordering(),
    facts: waitingFacts([], { usage: lastUsed(90) }),
    expected: 'violation',
    says: '90 quiet days',
  },
  {
    name: 'it has waited for so long that its last use is long ago by now',
    facts: waitingFacts([ordering()], { usage: lastUsed(80) }),
    now: new Date(addDays(29)),
    expected: 'violation',
    says: 'last used for Decrypt',
  },
  {
    name: 'no record shows the order, and it was used within the quiet period of today',
    facts: waitingFacts([], { usage: lastUsed(10) }),
    expected: 'violation',
    says: 'last used for Decrypt',
  },
  {
    name: 'a primary key that waits for its replicas was used',
    action: ordering(),
    facts: waitingFacts([], {
      key: { state: 'PendingReplicaDeletion', multiRegion: 'primary', deletionWindowInDays: 30 },
      usage: lastUsed(10),
    }),
    expected: 'violation',
    says: 'last used for Decrypt',
  },

  {
    name: 'the deletion was cancelled',
    action: acting('CancelKeyDeletion', addDays(1)),
    facts: { ...factsOf({ state: 'Disabled' }), history: known(recall()) },
    expected: 'not-applicable',
    says: 'not pending deletion (its state is Disabled)',
  },
  {
    name: 'the key is gone',
    action: acting('DeleteKey', addDays(30)),
    facts: GONE,
    expected: 'not-applicable',
    says: KEY_ID,
  },

  {
    name: 'KMS has not counted for long enough',
    action: ordering(),
    facts: waitingFacts([], { key: OLD, usage: neverSince(addDays(-89)) }),
    expected: 'unknown',
    says: 'ask the owner of the key, and search CloudTrail',
  },
  {
    name: 'no record shows the order, and it depends on the day of it',
    facts: waitingFacts([], { usage: lastUsed(100) }),
    expected: 'unknown',
    says: 'no record shows when that was',
  },
  {
    name: 'a primary key waits for its replicas, perhaps for years, and no record shows since when',
    facts: waitingFacts([], {
      key: { state: 'PendingReplicaDeletion', multiRegion: 'primary', deletionWindowInDays: 30 },
      usage: lastUsed(300),
    }),
    expected: 'unknown',
    says: 'no record shows when that was',
  },
  {
    name: 'KMS does not say when the key was made, and has not counted for long enough',
    action: ordering(),
    facts: withoutCreation(),
    expected: 'unknown',
    says: 'no use of it is known',
  },
  {
    name: 'the last use could not be read',
    action: ordering(),
    facts: { ...waitingFacts([]), usage: unread(`kms:GetKeyLastUsage on key ${KEY_ID} was denied`) },
    expected: 'unknown',
    says: 'when it was last used cannot be told because kms:GetKeyLastUsage',
  },
  {
    name: 'the past of the key could not be read',
    action: ordering(),
    facts: { ...waitingFacts([], { usage: lastUsed(1) }), history: unread('entry 3 of its ledger is broken') },
    expected: 'unknown',
    says: 'when its deletion was ordered is unknown: entry 3',
  },
  {
    name: 'the key could not be described',
    action: ordering(),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
];

function withoutCreation(): KeyFacts {
  const facts = waitingFacts([], { usage: neverSince(addDays(-20)) });
  if (!facts.key.known || facts.key.value === 'missing') return facts;
  const { createdAt: _created, ...key } = facts.key.value;
  return { ...facts, key: known(key) };
}
