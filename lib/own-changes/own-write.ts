import { OWN_CHANGE_ACCOUNTED, OWN_CHANGE_RECORDED } from '../built-in-controls.ts';
import type { KeyAction } from '../event/key-action.ts';
import { findingId } from '../ledger/finding.ts';

/** Reads and uses of keys change nothing; whatever else a role of Keywarden calls must be what Keywarden decided. */
export const isOwnWrite = ({ actor, kind }: KeyAction): boolean => actor.bySelf && kind !== 'read' && kind !== 'use';

/**
 * AWS's id of the request that a record tells of. An amended record has an id of its own, and names the first one's.
 *
 * The service that is called makes this id, puts it into the record as `requestID`, and gives it to the caller.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export const requestIdOfAction = ({ requestId, addendum }: KeyAction): string | undefined =>
  addendum?.originalRequestId ?? requestId;

/** Ids of the requests that an action may tell of as Keywarden's own. */
export const ownRequestIdsOf = (action: KeyAction): readonly string[] => {
  const requestId = isOwnWrite(action) ? requestIdOfAction(action) : undefined;
  return requestId === undefined ? [] : [requestId];
};

/** Id of the finding that a record of our role is of no change that Keywarden decided: each record has its own. */
export const accountedId = (eventId: string): string => findingId({ control: OWN_CHANGE_ACCOUNTED.id, item: eventId });

/** Id of the finding that a change of Keywarden has no record. */
export const recordedId = (requestId: string): string =>
  findingId({ control: OWN_CHANGE_RECORDED.id, item: requestId });

/** Ids of the findings that the record of an own change may open or resolve. */
export const ownFindingIdsOf = (action: KeyAction): readonly string[] =>
  isOwnWrite(action) ? [accountedId(action.eventId), ...ownRequestIdsOf(action).map(recordedId)] : [];
