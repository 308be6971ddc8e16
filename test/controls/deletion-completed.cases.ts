import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import { acting, addDays, ordering, recall, waitingFacts } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { KMS_ITSELF } from '../facts/people.ts';
import type { ControlCase } from './control-case.ts';

const withPast = (facts: KeyFacts, ...past: readonly KeyAction[]): KeyFacts => ({
  ...facts,
  history: known(recall(...past)),
});
const backingKeys = (deletionStatus: string) =>
  JSON.stringify([{ keyHandle: '01', backingKeyId: 'backing-key-1', deletionStatus }]);
const deleted = (status?: string, eventId = 'deleted-1') =>
  acting('DeleteKey', addDays(30), {
    eventId,
    step: '4.5.3',
    actor: KMS_ITSELF,
    response: status === undefined ? {} : { backingKeysDeletionStatus: status },
  });
const AFTER = new Date(addDays(30.01));

export const cases: readonly ControlCase[] = [
  {
    name: 'KMS records that it destroyed the key',
    action: deleted(),
    facts: withPast(GONE),
    now: AFTER,
    expected: 'compliant',
    says: `Key ${KEY_ID} was destroyed on`,
  },
  {
    name: 'KMS records it and still describes the key',
    action: deleted(),
    facts: waitingFacts([ordering()]),
    now: AFTER,
    expected: 'compliant',
    says: 'was destroyed on',
  },
  {
    name: 'the backing keys were destroyed too',
    action: deleted(backingKeys('SUCCESS')),
    facts: withPast(GONE),
    now: AFTER,
    expected: 'compliant',
    says: 'was destroyed on',
  },
  {
    name: 'the key does not exist any more and nothing else is known',
    facts: withPast(GONE),
    expected: 'compliant',
    says: 'The key does not exist any more',
  },
  {
    name: 'the key does not exist any more, weeks after the order',
    facts: withPast(GONE, ordering()),
    now: AFTER,
    expected: 'compliant',
    says: 'does not exist any more',
  },

  {
    name: 'the key is still there a day after its day',
    facts: waitingFacts([ordering()]),
    now: new Date(addDays(31.01)),
    expected: 'violation',
    says: `Key ${KEY_ID} was to be destroyed on 2026-09-02T09:01:02.000Z, and is still there.`,
  },
  {
    name: 'the backing keys were not destroyed',
    action: deleted(backingKeys('FAILURE')),
    facts: withPast(GONE),
    now: AFTER,
    expected: 'violation',
    says: 'but KMS says FAILURE of its backing keys in the CloudHSM cluster',
  },
  {
    name: 'one of the backing keys was not destroyed',
    action: deleted(`${backingKeys('SUCCESS')}${backingKeys('FAILURE')}`),
    facts: withPast(GONE),
    now: AFTER,
    expected: 'violation',
    says: 'FAILURE',
  },
  {
    name: 'another record of the same destruction says nothing of the backing keys',
    action: deleted(undefined, 'deleted-2'),
    facts: withPast(GONE, deleted(backingKeys('FAILURE'))),
    now: AFTER,
    expected: 'violation',
    says: 'FAILURE',
  },
  {
    name: 'the first record of the destruction said nothing of the backing keys',
    action: deleted(backingKeys('FAILURE'), 'deleted-2'),
    facts: withPast(GONE, deleted()),
    now: AFTER,
    expected: 'violation',
    says: 'FAILURE',
  },

  {
    name: 'its day has not come',
    action: ordering(),
    facts: waitingFacts([]),
    expected: 'not-applicable',
    says: 'is to be destroyed on 2026-09-02T09:01:02.000Z',
  },
  {
    name: 'KMS has 24 hours more',
    facts: waitingFacts([ordering()]),
    now: new Date(addDays(31)),
    expected: 'not-applicable',
    says: 'has hardly passed',
  },
  {
    name: 'a primary key waits for its replicas',
    action: ordering(),
    facts: waitingFacts([], { key: { state: 'PendingReplicaDeletion', multiRegion: 'primary' } }),
    expected: 'not-applicable',
    says: 'waits for its last replica to be deleted',
  },
  {
    name: 'the deletion was cancelled',
    action: acting('CancelKeyDeletion', addDays(2)),
    facts: withPast(factsOf({ state: 'Disabled' }), ordering()),
    expected: 'not-applicable',
    says: 'not pending deletion (its state is Disabled)',
  },

  {
    name: 'KMS does not find a key that it cannot have destroyed yet',
    action: ordering(),
    facts: withPast(GONE),
    expected: 'unknown',
    says: 'less than 7 days have passed',
  },
  {
    name: 'KMS says something new of the backing keys',
    action: deleted('[{"deletionStatus":"POSTPONED"}]'),
    facts: withPast(GONE),
    now: AFTER,
    expected: 'unknown',
    says: 'POSTPONED',
  },
  {
    name: 'KMS does not say when it destroys the key',
    facts: withPast(factsOf({ state: 'PendingDeletion' })),
    expected: 'unknown',
    says: 'KMS does not say when',
  },
  {
    name: 'the past of the key could not be read',
    action: deleted(),
    facts: { ...GONE, history: unread('entry 3 of its ledger is broken') },
    expected: 'unknown',
    says: `Whether key ${KEY_ID} was destroyed is unknown because entry 3`,
  },
  {
    name: 'the key could not be described',
    action: ordering(),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
];
