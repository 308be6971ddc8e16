import { type KeyDescription, type KeyFacts, known, type RotationStatus, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';

const ON: RotationStatus = { enabled: true, periodInDays: 365 };
const OFF: RotationStatus = { enabled: false };

/** A key that is created on a day and rotated at some times since. */
const factsAt = (
  createdAt: string | undefined,
  rotated: readonly (readonly [at: string, type: string])[] = [],
  status: RotationStatus = ON,
  key: Partial<KeyDescription> = {},
): KeyFacts => {
  const { createdAt: _default, ...rest } = (factsOf(key).key as { value: KeyDescription }).value;
  return {
    ...factsOf({}, status),
    key: known({ ...rest, ...(createdAt === undefined ? {} : { createdAt }) }),
    rotations: known({ done: rotated.map(([at, type]) => ({ at, type })) }),
  };
};
const YOUNG = '2026-01-02T03:04:05.000Z';
const OLD = '2021-01-02T03:04:05.000Z';
/** The youngest material that is too old at 2026-08-03T09:05:00Z: 365 days and 14 more before, and a second. */
const JUST_LATE = '2025-07-20T09:04:59.000Z';
const JUST_IN_TIME = '2025-07-20T09:05:00.000Z';

const rotated = (request: Readonly<Record<string, unknown>>, time = '2026-08-03T09:01:02Z') =>
  actionOf('RotateKey', { request, time, step: '4.4.2', actor: { type: 'AWSInternal', bySelf: false } });

export const cases: readonly ControlCase[] = [
  {
    name: 'the key is younger than its period',
    facts: factsAt(YOUNG),
    expected: 'compliant',
    says: `Key ${KEY_ID} was created on 2026-01-02, 213 days ago; the policy asks for 365 days or less.`,
  },
  {
    name: 'KMS rotated it, which is in the log',
    action: rotated({ keyId: KEY_ID, rotationType: 'AUTOMATIC' }),
    facts: factsAt(OLD, [['2026-08-03T09:01:00.000Z', 'AUTOMATIC']]),
    expected: 'compliant',
    says: 'was last rotated (AUTOMATIC) on 2026-08-03, 0 days ago',
  },
  {
    name: 'KMS rotated it and does not list that yet',
    action: rotated({ keyId: KEY_ID, rotationType: 'ON_DEMAND' }),
    facts: factsAt(OLD, [['2024-08-03T09:01:00.000Z', 'AUTOMATIC']]),
    expected: 'compliant',
    says: 'was last rotated (ON_DEMAND) on 2026-08-03',
  },
  {
    name: 'an old record does not tell the type of the rotation',
    action: rotated({ keyId: KEY_ID }, '2026-06-01T00:00:00Z'),
    facts: factsAt(OLD),
    expected: 'compliant',
    says: 'was last rotated on 2026-06-01, 63 days ago',
  },
  {
    name: 'the newest of several rotations counts',
    facts: factsAt(OLD, [
      ['2026-05-01T00:00:00.000Z', 'ON_DEMAND'],
      ['2025-01-01T00:00:00.000Z', 'AUTOMATIC'],
    ]),
    expected: 'compliant',
    says: 'was last rotated (ON_DEMAND) on 2026-05-01',
  },
  {
    name: 'the grace of the policy is not over yet',
    facts: factsAt(JUST_IN_TIME),
    expected: 'compliant',
    says: '379 days ago',
  },
  {
    name: 'the period was shortened and KMS will rotate it by the new one',
    action: actionOf('EnableKeyRotation'),
    facts: factsAt(YOUNG, [], { enabled: true, periodInDays: 90, nextAt: '2026-11-01T09:01:02.000Z' }),
    expected: 'compliant',
    says: '213 days ago',
  },
  {
    name: 'KMS is some days late by its own date',
    facts: factsAt(YOUNG, [], { enabled: true, periodInDays: 200, nextAt: '2026-07-21T00:00:00.000Z' }),
    expected: 'compliant',
    says: '213 days ago',
  },
  {
    name: 'rotation is off and the material is young: rotation-enabled judges that',
    facts: factsAt(YOUNG, [], OFF),
    expected: 'compliant',
    says: '213 days ago',
  },
  {
    name: 'a rotation on demand has begun',
    action: actionOf('RotateKeyOnDemand'),
    facts: factsAt(OLD, [], { ...ON, onDemandStartedAt: '2026-08-03T09:01:02.000Z' }),
    expected: 'compliant',
    says: 'a rotation on demand began at 2026-08-03T09:01:02.000Z',
  },

  {
    name: 'it was never rotated and is too old',
    facts: factsAt(OLD, [], OFF),
    expected: 'violation',
    says: 'was created on 2021-01-02, 2039 days ago; the policy asks for 365 days or less and allows 14 more.',
  },
  {
    name: 'the grace of the policy is over by a second',
    facts: factsAt(JUST_LATE),
    expected: 'violation',
    says: 'allows 14 more',
  },
  {
    name: 'rotation was switched on again, which puts the next one off by a whole period',
    action: actionOf('EnableKeyRotation'),
    facts: factsAt(OLD, [['2025-01-02T00:00:00.000Z', 'AUTOMATIC']], { ...ON, nextAt: '2027-08-03T09:01:02.000Z' }),
    expected: 'violation',
    says: 'allows 14 more, and KMS rotates it only at 2027-08-03T09:01:02.000Z',
  },
  {
    name: 'the period of the key is longer than the policy allows, and so is the age of its material',
    facts: factsAt('2024-08-03T00:00:00.000Z', [], { enabled: true, periodInDays: 2560 }),
    expected: 'violation',
    says: '730 days ago; the policy asks for 365 days or less',
  },
  {
    name: 'KMS was to rotate it and has not',
    facts: factsAt(YOUNG, [], { enabled: true, periodInDays: 180, nextAt: '2026-07-01T03:04:05.000Z' }),
    expected: 'violation',
    says: 'KMS was to rotate it on 2026-07-01 and has not',
  },
  {
    name: 'KMS does not tell the next date, and the own period of the key is over',
    facts: factsAt(YOUNG, [], { enabled: true, periodInDays: 90 }),
    expected: 'violation',
    says: 'KMS was to rotate it on 2026-04-02 and has not',
  },
  {
    name: 'a rotation on demand began long ago and never came to its end',
    facts: factsAt(OLD, [], { ...ON, onDemandStartedAt: '2026-08-01T09:01:02.000Z' }),
    expected: 'violation',
    says: '2039 days ago',
    noPlan: 'is not complete yet',
  },
  {
    name: 'the key was due while it was disabled',
    action: actionOf('EnableKey'),
    facts: factsAt('2025-01-02T00:00:00.000Z', [], { ...ON, nextAt: '2026-01-02T00:00:00.000Z' }),
    expected: 'violation',
    says: 'KMS makes up for it by itself',
    noPlan: 'KMS rotates key',
  },
  {
    name: 'the key is enabled, too old, and KMS will not rotate it soon',
    action: actionOf('EnableKey'),
    facts: factsAt(OLD, [], { ...ON, nextAt: '2027-08-01T00:00:00.000Z' }),
    expected: 'violation',
    says: 'KMS rotates it only at 2027-08-01T00:00:00.000Z.',
  },
  {
    name: 'all rotations on demand are used up',
    facts: factsAt(
      OLD,
      Array.from({ length: 25 }, (_unused, at) => [
        `2021-02-${String(at + 1).padStart(2, '0')}T00:00:00.000Z`,
        'ON_DEMAND',
      ]),
    ),
    expected: 'violation',
    says: 'was last rotated (ON_DEMAND) on 2021-02-25',
    noPlan: 'rotated on demand 25 times',
  },

  {
    name: 'the key was disabled',
    action: actionOf('DisableKey'),
    facts: factsAt(OLD, [], ON, { state: 'Disabled' }),
    expected: 'not-applicable',
    says: 'is disabled',
  },
  {
    name: 'the key will be deleted',
    action: actionOf('ScheduleKeyDeletion'),
    facts: factsAt(OLD, [], ON, { state: 'PendingDeletion' }),
    expected: 'not-applicable',
    says: 'pending deletion',
  },
  {
    name: 'the old primary became a replica',
    action: actionOf('UpdatePrimaryRegion'),
    facts: factsAt(OLD, [], ON, { multiRegion: 'replica', primaryRegion: 'us-east-1' }),
    expected: 'not-applicable',
    says: 'rotates with its primary key in us-east-1',
  },
  {
    name: 'the key was imported',
    facts: factsAt(OLD, [], ON, { origin: 'EXTERNAL' }),
    expected: 'not-applicable',
    says: 'imported',
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
    facts: { ...factsAt(OLD), rotations: unread('kms:ListKeyRotations was denied') },
    expected: 'unknown',
    says: `The rotations of key ${KEY_ID} are unknown because kms:ListKeyRotations was denied.`,
  },
  {
    name: 'the rotation status could not be read',
    facts: { ...factsAt(OLD), rotation: unread('kms:GetKeyRotationStatus was denied') },
    expected: 'unknown',
    says: 'kms:GetKeyRotationStatus was denied',
  },
  {
    name: 'KMS tells no date at all',
    facts: factsAt(undefined),
    expected: 'unknown',
    says: 'material of an age that KMS does not tell',
  },
  {
    name: 'KMS tells a date that nobody can read',
    facts: factsAt(OLD, [['some day', 'AUTOMATIC']]),
    expected: 'unknown',
    says: 'material of an age that KMS does not tell',
  },
  {
    name: 'the key is on its way to another state',
    action: actionOf('UpdatePrimaryRegion'),
    facts: factsAt(OLD, [], ON, { state: 'Updating' }),
    expected: 'unknown',
    says: 'Updating',
  },
];
