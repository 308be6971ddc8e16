import type { RotationStatus } from '../../facts/key-facts.ts';
import type { KeyView } from '../../facts/key-view.ts';
import {
  judgeRotationEligibility,
  ROTATION_TRAITS,
  type RotationIneligible,
} from '../../facts/rotation-eligibility.ts';
import type { Evidence, Judgement } from '../control.ts';
import { judge, judgeKey } from './judge-key.ts';

/**
 * What changes whether, or how often, a key must rotate.
 * - Rotation itself: CreateKey (it starts switched off), EnableKeyRotation (also sets the period), DisableKeyRotation.
 * - Whether KMS can rotate the key: EnableKey; DisableKey, ScheduleKeyDeletion and DeleteKey, after which nothing is left
 *   to judge and what was found closes; UpdatePrimaryRegion, which makes a replica the key that rotation is set on.
 *
 * Left out: CancelKeyDeletion (the key ends up disabled and is judged when EnableKey follows), ReplicateKey (changes
 * nothing on the primary; the replica brings its own CreateKey in its Region), RotateKey and RotateKeyOnDemand (change
 * the key material, not the schedule).
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 */
export const ROTATION_EVENTS: readonly string[] = [
  'CreateKey',
  'EnableKeyRotation',
  'DisableKeyRotation',
  'EnableKey',
  'DisableKey',
  'ScheduleKeyDeletion',
  'UpdatePrimaryRegion',
  'DeleteKey',
];

/** When the rotation controls say nothing. */
export const ROTATION_NOT_APPLICABLE =
  'KMS cannot rotate the key by itself: it is asymmetric or an HMAC key, its material was imported or lives in a custom ' +
  'key store, it is a multi-Region replica (which rotates with its primary key), it is disabled or pending deletion, or ' +
  'AWS manages it.';

/**
 * Judges the rotation of a key that KMS can rotate and whose rotation could be read.
 *
 * @param rule is handed the rotation status, how sentences call the key, and the key, whose age may be untold
 */
export function judgeRotation(
  evidence: Evidence,
  rule: (rotation: RotationStatus, name: string, key: KeyView<never, 'createdAt'>) => Judgement,
): Judgement {
  const judgeKnown = (key: RotatedKey, name: string): Judgement => {
    const eligibility = judgeRotationEligibility(key);
    if (!eligibility.eligible) return judgeIneligible(eligibility, name);
    const { rotation } = evidence.facts;
    return rotation.known
      ? rule(rotation.value, name, key)
      : judge('unknown', `The rotation of ${name.replace(/^Key/, 'key')} is unknown because ${rotation.reason}`);
  };
  return judgeKey(evidence, judgeKnown, [], TRAITS);
}

const TRAITS = [...ROTATION_TRAITS, 'createdAt'] as const;

type RotatedKey = KeyView<never, (typeof TRAITS)[number]>;

function judgeIneligible({ reason, settling, obstacle }: RotationIneligible, name: string): Judgement {
  if (obstacle === 'untold') return judge('unknown', `${name} cannot be judged because ${reason}`);
  return settling === true
    ? judge('unknown', `${name} cannot be judged yet because ${reason}; verify it again in some minutes`)
    : judge('not-applicable', `${name} is not rotated by KMS because ${reason}`);
}
