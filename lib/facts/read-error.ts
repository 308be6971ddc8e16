import { sortFailure } from '../aws/failure.ts';
import { showText } from './plain-text.ts';

/**
 * A read failed in a way that passes by itself: throttling, a fault inside AWS, the network. The message returns to its
 * queue. `cause` keeps what AWS or the network said.
 */
export class TransientReadError extends Error {
  override name = 'TransientReadError';
}

/** What a failed read means for the key. `transient`: asking again later may help. */
export interface ReadFailure {
  readonly kind: 'missing' | 'refused' | 'transient';
  /** One clause for a person that names the IAM action, the key, and what to do. */
  readonly reason: string;
}

/**
 * Says what a failed KMS read means. Only a clear "no" of KMS counts as its answer; whatever else went wrong says nothing
 * about the key and is transient.
 *
 * @param operation as in the API reference, e.g. `DescribeKey`
 * @param keyName how the key is called in the reason
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 */
export function classifyReadError(error: unknown, operation: string, keyName: string): ReadFailure {
  const read = `kms:${operation} on key ${showText(keyName)}`;
  const failure = sortFailure(error);
  const said = showText(failure.reason);
  if (failure.kind === 'transient') {
    return { kind: 'transient', reason: `${read} failed and may succeed later (${said}); verify the key again` };
  }
  if (error instanceof Error && error.name === 'NotFoundException') {
    return { kind: 'missing', reason: `key ${showText(keyName)} does not exist` };
  }
  const todo =
    failure.kind === 'denied'
      ? "was denied to Keywarden's role; allow it in the policy of the role and, where the key policy leaves IAM policies without effect, in the key policy"
      : `was refused by KMS (${said}); look at the key in the KMS console, then verify it again`;
  return { kind: 'refused', reason: `${read} ${todo}` };
}
