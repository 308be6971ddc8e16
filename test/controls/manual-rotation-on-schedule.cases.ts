import type { KeyAction } from '../../lib/event/key-action.ts';
import {
  type KeyDescription,
  type KeyFacts,
  type KeyHistory,
  known,
  type Rotations,
  unread,
} from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';

const OLD = '2024-01-02T03:04:05.000Z';
const RSA: Partial<KeyDescription> = { spec: 'RSA_4096', usage: 'SIGN_VERIFY', createdAt: OLD };
const IMPORTED: Partial<KeyDescription> = { origin: 'EXTERNAL', createdAt: OLD };
const NONE: Rotations = { done: [] };
const NO_PAST: KeyHistory = { tags: {} };

const factsAt = (
  key: Partial<KeyDescription>,
  rotations: Rotations = NONE,
  history: KeyHistory = NO_PAST,
): KeyFacts => ({ ...factsOf(key), rotations: known(rotations), history: known(history) });

const past = (api: string, time: string) => {
  const { eventId, actor } = actionOf(api);
  return { eventId, api, time, actor };
};
const importedOn = (time: string, importType?: string): KeyHistory => ({
  tags: {},
  imported: { ...past('ImportKeyMaterial', time), ...(importType === undefined ? {} : { importType }) },
});
const importing = (request: Readonly<Record<string, unknown>> = {}): KeyAction =>
  actionOf('ImportKeyMaterial', { request, step: '4.3.1' });
const rotatedOn = (at: string): Rotations => ({ done: [{ at, type: 'ON_DEMAND' }] });

export const cases: readonly ControlCase[] = [
  {
    name: 'an asymmetric key is young enough',
    facts: factsAt({ ...RSA, createdAt: '2026-01-02T03:04:05.000Z' }),
    expected: 'compliant',
    says: `Key ${KEY_ID} was created on 2026-01-02, 213 days ago; the policy asks for 365 days or less.`,
  },
  {
    name: 'the grace of the policy is not over yet',
    facts: factsAt({ ...RSA, createdAt: '2025-07-20T09:05:00.000Z' }),
    expected: 'compliant',
    says: '379 days ago',
  },
  {
    name: 'an imported key was rotated on demand',
    action: actionOf('RotateKey', { request: { keyId: KEY_ID, rotationType: 'ON_DEMAND' } }),
    facts: factsAt(IMPORTED, rotatedOn('2026-08-03T09:00:00.000Z')),
    expected: 'compliant',
    says: 'was last rotated (ON_DEMAND) on 2026-08-03',
  },
  {
    name: 'an old key has just got its first material',
    action: importing(),
    facts: factsAt(IMPORTED, NONE, { tags: {}, created: past('CreateKey', OLD) }),
    expected: 'compliant',
    says: 'was given imported material on 2026-08-03, 0 days ago',
  },
  {
    name: 'the record tells of new material, and it is in use',
    facts: factsAt(IMPORTED, NONE, importedOn('2026-05-01T00:00:00Z', 'NEW_KEY_MATERIAL')),
    expected: 'compliant',
    says: 'was given imported material on 2026-05-01, 94 days ago',
  },
  {
    name: 'young material was imported again without saying so',
    facts: factsAt({ ...IMPORTED, createdAt: '2026-01-02T03:04:05.000Z' }, NONE, importedOn('2026-05-01T00:00:00Z')),
    expected: 'compliant',
    says: 'was created on 2026-01-02',
  },

  {
    name: 'an asymmetric key is too old',
    facts: factsAt(RSA),
    expected: 'violation',
    says: 'was created on 2024-01-02, 944 days ago; the policy asks for 365 days or less and allows 14 more.',
  },
  {
    name: 'an HMAC key is too old when it is enabled again',
    action: actionOf('EnableKey'),
    facts: factsAt({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', createdAt: '2025-07-20T09:04:59.000Z' }),
    expected: 'violation',
    says: 'allows 14 more',
  },
  {
    name: 'a key in CloudHSM is too old',
    facts: factsAt({ origin: 'AWS_CLOUDHSM', createdAt: OLD }),
    expected: 'violation',
    says: '944 days ago',
  },
  {
    name: 'a key whose key store is disconnected is too old all the same',
    facts: factsAt({ origin: 'AWS_CLOUDHSM', createdAt: OLD, state: 'Unavailable' }),
    expected: 'violation',
    says: '944 days ago',
  },
  {
    name: 'the same material was imported again',
    action: importing({ importType: 'EXISTING_KEY_MATERIAL' }),
    facts: factsAt(IMPORTED),
    expected: 'violation',
    says: 'was created on 2024-01-02',
  },
  {
    name: 'material was imported again, which is the old one unless the request says otherwise',
    action: importing(),
    facts: factsAt(IMPORTED, NONE, importedOn('2024-01-02T04:00:00Z', 'NEW_KEY_MATERIAL')),
    expected: 'violation',
    says: 'was given imported material on 2024-01-02',
  },
  {
    name: 'new material was imported and nobody put it into use',
    action: importing({ importType: 'NEW_KEY_MATERIAL' }),
    facts: factsAt(IMPORTED, { done: [], materialWaits: true }),
    expected: 'violation',
    says: 'new material was imported that waits for a rotation on demand',
  },
  {
    name: 'the last rotation on demand is too long ago',
    facts: factsAt(IMPORTED, rotatedOn('2025-01-02T00:00:00.000Z')),
    expected: 'violation',
    says: 'was last rotated (ON_DEMAND) on 2025-01-02',
  },

  {
    name: 'KMS can rotate the key',
    action: actionOf('EnableKey'),
    facts: factsAt({ createdAt: OLD }),
    expected: 'not-applicable',
    says: 'which rotation-on-schedule judges',
  },
  {
    name: 'KMS could rotate the key if it were enabled',
    action: actionOf('DisableKey'),
    facts: factsAt({ createdAt: OLD, state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'can be rotated by KMS, but for its state',
  },
  {
    name: 'AWS manages the key',
    facts: factsAt({ ...RSA, manager: 'AWS' }),
    expected: 'not-applicable',
    says: 'AWS manages and rotates it',
  },
  {
    name: 'the key is a replica',
    action: actionOf('UpdatePrimaryRegion'),
    facts: factsAt({ ...RSA, multiRegion: 'replica' }),
    expected: 'not-applicable',
    says: 'judged with its primary key',
  },
  {
    name: 'the key is disabled and protects nothing new',
    action: actionOf('DisableKey'),
    facts: factsAt({ ...RSA, state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'is judged when it is enabled',
  },
  {
    name: 'the key will be deleted',
    action: actionOf('ScheduleKeyDeletion'),
    facts: factsAt({ ...RSA, state: 'PendingDeletion' }),
    expected: 'not-applicable',
    says: 'is pending deletion',
  },
  {
    name: 'the key waits for its replicas to be deleted',
    facts: factsAt({ ...RSA, multiRegion: 'primary', state: 'PendingReplicaDeletion' }),
    expected: 'not-applicable',
    says: 'waits for its replicas',
  },
  {
    name: 'the material was deleted',
    action: actionOf('DeleteImportedKeyMaterial'),
    facts: factsAt({ ...IMPORTED, state: 'PendingImport' }),
    expected: 'not-applicable',
    says: 'has no key material',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },

  {
    name: 'the key could not be described',
    action: actionOf('EnableKey'),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
  {
    name: 'the rotations could not be read',
    facts: { ...factsAt(IMPORTED), rotations: unread('kms:ListKeyRotations was denied') },
    expected: 'unknown',
    says: 'kms:ListKeyRotations was denied',
  },
  {
    name: 'the past could not be read',
    facts: { ...factsAt(IMPORTED), history: unread('the ledger could not be read') },
    expected: 'unknown',
    says: `The past of key ${KEY_ID} is unknown because the ledger could not be read.`,
  },
  {
    name: 'KMS tells no date at all',
    facts: { ...factsAt({}), key: known({ ...keyWithout(), ...RSA, createdAt: 'never' }) },
    expected: 'unknown',
    says: 'material of an age that KMS does not tell',
  },
  {
    name: 'the record begins later than the key and does not tell whether the import brought new material',
    action: importing(),
    facts: factsAt(IMPORTED),
    expected: 'unknown',
    says: 'was imported on 2026-08-03T09:01:02Z, but the record does not tell whether that was new material',
  },
  {
    name: 'the material lives in an external key manager, which may have renewed it',
    facts: factsAt({ origin: 'EXTERNAL_KEY_STORE', createdAt: OLD }),
    expected: 'unknown',
    says: 'whether its external key manager has renewed the material since cannot be seen from KMS',
  },
];

function keyWithout(): KeyDescription {
  const { key } = factsOf();
  if (!key.known || key.value === 'missing') throw new Error('The fixture has a key.');
  return key.value;
}
