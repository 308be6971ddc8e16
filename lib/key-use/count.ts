import type { Outcome } from '../event/key-action.ts';
import type { Caller, OneUse } from './use.ts';

/** How often one caller used one key for one operation within one hour, as the records of one file tell. */
export interface UseRow extends Caller {
  /** ARN of the key. */
  readonly key: string;
  /** The hour in UTC, e.g. `2026-08-03T09`. */
  readonly hour: string;
  /** Account whose trail has the records: for a key of another account, the caller's own copies. */
  readonly account: string;
  readonly operation: string;
  readonly succeeded: number;
  readonly denied: number;
  /** Refused for another reason than a missing permission: the state of the key, a wrong ciphertext. */
  readonly failed: number;
  /** KMS checked the permission and did nothing else. */
  readonly dryRuns: number;
  /** ISO 8601 UTC, to the second; the first and the last call, whatever became of it. */
  readonly first: string;
  readonly last: string;
  /** CloudTrail `eventID` of the last call; of several in one second, the greatest. */
  readonly lastEventId: string;
  /** The last call that succeeded, ISO 8601 UTC to the second; absent when none did. */
  readonly lastUse?: string;
}

/** Counts uses. Neither their order nor how often one of them is given changes what comes out. */
export interface UseCounter {
  add(use: OneUse): void;
  /** Sorted by key, hour and the rest of what tells rows apart. */
  rows(): UseRow[];
}

/**
 * The most calls that are told apart in one file. CloudTrail puts at most 50 MB into one, which holds no more than a tenth
 * of this.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
export const MOST_USES = 1_000_000;

/** A file holds more than CloudTrail puts into one. */
export class TooManyUsesError extends Error {
  override name = 'TooManyUsesError';
}

type Sum = { -readonly [Name in keyof UseRow]: UseRow[Name] };

/** @param most calls that are counted; one more and `add` throws a {@link TooManyUsesError} */
export function createUseCounter(most: number = MOST_USES): UseCounter {
  const sums = new Map<string, Sum>();
  const seen = new Set<string>();
  return {
    add(use) {
      // CloudTrail can deliver a record twice: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
      const id = `${use.account} ${use.eventId}`;
      if (seen.has(id)) return;
      if (seen.size >= most) {
        throw new TooManyUsesError(
          `The file has more than ${most} uses of keys, and no log file of CloudTrail is so long.`,
        );
      }
      seen.add(id);
      for (const key of use.keys) addTo(sums, key, use);
    },
    rows: () => [...sums.keys()].sort().flatMap((name) => sums.get(name) ?? []),
  };
}

const COUNTED_AS: Readonly<Record<Outcome, 'succeeded' | 'denied' | 'failed' | 'dryRuns'>> = {
  succeeded: 'succeeded',
  denied: 'denied',
  failed: 'failed',
  'dry-run': 'dryRuns',
};

function addTo(
  sums: Map<string, Sum>,
  key: string,
  { account, caller, operation, time, eventId, outcome }: OneUse,
): void {
  const hour = time.slice(0, 'yyyy-mm-ddThh'.length);
  const at = `${time.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
  const name = [key, hour, caller.principal, caller.via ?? '', operation, account].join('\n');
  const sum = sums.get(name) ?? startSum(name, sums, { key, hour, account, operation, ...caller }, at);
  sum[COUNTED_AS[outcome]] += 1;
  if (at < sum.first) sum.first = at;
  if (at > sum.last || (at === sum.last && eventId > sum.lastEventId)) sum.lastEventId = eventId;
  if (at > sum.last) sum.last = at;
  if (outcome === 'succeeded' && at > (sum.lastUse ?? '')) sum.lastUse = at;
}

type Named = Caller & Pick<UseRow, 'key' | 'hour' | 'account' | 'operation'>;

function startSum(name: string, sums: Map<string, Sum>, named: Named, at: string): Sum {
  const sum: Sum = { ...named, succeeded: 0, denied: 0, failed: 0, dryRuns: 0, first: at, last: at, lastEventId: '' };
  sums.set(name, sum);
  return sum;
}
