import type { KeyAction } from '../../event/key-action.ts';
import { grantOfAction } from '../../facts/grant-of-action.ts';
import {
  type Fact,
  factsUnread,
  type KeyDescription,
  type KeyFacts,
  known,
  type RotationStatus,
  type Trail,
  type Usage,
  unread,
} from '../../facts/key-facts.ts';
import { judgeRotationEligibility } from '../../facts/rotation-eligibility.ts';
import { DAY } from '../../facts/waiting-period.ts';
import { UnreadableGrantError } from '../../iam/grant.ts';
import type { PlaceTally } from '../tally.ts';
import { type DayRun, findCoverageStart } from './coverage-start.ts';
import type { KeyRecord } from './key-record.ts';
import { addProof, startOldKey } from './old-key.ts';
import { describeHeldPolicy, describePolicy, type PolicyRecord } from './policy-record.ts';
import { proveByRefusal } from './proven-traits.ts';

/** What the records tell of the uses of one key at a time. */
export interface UsesInFiles {
  /** Of the account and Region of the key; absent when there is no record of them. */
  readonly place: PlaceTally | undefined;
  readonly runs: readonly DayRun[];
  readonly last: Usage['last'];
  /** Days without use after which a key counts as unused. */
  readonly quietDays: number;
}

/** Of what is neither a key nor an IAM policy. */
export const OTHER_FACTS: KeyFacts = factsUnread(
  'the files tell what was done, and nothing else of what it was done to',
);

/** What the files tell of the trails. */
export const describeTrailFacts = (trails: readonly Trail[]): KeyFacts => ({
  ...factsUnread('a trail is no key'),
  trails: known(trails),
});

/** What the files tell of an IAM policy. */
export const describePolicyFacts = (action: KeyAction, record: PolicyRecord | undefined): KeyFacts => ({
  ...factsUnread('an IAM policy is no key'),
  iamPolicy: action.subject.includes(':policy/') ? describePolicy(record) : describeHeldPolicy(action),
});

/** What the files tell of a key. What none of them tells is Unread, and says so. */
export function describeKeyFacts(action: KeyAction, record: KeyRecord, uses: UsesInFiles): KeyFacts {
  const { keyPolicy, tags, created, aliases } = record;
  const described = describeKnownKey(action, record);
  return {
    key: known(described),
    rotation: describeRotation(described, record.rotation),
    tags: tags === undefined ? untold('its CreateKey record', 'all of its tags') : known(Object.fromEntries(tags)),
    aliases: created ? known([...aliases].sort()) : untold('its CreateKey record', 'all of its aliases'),
    keyPolicy: keyPolicy === undefined ? untold('the key policy') : known(keyPolicy),
    grant: describeGrant(action),
    iamPolicy: unread('a key is no IAM policy'),
    rotations:
      created || record.rotations.length > 0
        ? known({ done: record.rotations })
        : untold('its CreateKey record or a rotation', 'when it was rotated'),
    usage: describeUsage(action, uses),
    history: known(record.history),
    trails: unread('these files do not tell which trails record the Region'),
  };
}

const untold = (what: string, of = what) =>
  unread(
    of === what
      ? `no record in these files tells ${what}`
      : `no record in these files tells ${of} (${what} is not among them)`,
  );

function describeKnownKey(
  action: KeyAction,
  { key = startOldKey(action.subject) }: KeyRecord,
): KeyDescription | 'missing' {
  return key === 'missing' ? key : addProof(key, proveByRefusal(action, key.keyId));
}

function describeRotation(key: KeyDescription | 'missing', rotation: RotationStatus | undefined): KeyFacts['rotation'] {
  if (key === 'missing') return unread('the key no longer exists');
  const eligibility = judgeRotationEligibility(key);
  if (!eligibility.eligible && eligibility.obstacle !== 'untold') {
    return unread(`the rotation does not matter, because ${eligibility.reason}`);
  }
  return rotation === undefined
    ? untold('its CreateKey record or a change of it', 'whether it rotates')
    : known(rotation);
}

/** The grant that an action is about, right after it. */
function describeGrant(action: KeyAction): KeyFacts['grant'] {
  switch (action.api) {
    case 'RevokeGrant':
    case 'RetireGrant':
      return known('missing');
    case 'CreateGrant':
      return readGrant(action);
    default:
      return unread('no grant was named');
  }
}

function readGrant(action: KeyAction): KeyFacts['grant'] {
  try {
    return known(grantOfAction(action).grant);
  } catch (error) {
    if (!(error instanceof UnreadableGrantError)) throw error;
    return unread(`its record does not tell the grant (${error.message})`);
  }
}

/** Without any use among the records nobody can tell whether there was none, or whether the trail leaves them out. */
function describeUsage({ time }: KeyAction, { place, runs, last, quietDays }: UsesInFiles): Fact<Usage> {
  if (place?.hasUses !== true) {
    return unread('these files hold no use of any key in its account and Region, so that the trail may leave uses out');
  }
  const trackedSince = findCoverageStart(place, runs, time);
  if (trackedSince === undefined) return unread('these files hold no other record of that day');
  return known({
    trackedSince,
    ...(last === undefined || !counts(last.at, trackedSince, time, quietDays) ? {} : { last }),
  });
}

/**
 * A use of the time before a gap proves that the key was used, and not that it was used no more since: it counts while it
 * is young enough to speak against a deletion.
 */
const counts = (at: string, trackedSince: string, now: string, quietDays: number): boolean =>
  Date.parse(at) >= Date.parse(trackedSince) || Date.parse(now) - Date.parse(at) <= quietDays * DAY;
