import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread } from '../../lib/facts/key-facts.ts';
import { KEY_ID } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { DANA, EVE, KEYWARDEN, KMS_ITSELF, NAMED, NOBODY, ROOT, SERVICE } from './people.ts';

/** The control judges by the record alone. */
const facts = factsUnread('it was not read');
const made = (actor: Actor, keyManager = 'CUSTOMER') =>
  actionOf('CreateKey', { actor, response: { keyMetadata: { keyId: KEY_ID, keyManager } } });
const replicated = (actor: Actor) => actionOf('ReplicateKey', { actor, request: { replicaRegion: 'eu-central-1' } });

export const cases: readonly ControlCase[] = [
  {
    name: 'a creator made the key',
    action: made(DANA),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: `Key ${KEY_ID} was made by dana@example.com as arn:aws:iam::111122223333:role/KeyAdmin, who is one of the creators.`,
  },
  {
    name: 'a creator replicated the key',
    action: replicated(DANA),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: 'was replicated by dana@example.com',
  },
  {
    name: 'CloudFormation made the key in the name of a creator',
    action: made({ ...DANA, invokedBy: 'cloudformation.amazonaws.com' }),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: 'dana@example.com',
  },
  {
    name: 'somebody else made the key',
    action: made(EVE),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'by eve@example.com as arn:aws:iam::111122223333:role/Contractor, who is none of the creators',
  },
  {
    name: 'somebody else made the key through a service',
    action: made({ ...EVE, invokedBy: 'cloudformation.amazonaws.com' }),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'eve@example.com',
  },
  {
    name: 'somebody else replicated the key',
    action: replicated(EVE),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'was replicated by eve@example.com',
  },
  {
    name: 'the root user made the key, whoever is named',
    action: made(ROOT),
    facts,
    policy: { ...NAMED, generation: { ...NAMED.generation, creators: ['arn:aws:iam::111122223333:root'] } },
    expected: 'violation',
    says: 'the root user, who is to make no keys.',
  },
  {
    name: 'the root user made the key, and nobody is named yet',
    action: made(ROOT),
    facts,
    expected: 'violation',
    says: 'the root user',
  },
  {
    name: 'nobody is named yet',
    action: made(EVE),
    facts,
    expected: 'not-applicable',
    says: 'the policy file names no creators (generation.creators).',
  },
  {
    name: 'a service made a key of the customer',
    action: made(SERVICE),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'was done by AWS itself (example.amazonaws.com)',
  },
  {
    name: 'KMS made the replica that a ReplicateKey ordered',
    action: made(KMS_ITSELF),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'AWS Internal',
  },
  {
    name: 'a service made its own key in the name of a person',
    action: made(EVE, 'AWS'),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'managed by AWS, which made it',
  },
  {
    name: 'Keywarden made the key',
    action: made(KEYWARDEN),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: "was Keywarden's own call",
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey', { actor: KMS_ITSELF }),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'there is no action to judge',
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'by the record of who made it',
  },
  {
    name: 'the record names nobody',
    action: made(NOBODY),
    facts,
    policy: NAMED,
    expected: 'unknown',
    says: 'the record of CreateKey does not say who did it (Unknown); look event 3d1fdf6f-',
  },
];
