import type { KeyAction } from '../../lib/event/key-action.ts';
import { acting, addDays } from '../facts/deletion.ts';
import { factsOf, GONE, KEY_ARN, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { SELF } from '../facts/people.ts';
import type { ControlCase } from './control-case.ts';

const refused = (api: string, message = `${KEY_ARN} is pending deletion.`, overrides: Partial<KeyAction> = {}) =>
  acting(api, addDays(1), {
    kind: 'use',
    outcome: 'failed',
    error: { code: 'KMSInvalidStateException', message },
    ...overrides,
  });
const WAITING = factsOf({ state: 'PendingDeletion', deletionAt: addDays(30) });

export const cases: readonly ControlCase[] = [
  {
    name: 'somebody tried to decrypt with it',
    action: refused('Decrypt'),
    facts: WAITING,
    expected: 'violation',
    says: `Key ${KEY_ID} will be deleted on 2026-09-02T09:01:02.000Z, and somebody tried to use it and was refused.`,
  },
  {
    name: 'the record has the other error code of the same refusal',
    action: refused('Encrypt', undefined, {
      error: { code: 'DisabledException', message: `${KEY_ARN} is pending deletion.` },
    }),
    facts: WAITING,
    expected: 'violation',
    says: 'was refused',
  },
  {
    name: 'a primary key waits for its replicas',
    action: refused('Sign', `${KEY_ARN} is pending replica deletion.`),
    facts: factsOf({ state: 'PendingReplicaDeletion', multiRegion: 'primary' }),
    expected: 'violation',
    says: 'will be deleted once its last replica is gone',
  },
  {
    name: 'the attempt was before the deletion was cancelled',
    action: refused('Decrypt'),
    facts: factsOf({ state: 'Enabled' }),
    expected: 'not-applicable',
    says: 'not pending deletion',
  },
  {
    name: 'the call was refused for another reason',
    action: refused('Decrypt', 'The ciphertext is not valid.'),
    facts: WAITING,
    expected: 'compliant',
    says: 'no attempt to use it',
  },
  {
    name: 'the use succeeded before the deletion was ordered',
    action: acting('Decrypt', addDays(-1), { kind: 'use' }),
    facts: WAITING,
    expected: 'compliant',
    says: 'no attempt to use it',
  },
  {
    name: 'the deletion was cancelled',
    action: acting('CancelKeyDeletion', addDays(2)),
    facts: factsOf({ state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'its state is Disabled',
  },
  {
    name: 'the deletion was called off by Keywarden, and given anew',
    action: acting('CancelKeyDeletion', addDays(2), { actor: SELF }),
    facts: WAITING,
    expected: 'compliant',
    says: 'no attempt to use it',
  },
  {
    name: 'the key is gone',
    action: acting('DeleteKey', addDays(30)),
    facts: GONE,
    expected: 'not-applicable',
    says: KEY_ID,
  },
  {
    name: 'the key could not be described',
    action: refused('Decrypt'),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
];
