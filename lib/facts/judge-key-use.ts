import { type DeletedKey, findDeletionOrder } from './deletion-order.ts';
import type { Evidence } from './evidence.ts';
import type { SeenUse, Usage } from './key-facts.ts';
import type { KeyView } from './key-view.ts';
import { showText } from './plain-text.ts';
import { DAY } from './waiting-period.ts';

/**
 * Whether a key was used lately before it was to be deleted. `reason` is one clause:
 * - `used`: within the quiet period of the policy;
 * - `quiet`: not within it;
 * - `unknown`: nobody kept count for long enough, or could tell.
 */
export interface KeyUse {
  readonly kind: 'used' | 'quiet' | 'unknown';
  readonly reason: string;
}

/** A key that waits to be deleted; when it was created is of use, and may be untold. */
type UnusedKey = DeletedKey & KeyView<never, 'createdAt'>;

/**
 * From the order to the deletion: 30 days at most, and the 24 hours that KMS may take. Replicas may stay for ever, and a key
 * that may be a primary one may have had some.
 */
const longestWait = ({ state, multiRegion }: DeletedKey): number =>
  state === 'PendingReplicaDeletion' || multiRegion === undefined ? Number.POSITIVE_INFINITY : 31 * DAY;

/**
 * Judges whether a key that is pending deletion was needed when its deletion was ordered. The quiet period ends with the
 * order: a key that waits is not used because KMS refuses it, and must not become unused by waiting. Without the order in
 * the record, only what is so for every day on which it may have been given is said.
 *
 * KMS shows a use up to an hour late, and counts successful cryptographic operations only.
 *
 * @param key that is pending deletion
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-keys-determining-usage.html
 */
export function judgeKeyUse(evidence: Evidence, key: UnusedKey): KeyUse {
  const { facts, policy, now } = evidence;
  if (!facts.usage.known) return unknown(`when it was last used cannot be told because ${facts.usage.reason}`);
  if (!facts.history.known) return unknown(`when its deletion was ordered is unknown: ${facts.history.reason}`);
  const order = findDeletionOrder(evidence, key);
  const latest = order.known ? Date.parse(order.value.time) : now.getTime();
  const earliest = order.known ? latest : latest - longestWait(key);
  const { quietDays } = policy.deletion;
  return judgeUsage(facts.usage.value, key, {
    earliest: earliest - quietDays * DAY,
    latest: latest - quietDays * DAY,
    asks: `the policy asks for ${quietDays} quiet days before a deletion is ordered`,
  });
}

const unknown = (reason: string): KeyUse => ({ kind: 'unknown', reason });

/** When the quiet period began, at the earliest and at the latest, in milliseconds. */
interface Quiet {
  readonly earliest: number;
  readonly latest: number;
  readonly asks: string;
}

function judgeUsage(usage: Usage, key: UnusedKey, quiet: Quiet): KeyUse {
  const { last, before, unasked } = usage;
  const { latest, asks } = quiet;
  const seen = last ?? before;
  if (seen !== undefined && Date.parse(seen.at) >= latest) return { kind: 'used', reason: sayUse(seen, asks) };
  if (unasked !== undefined) return unknown(`whether it was used lately is not certain because ${unasked}`);
  return last === undefined ? judgeNoUse(usage, key, quiet) : judgeLastUse(last, quiet);
}

const sayUse = ({ at, operation, from }: SeenUse, asks: string): string => {
  const source = from === 'log-files' ? ', as log files of CloudTrail show' : '';
  return `it was last used for ${showText(operation)} on ${showText(at)}${source}, and ${asks}`;
};

function judgeLastUse(last: SeenUse, { earliest, asks }: Quiet): KeyUse {
  const used = sayUse(last, asks);
  return Date.parse(last.at) < earliest
    ? { kind: 'quiet', reason: used }
    : unknown(`${used}; no record shows when that was`);
}

/** A use before KMS began to count does not matter here: the days between are what nobody knows. */
function judgeNoUse({ trackedSince }: Usage, key: UnusedKey, { earliest, asks }: Quiet): KeyUse {
  const since = Date.parse(trackedSince);
  const unused = `no use of it is known since KMS began to count on ${showText(trackedSince)}, and ${asks}`;
  if (Date.parse(key.createdAt ?? '') >= since || since <= earliest) return { kind: 'quiet', reason: unused };
  return unknown(`${unused}; ask the owner of the key, and search CloudTrail for uses before that day`);
}
