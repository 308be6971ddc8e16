import { known, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, keyWith, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';

const ON = { enabled: true, periodInDays: 365 };
const OFF = { enabled: false };

export const cases: readonly ControlCase[] = [
  {
    name: 'rotation was switched on',
    action: actionOf('EnableKeyRotation'),
    facts: factsOf({}, ON),
    expected: 'compliant',
    says: 'rotates automatically every 365 days',
  },
  {
    name: 'rotation is on and KMS does not say how often',
    facts: factsOf({}, { enabled: true }),
    expected: 'compliant',
    says: `Key ${KEY_ID} rotates automatically.`,
  },
  {
    name: 'rotation was switched off and is on again by now',
    action: actionOf('DisableKeyRotation'),
    facts: factsOf({}, ON),
    expected: 'compliant',
    says: 'rotates automatically',
  },
  {
    name: 'the primary of its replicas rotates',
    facts: factsOf({ multiRegion: 'primary' }, ON),
    expected: 'compliant',
    says: 'rotates automatically',
  },

  {
    name: 'rotation was switched off',
    action: actionOf('DisableKeyRotation'),
    facts: factsOf({}, OFF),
    expected: 'violation',
    says: 'its automatic rotation is off',
  },
  {
    name: 'a new key starts without rotation',
    action: actionOf('CreateKey'),
    facts: factsOf({}, OFF),
    expected: 'violation',
    says: KEY_ID,
  },
  {
    name: 'rotation was switched on and is off again by now',
    action: actionOf('EnableKeyRotation'),
    facts: factsOf({}, OFF),
    expected: 'violation',
    says: 'its automatic rotation is off',
  },
  {
    name: 'a replica became the primary, without rotation',
    action: actionOf('UpdatePrimaryRegion'),
    facts: factsOf({ multiRegion: 'primary' }, OFF),
    expected: 'violation',
    says: 'its automatic rotation is off',
  },
  { name: 'the state alone shows it', facts: factsOf({}, OFF), expected: 'violation', says: KEY_ID },

  {
    name: 'the key is asymmetric',
    action: actionOf('CreateKey'),
    facts: factsOf({ spec: 'RSA_4096', usage: 'SIGN_VERIFY' }),
    expected: 'not-applicable',
    says: 'RSA_4096',
  },
  {
    name: 'the key is an HMAC key',
    facts: factsOf({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }),
    expected: 'not-applicable',
    says: 'HMAC_256',
  },
  {
    name: 'the material was imported',
    facts: factsOf({ origin: 'EXTERNAL' }),
    expected: 'not-applicable',
    says: 'imported',
  },
  {
    name: 'the key is a replica',
    action: actionOf('CreateKey'),
    facts: factsOf({ multiRegion: 'replica', primaryRegion: 'us-east-1' }),
    expected: 'not-applicable',
    says: 'us-east-1',
  },
  {
    name: 'the key was disabled',
    action: actionOf('DisableKey'),
    facts: factsOf({ state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'disabled',
  },
  {
    name: 'the key will be deleted',
    action: actionOf('ScheduleKeyDeletion'),
    facts: factsOf({ state: 'PendingDeletion' }),
    expected: 'not-applicable',
    says: 'pending deletion',
  },
  {
    name: 'AWS manages the key',
    facts: factsOf({ manager: 'AWS' }, ON),
    expected: 'not-applicable',
    says: 'AWS manages',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    expected: 'not-applicable',
    says: `Key ${KEY_ID} does not exist any more.`,
  },
  {
    name: 'the key is gone and nobody did anything',
    facts: GONE,
    expected: 'not-applicable',
    says: 'The key does not exist any more.',
  },

  {
    name: 'the key could not be described',
    action: actionOf('DisableKeyRotation'),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
  {
    name: 'the rotation could not be read',
    facts: { ...factsOf(), rotation: unread('kms:GetKeyRotationStatus was denied') },
    expected: 'unknown',
    says: `rotation of key ${KEY_ID} is unknown because kms:GetKeyRotationStatus was denied.`,
  },
  {
    name: 'the key is on its way to another state',
    action: actionOf('UpdatePrimaryRegion'),
    facts: factsOf({ state: 'Updating' }),
    expected: 'unknown',
    says: 'Updating',
  },
  {
    name: 'KMS does not show the new key yet',
    action: actionOf('CreateKey'),
    facts: GONE,
    expected: 'unknown',
    says: 'less than 7 days ago',
  },
  {
    name: 'the key was made so long ago that it may be gone',
    action: actionOf('CreateKey', { time: '2026-07-27T09:05:00Z' }),
    facts: GONE,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'the description is on several lines',
    facts: { ...factsOf(), key: known(keyWith({ state: 'Frozen\nAll is well.' })) },
    expected: 'not-applicable',
    says: 'Frozen All is well.',
  },
];
