import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread } from '../../lib/facts/key-facts.ts';
import { KEY_ID } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { DANA, inRole, KEYWARDEN, KMS_ITSELF, NOBODY, ROOT, SERVICE } from './people.ts';

/** The control judges by the record alone. */
const facts = factsUnread('it was not read');
const made = (actor: Actor) => actionOf('CreateKey', { actor });
const { person: _nobody, ...machine } = inRole('Deploy', 'run-4711');

export const cases: readonly ControlCase[] = [
  {
    name: 'a person in a role made the key',
    action: made(DANA),
    facts,
    expected: 'compliant',
    says: `Key ${KEY_ID} was made on 2026-08-03T09:01:02Z by dana@example.com as arn:aws:iam::111122223333:role/KeyAdmin`,
  },
  {
    name: 'a role made the key, and no person is behind it',
    action: made(machine),
    facts,
    expected: 'compliant',
    says: 'assumed-role/Deploy/run-4711',
  },
  {
    name: 'the root user made the key',
    action: made(ROOT),
    facts,
    expected: 'violation',
    says: 'by the root user, who is no responsible person.',
  },
  { name: 'a service made the key', action: made(SERVICE), facts, expected: 'not-applicable', says: 'AWS itself' },
  { name: 'KMS made a replica', action: made(KMS_ITSELF), facts, expected: 'not-applicable', says: 'AWS Internal' },
  { name: 'Keywarden made it', action: made(KEYWARDEN), facts, expected: 'not-applicable', says: "Keywarden's own" },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey', { actor: KMS_ITSELF }),
    facts,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  { name: 'there is no action to judge', facts, expected: 'not-applicable', says: 'by the record of its creation' },
  {
    name: 'the record names nobody',
    action: made(NOBODY),
    facts,
    expected: 'unknown',
    says: 'does not say who did it (Unknown)',
  },
];
