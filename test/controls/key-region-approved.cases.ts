import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { NAMED } from './people.ts';

const replicating = (replicaRegion?: unknown) =>
  actionOf('ReplicateKey', { request: { ...(replicaRegion === undefined ? {} : { replicaRegion }) } });

export const cases: readonly ControlCase[] = [
  {
    name: 'the key is in an approved Region',
    action: actionOf('CreateKey'),
    facts: factsOf(),
    policy: NAMED,
    expected: 'compliant',
    says: `Key ${KEY_ID} is in eu-west-1, which the policy approves.`,
  },
  {
    name: 'the state alone shows it',
    facts: factsOf(),
    policy: NAMED,
    expected: 'compliant',
    says: 'which the policy approves',
  },
  {
    name: 'the key was replicated to an approved Region, whatever KMS says of the primary key',
    action: replicating('eu-central-1'),
    facts: UNREADABLE,
    policy: NAMED,
    expected: 'compliant',
    says: `Key ${KEY_ID} was replicated to eu-central-1, which the policy approves.`,
  },
  {
    name: 'the key is in another Region',
    action: actionOf('CreateKey'),
    facts: factsOf({ region: 'us-east-1' }),
    policy: NAMED,
    expected: 'violation',
    says: 'is in us-east-1, and the policy approves eu-west-1, eu-central-1.',
  },
  {
    name: 'the key was replicated to another Region, although it is in an approved one itself',
    action: replicating('us-east-1'),
    facts: factsOf({ multiRegion: 'primary' }),
    policy: NAMED,
    expected: 'violation',
    says: 'was replicated to us-east-1, and the policy approves',
  },
  {
    name: 'no Region is named yet',
    action: actionOf('CreateKey'),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'the policy file names no Regions (generation.regions).',
  },
  {
    name: 'no Region is named yet, and the key was replicated',
    action: replicating(),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'generation.regions',
  },
  {
    name: 'AWS manages the key',
    facts: factsOf({ manager: 'AWS', region: 'us-east-1' }),
    policy: NAMED,
    expected: 'not-applicable',
    says: 'managed by AWS',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'the record does not say where the replica is',
    action: replicating(),
    facts: factsOf(),
    policy: NAMED,
    expected: 'unknown',
    says: 'the record does not say to which Region; look event 3d1fdf6f-',
  },
  {
    name: 'the Region of the replica is no text',
    action: replicating(7),
    facts: factsOf(),
    policy: NAMED,
    expected: 'unknown',
    says: 'the record does not say to which Region',
  },
  { name: 'the key could not be described', facts: UNREADABLE, policy: NAMED, expected: 'unknown', says: KEY_ID },
];
