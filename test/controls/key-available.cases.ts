import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyDescription, type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import { acting, addDays, NAMING, ordering, recall } from '../facts/deletion.ts';
import { ACCOUNT, factsOf, GONE, KEY_ID, REGION, UNREADABLE } from '../facts/key.ts';
import { DANA, EVE, KMS_ITSELF, ROOT, SELF } from '../facts/people.ts';
import { type ControlCase, POLICY } from './control-case.ts';

const at = (minute: number) => new Date(Date.parse('2026-08-03T09:00:00Z') + minute * 60_000).toISOString();
const act = (api: string, overrides: Partial<KeyAction> = {}, minute = 1) => acting(api, at(minute), overrides);
const inState = (state: string, past: readonly KeyAction[] = [], key: Partial<KeyDescription> = {}): KeyFacts => ({
  ...factsOf({ state, ...key }),
  history: known(recall(...past)),
});
const DISABLED = inState('Disabled');
const EMPTY = inState('PendingImport', [], { origin: 'EXTERNAL' });
/** KMS gives key stores no ARN; the form is Keywarden's own. */
const STORE = `arn:aws:kms:${REGION}:${ACCOUNT}:custom-key-store/cks-1234567890abcdef0`;
const onStore = (api: string, overrides: Partial<KeyAction> = {}) =>
  act(api, { subject: STORE, keys: [], ...overrides });
const NO_KEY: KeyFacts = { ...UNREADABLE, key: unread('the action names no key') };

export const cases: readonly ControlCase[] = [
  {
    name: 'an administrator disabled it',
    action: act('DisableKey'),
    facts: DISABLED,
    policy: NAMING,
    expected: 'compliant',
    says: 'disabled: DisableKey by dana@example.com as arn:aws:iam::111122223333:role/KeyAdmin',
  },
  {
    name: 'Keywarden disabled it',
    action: act('DisableKey', { actor: SELF }),
    facts: DISABLED,
    policy: NAMING,
    expected: 'compliant',
    says: 'keywarden-dev-lifecycle',
  },
  {
    name: 'an administrator disabled it before somebody else did so in vain',
    action: act('DisableKey', { actor: EVE }, 2),
    facts: inState('Disabled', [act('DisableKey')]),
    policy: NAMING,
    expected: 'compliant',
    says: 'by dana@example.com',
  },
  {
    name: 'it was enabled again',
    action: act('EnableKey'),
    facts: inState('Enabled'),
    expected: 'compliant',
    says: 'is enabled',
  },
  {
    name: 'it was enabled again before Keywarden looked',
    action: act('DisableKey', { actor: EVE }),
    facts: inState('Enabled'),
    policy: NAMING,
    expected: 'compliant',
    says: 'is enabled',
  },
  {
    name: 'an administrator deleted its material',
    action: act('DeleteImportedKeyMaterial'),
    facts: EMPTY,
    policy: NAMING,
    expected: 'compliant',
    says: 'whom trust.administrators names',
  },
  {
    name: 'an administrator disconnected its key store',
    action: onStore('DisconnectCustomKeyStore'),
    facts: NO_KEY,
    policy: NAMING,
    expected: 'compliant',
    says: 'Key store cks-1234567890abcdef0 and every key in it cannot be used',
  },
  {
    name: 'Keywarden would have disconnected its key store',
    action: onStore('DisconnectCustomKeyStore', { actor: SELF }),
    facts: NO_KEY,
    policy: NAMING,
    expected: 'compliant',
    says: 'Key store cks-1234567890abcdef0',
  },
  {
    name: 'its key store was connected again',
    action: onStore('ConnectCustomKeyStore', { actor: EVE }),
    facts: NO_KEY,
    policy: NAMING,
    expected: 'compliant',
    says: 'Key store cks-1234567890abcdef0 is connected',
  },

  {
    name: 'a contractor disabled it',
    action: act('DisableKey', { actor: EVE }),
    facts: DISABLED,
    policy: NAMING,
    expected: 'violation',
    says: `Key ${KEY_ID} is disabled: DisableKey by eve@example.com as arn:aws:iam::111122223333:role/Contractor on 2026-08-03T09:01:00.000Z, whom trust.administrators of the policy file does not name.`,
  },
  {
    name: 'the record alone shows that a contractor disabled it',
    facts: inState('Disabled', [act('DisableKey', { actor: EVE })]),
    policy: NAMING,
    expected: 'violation',
    says: 'by eve@example.com',
  },
  {
    name: 'the root user disabled it, whoever is named',
    action: act('DisableKey', { actor: ROOT }),
    facts: DISABLED,
    policy: POLICY,
    expected: 'violation',
    says: 'the root user is never an administrator',
  },
  {
    name: 'a contractor deleted its material',
    action: act('DeleteImportedKeyMaterial', { actor: EVE }),
    facts: EMPTY,
    policy: NAMING,
    expected: 'violation',
    says: 'has lost its imported material at once and cannot be used: DeleteImportedKeyMaterial by eve@example.com',
    noPlan: 'import the same material again',
  },
  {
    name: 'its material has expired, whoever is named',
    action: act('DeleteExpiredKeyMaterial', { actor: KMS_ITSELF }),
    facts: EMPTY,
    policy: POLICY,
    expected: 'violation',
    says: 'DeleteExpiredKeyMaterial by KMS on',
    noPlan: 'import the same material again',
  },
  {
    name: 'a contractor disconnected its key store',
    action: onStore('DisconnectCustomKeyStore', { actor: EVE }),
    facts: NO_KEY,
    policy: NAMING,
    expected: 'violation',
    says: 'cannot be used: DisconnectCustomKeyStore by eve@example.com',
    noPlan: 'could not be read',
  },
  {
    name: 'the root user deleted its key store',
    action: onStore('DeleteCustomKeyStore', { actor: ROOT }),
    facts: NO_KEY,
    policy: POLICY,
    expected: 'violation',
    says: 'the root user is never an administrator',
    noPlan: 'could not be read',
  },

  {
    name: 'the policy file names no administrators',
    action: act('DisableKey', { actor: EVE }),
    facts: DISABLED,
    policy: POLICY,
    expected: 'not-applicable',
    says: 'names no administrators to compare with (trust.administrators)',
  },
  {
    name: 'the policy file names no administrators, and no record shows who disabled it',
    facts: DISABLED,
    policy: POLICY,
    expected: 'not-applicable',
    says: 'names no administrators (trust.administrators)',
  },
  {
    name: 'the policy file names nobody who may disconnect its key store',
    action: onStore('DisconnectCustomKeyStore', { actor: EVE }),
    facts: NO_KEY,
    policy: POLICY,
    expected: 'not-applicable',
    says: 'Key store cks-1234567890abcdef0',
  },
  {
    name: 'it is to be deleted',
    action: ordering(),
    facts: { ...factsOf({ state: 'PendingDeletion', deletionAt: addDays(30) }), history: known(recall()) },
    policy: NAMING,
    expected: 'not-applicable',
    says: 'is pending deletion',
  },
  {
    name: 'it is a primary key that waits for its replicas',
    facts: inState('PendingReplicaDeletion'),
    policy: NAMING,
    expected: 'not-applicable',
    says: 'is pending deletion',
  },
  {
    name: 'its deletion was cancelled, which left it disabled',
    facts: inState('Disabled', [ordering(), act('CancelKeyDeletion', { actor: EVE }, 5)]),
    policy: NAMING,
    expected: 'not-applicable',
    says: 'is disabled since eve@example.com as arn:aws:iam::111122223333:role/Contractor cancelled its deletion',
  },
  {
    name: 'it waits for its first material',
    facts: inState('PendingImport', [act('CreateKey', { request: { origin: 'EXTERNAL' } })]),
    policy: NAMING,
    expected: 'not-applicable',
    says: 'waits for its first material',
  },
  { name: 'the key is gone', action: act('DeleteKey'), facts: GONE, expected: 'not-applicable', says: KEY_ID },

  {
    name: 'no record shows who disabled it',
    facts: DISABLED,
    policy: NAMING,
    expected: 'unknown',
    says: 'no record shows who did it; look it up in the event history',
  },
  {
    name: 'no record shows who took its material',
    facts: inState('PendingImport', [act('CreateKey'), act('ImportKeyMaterial', { actor: DANA }, 2)]),
    policy: NAMING,
    expected: 'unknown',
    says: 'no record shows who took it away',
  },
  {
    name: 'a service disabled it by itself',
    action: act('DisableKey', { actor: { type: 'AWSService', invokedBy: 'x.amazonaws.com', bySelf: false } }),
    facts: DISABLED,
    policy: NAMING,
    expected: 'unknown',
    says: 'by x.amazonaws.com on 2026-08-03T09:01:00.000Z, and the record does not say who that is',
  },
  {
    name: 'its key store is disconnected',
    facts: inState('Unavailable'),
    policy: NAMING,
    expected: 'unknown',
    says: 'its key store is disconnected',
  },
  {
    name: 'it is on its way to another state',
    facts: inState('Updating'),
    policy: NAMING,
    expected: 'unknown',
    says: 'in the state Updating; verify it again',
  },
  {
    name: 'the past of the key could not be read',
    action: act('DisableKey', { actor: EVE }),
    facts: { ...DISABLED, history: unread('entry 3 of its ledger is broken') },
    policy: NAMING,
    expected: 'unknown',
    says: 'unknown because entry 3',
  },
  {
    name: 'the key could not be described',
    action: act('DisableKey'),
    facts: UNREADABLE,
    policy: NAMING,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
];
