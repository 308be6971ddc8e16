import type { KeyAction } from '../event/key-action.ts';
import type { Evidence } from './evidence.ts';
import { type DeletionOrder, type Fact, type KeyHistory, type KeyTraits, known, unread } from './key-facts.ts';
import { nextHistory } from './key-history.ts';
import type { KeyView } from './key-view.ts';
import { fitsDeletion } from './waiting-period.ts';

/** What must be known of a key to say which order to delete it is in force. */
export const DELETION_TRAITS = ['state', 'deletionAt', 'deletionWindowInDays'] as const;

/** A key with those; whether it is a primary key matters to few, and may be untold. */
export type DeletedKey = KeyView<(typeof DELETION_TRAITS)[number], 'multiRegion'>;

/** Whether KMS will delete the key: at a date, or once its last replica is gone. */
export const isPendingDeletion = ({ state }: Pick<KeyTraits, 'state'>): boolean =>
  state === 'PendingDeletion' || state === 'PendingReplicaDeletion';

/** The past of the key up to now: what the record tells, and the action that is judged. */
export function pastOf({ facts: { history }, action }: Evidence): Fact<KeyHistory> {
  if (!history.known || action === undefined) return history;
  return known(nextHistory(history.value, action));
}

/**
 * The order to delete that is in force. EventBridge may lose an event, so that the last order in the record need not be the
 * one that KMS follows: it counts only when KMS deletes the key on the day that it set.
 *
 * @param key that is pending deletion
 * @returns Unread when the record does not show the order that KMS follows
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html
 */
export function findDeletionOrder(evidence: Evidence, key: DeletedKey): Fact<DeletionOrder> {
  const past = pastOf(evidence);
  if (!past.known) return past;
  const { deletion } = past.value;
  if (deletion === undefined) return unread(`no record shows who ordered it; ${LOOK_UP}`);
  return isFollowed(deletion, key)
    ? known(deletion)
    : unread(`KMS follows another order than the last one in the record (${deletion.time}); ${LOOK_UP}`);
}

/**
 * Whether the key waits by an order that came after the action, and whose record is still to come: KMS changes no tag of a key
 * that is pending deletion; and Keywarden cancels and orders anew, within a second, to lengthen a waiting period.
 *
 * @param key that is pending deletion
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function isOrderOnItsWay(evidence: Evidence, key: DeletedKey): boolean {
  const { action, facts, now } = evidence;
  if (action === undefined || !comesBeforeOrder(action) || !facts.history.known) return false;
  if (key.multiRegion === undefined) return false;
  return now.getTime() - Date.parse(action.time) < RECORD_DELAY && !findDeletionOrder(evidence, key).known;
}

const comesBeforeOrder = ({ api, actor, outcome }: KeyAction): boolean =>
  outcome === 'succeeded' &&
  (api === 'TagResource' || api === 'UntagResource' || (api === 'CancelKeyDeletion' && actor.bySelf));

/** An hour: CloudTrail gives about 5 minutes and no promise. */
const RECORD_DELAY = 60 * 60 * 1000;

const LOOK_UP =
  'look up the ScheduleKeyDeletion of the key in the event history of CloudTrail, which goes back 90 days';

function isFollowed({ time, rescheduledAt, waitingDays }: DeletionOrder, key: DeletedKey): boolean {
  if (waitingDays === undefined) return false;
  if (key.state === 'PendingReplicaDeletion') {
    return key.deletionWindowInDays === undefined || key.deletionWindowInDays === waitingDays;
  }
  const since = rescheduledAt ?? time;
  if (fitsDeletion(since, waitingDays, key.deletionAt)) return true;
  // The period of a primary key begins when its last replica is gone, which no record tells.
  return key.multiRegion === 'primary' && isLater(key.deletionAt, since, waitingDays);
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/deleting-mrks.html */
const isLater = (deletionAt: string | undefined, since: string, days: number): boolean =>
  Date.parse(deletionAt ?? '') > Date.parse(since) + days * 24 * 60 * 60 * 1000;
