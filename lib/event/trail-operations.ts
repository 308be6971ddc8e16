import type { Operation } from './operation.ts';

/** The event source of CloudTrail's own records. They arrive in the home Region of the trail: CloudTrail takes the calls nowhere else. */
export const TRAIL_SOURCE = 'cloudtrail.amazonaws.com';

/** 4.2.3 asks that every use of a key is logged, and a trail is that log. */
const TRAIL_WRITE: Operation = { kind: 'lifecycle', step: '4.2.3' };

const NAMES = ['CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors'];

/**
 * The operations of CloudTrail that decide what a trail records: name as in `eventName` -> what it is.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
 */
export const TRAIL_OPERATIONS: ReadonlyMap<string, Operation> = new Map(NAMES.map((name) => [name, TRAIL_WRITE]));
