import type { KeyDescription } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { DAY } from '../facts/waiting-period.ts';
import type { AwsRequest, Call, Receipt } from './remedy.ts';

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

/**
 * Makes a call that KMS may refuse by a state that the call before it has ended: the news takes some seconds to spread.
 *
 * @throws {KeyNotSettledError} when KMS does so; the same call may succeed later
 * @throws what AWS throws otherwise
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
 */
export async function callWhenSettled(call: Call, request: AwsRequest): Promise<Receipt> {
  try {
    return await call(request);
  } catch (error) {
    if (error instanceof Error && error.name === 'KMSInvalidStateException') {
      throw new KeyNotSettledError(request, error);
    }
    throw error;
  }
}

/** The state of the key is not the one that the call needs, or not yet everywhere. Waiting, and looking again, helps. */
export class KeyNotSettledError extends Error {
  override name = 'KeyNotSettledError';

  constructor({ operation }: AwsRequest, cause: Error) {
    super(`KMS refuses ${operation} by the state of the key (${showText(cause.message)}); it is looked at again.`, {
      cause,
    });
  }
}
