import { unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

const every = (periodInDays: number) => ({ enabled: true, periodInDays });
const STRICTER = { ...POLICY, rotation: { ...POLICY.rotation, periodInDays: 180 } };

export const cases: readonly ControlCase[] = [
  {
    name: 'the key rotates every year',
    action: actionOf('EnableKeyRotation'),
    facts: factsOf({}, every(365)),
    expected: 'compliant',
    says: 'every 365 days',
  },
  { name: 'the key rotates more often', facts: factsOf({}, every(90)), expected: 'compliant', says: 'every 90 days' },
  {
    name: 'the key rotates as often as a stricter policy asks',
    facts: factsOf({}, every(180)),
    policy: STRICTER,
    expected: 'compliant',
    says: 'asks for 180 or less',
  },
  {
    name: 'a longer period was set and shortened since',
    action: actionOf('EnableKeyRotation', { request: { keyId: KEY_ID, rotationPeriodInDays: 2560 } }),
    facts: factsOf({}, every(365)),
    expected: 'compliant',
    says: 'every 365 days',
  },

  {
    name: 'the period is a day too long',
    action: actionOf('EnableKeyRotation'),
    facts: factsOf({}, every(366)),
    expected: 'violation',
    says: `Key ${KEY_ID} rotates only every 366 days, and the policy asks for 365 or less.`,
  },
  {
    name: 'the period is the longest that KMS accepts',
    facts: factsOf({}, every(2560)),
    expected: 'violation',
    says: '2560 days',
  },
  {
    name: 'a year is too long for a stricter policy',
    facts: factsOf({}, every(365)),
    policy: STRICTER,
    expected: 'violation',
    says: 'asks for 180 or less',
  },

  {
    name: 'rotation is off, which another control judges',
    action: actionOf('DisableKeyRotation'),
    facts: factsOf({}, { enabled: false }),
    expected: 'not-applicable',
    says: 'rotation-enabled',
  },
  {
    name: 'the key is asymmetric',
    facts: factsOf({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }),
    expected: 'not-applicable',
    says: 'ECC_NIST_P256',
  },
  {
    name: 'the key was disabled',
    action: actionOf('DisableKey'),
    facts: factsOf({ state: 'Disabled' }, every(2560)),
    expected: 'not-applicable',
    says: 'disabled',
  },
  { name: 'the key is gone', action: actionOf('DeleteKey'), facts: GONE, expected: 'not-applicable', says: KEY_ID },

  {
    name: 'KMS does not say how often',
    facts: factsOf({}, { enabled: true }),
    expected: 'unknown',
    says: 'did not say how often',
  },
  {
    name: 'the rotation could not be read',
    facts: { ...factsOf(), rotation: unread('kms:GetKeyRotationStatus was denied') },
    expected: 'unknown',
    says: 'kms:GetKeyRotationStatus was denied',
  },
  {
    name: 'the key could not be described',
    action: actionOf('EnableKey'),
    facts: UNREADABLE,
    expected: 'unknown',
    says: 'kms:DescribeKey',
  },
  {
    name: 'the key is still being made',
    action: actionOf('CreateKey'),
    facts: factsOf({ state: 'Creating' }),
    expected: 'unknown',
    says: 'Creating',
  },
];
