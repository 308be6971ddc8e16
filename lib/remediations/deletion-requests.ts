import type { KeyDescription } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { DAY } from '../facts/waiting-period.ts';
import type { AwsRequest } from './remedy.ts';

/** A request that needs nothing but the key. By ARN, because a bare key id means another key in another account. */
export const requestOnKey = (operation: string, { arn, region }: KeyDescription): AwsRequest => ({
  service: 'kms',
  operation,
  region,
  parameters: { KeyId: arn },
});

/** @param days of the waiting period, 7 to 30 */
export const requestDeletion = ({ arn, region }: KeyDescription, days: number): AwsRequest => ({
  service: 'kms',
  operation: 'ScheduleKeyDeletion',
  region,
  parameters: { KeyId: arn, PendingWindowInDays: days },
});

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
const [FEWEST, MOST] = [7, 30];

/**
 * The request that gives back the days that a key has left before its deletion, as near as KMS takes them, and never fewer.
 *
 * @param key that is pending deletion
 */
export function restoreWait(key: KeyDescription, now: Date): AwsRequest {
  const left = Math.ceil((Date.parse(key.deletionAt ?? '') - now.getTime()) / DAY);
  const days = Number.isNaN(left) ? (key.deletionWindowInDays ?? MOST) : left;
  return requestDeletion(key, Math.min(MOST, Math.max(FEWEST, days)));
}

/** As a clause: "its state is Disabled". */
export const describeState = ({ state }: KeyDescription): string => `its state is ${showText(state)}`;
