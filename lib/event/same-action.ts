import { isDeepStrictEqual } from 'node:util';
import type { KeyAction } from './key-action.ts';
import { KMS_SOURCE } from './operations.ts';
import { fieldOf, textOf } from './plain-json.ts';

const MINUTE = 60_000;

/** How two records about one happening are known by what they tell. */
interface Twinning {
  /** Milliseconds that the times of the two may lie apart. */
  readonly apart: number;
  /** The name in `request` of the material that the happening is about, which both records carry since 2025. */
  readonly material?: string;
  /** It happens once to a key, so that any second record of it is about the same; otherwise one of each kind is. */
  readonly once?: true;
  /** The material tells happenings apart whenever they are: none becomes current twice. */
  readonly unique?: true;
}

/**
 * What KMS tells of by an event of its own and by a record in CloudTrail, which have different ids and times: the time of the
 * first is when the event was sent. 17 seconds have been seen between such times; 15 minutes leave room, and KMS does not
 * rotate a key twice, or let material expire twice, within them unless somebody asks it to again and again. Then each record
 * is matched once, so that the number of happenings stays right whichever are matched.
 *
 * A key is deleted once, and KMS may send several events for it. Only a replica can be made again under the same ARN, and that
 * takes the shortest waiting period of 7 days.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html
 */
const TWINS: ReadonlyMap<string, Twinning> = new Map<string, Twinning>([
  ['RotateKey', { apart: 15 * MINUTE, material: 'currentKeyMaterialId', unique: true }],
  ['DeleteExpiredKeyMaterial', { apart: 15 * MINUTE, material: 'keyMaterialId' }],
  ['DeleteKey', { apart: 24 * 60 * MINUTE, once: true }],
]);

const twinningOf = ({ eventSource, api, outcome }: KeyAction): Twinning | undefined =>
  eventSource === KMS_SOURCE && outcome === 'succeeded' ? TWINS.get(api) : undefined;

/** Whether KMS tells of this action by an event of its own and through CloudTrail. */
export const hasTwin = (action: KeyAction): boolean => twinningOf(action) !== undefined;

/**
 * Whether AWS may tell of this action by more than one record.
 *
 * @param action of any operation and outcome
 */
export const mayBeToldTwice = (action: KeyAction): boolean =>
  hasTwin(action) || action.addendum?.originalEventId !== undefined;

/**
 * How early, in milliseconds before the time that the action names, another record of it can be on record.
 *
 * @returns 0 for an action that has no twin
 */
export const earliestTwin = (action: KeyAction): number => twinningOf(action)?.apart ?? 0;

/** Whether it happens only once to a key, so that any number of records may be about it. */
export const happensOnce = (action: KeyAction): boolean => twinningOf(action)?.once === true;

/**
 * Whether two records can be about one happening: one of them told by KMS itself, the other through CloudTrail.
 *
 * @param one and other: of any operation; two records with one id are one record, and no twins
 */
export function areTwins(one: KeyAction, other: KeyAction): boolean {
  const twinning = twinningOf(one);
  if (twinning === undefined || twinningOf(other) !== twinning) return false;
  if (one.subject !== other.subject || one.eventId === other.eventId) return false;
  if (twinning.once !== true && isDirect(one) === isDirect(other)) return false;
  const materials = [one, other].map(({ request }) => textOf(request, twinning.material ?? ''));
  if (!materials.includes(undefined)) {
    if (materials[0] !== materials[1]) return false;
    if (twinning.unique === true) return true;
  }
  return timeBetween(one, other) <= twinning.apart;
}

/** Milliseconds between the times of two actions, whichever is first. */
export const timeBetween = (one: KeyAction, other: KeyAction): number =>
  Math.abs(Date.parse(one.time) - Date.parse(other.time));

/** KMS told it to EventBridge itself; it has no CloudTrail `eventID`. */
export const isDirect = ({ eventId }: Pick<KeyAction, 'eventId'>): boolean => eventId.startsWith('direct-');

/**
 * Whether a second record about an action says what the first did not, so that it has to be judged. Of a twin that is more of
 * an answer than the key's id (what became of the material of a key in a CloudHSM cluster is only in the record of
 * CloudTrail). Of an addendum it is anything at all that controls can look at.
 *
 * @param second the record that came later
 * @param first the record that was judged
 * @param how the two are known to be about one action
 */
export const tellsMore = (second: KeyAction, first: KeyAction, how: 'twin' | 'addendum'): boolean =>
  how === 'twin'
    ? Object.keys(second.response).some(
        (name) => name !== 'keyId' && !isDeepStrictEqual(fieldOf(second.response, name), fieldOf(first.response, name)),
      )
    : !isDeepStrictEqual(withoutNames(second), withoutNames(first));

/** What no control looks at: what the record is called, where it came from, and why it came again. */
function withoutNames(action: KeyAction): unknown {
  const { eventId: _id, sharedEventId: _shared, requestId: _request, origin: _origin, ...rest } = action;
  const { digest: _digest, addendum: _addendum, ...judged } = rest;
  return judged;
}
