import type { KeyAction } from '../event/key-action.ts';
import { areTwins, happensOnce, hasTwin, tellsMore, timeBetween } from '../event/same-action.ts';

/** A happening, and whether a second record of it was met. */
interface Happening {
  readonly action: KeyAction;
  matched: boolean;
}

/**
 * Makes a test for what files with events of EventBridge tell twice: KMS sends an event of its own about a rotation, a deletion
 * or an expiration, beside the record of CloudTrail. There are a few in the life of a key, so that they can be kept.
 *
 * @returns a function that is given every action in the order of time, and says of the second record of a happening that it is
 *   one; not of one that tells more than the first, which has to be judged
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export function createTwinTest(): (action: KeyAction) => boolean {
  const bySubject = new Map<string, Happening[]>();
  return (action) => {
    if (!hasTwin(action)) return false;
    const before = bySubject.get(action.subject) ?? [];
    const first = findNearest(before, action);
    if (first === undefined) bySubject.set(action.subject, [...before, { action, matched: false }]);
    else first.matched = true;
    return first !== undefined && !tellsMore(action, first.action, 'twin');
  };
}

const findNearest = (happenings: readonly Happening[], action: KeyAction): Happening | undefined =>
  happenings
    .filter((one) => areTwins(one.action, action) && (!one.matched || happensOnce(action)))
    .sort((one, other) => timeBetween(one.action, action) - timeBetween(other.action, action))[0];
