import type { DigestName } from '../file-name.ts';
import type { Digest } from './digest.ts';

/** A digest of which the name is known, and whether it can be relied on. */
export interface Found {
  readonly key: string;
  readonly name: DigestName;
  /** Absent when something is wrong with it, which is told elsewhere. */
  readonly digest?: Digest;
}

/** What is wrong, and with which object. */
export interface ChainProblem {
  readonly key: string;
  readonly reason: string;
}

/**
 * Follows the chains of digests: each names the one before, by its place, its hash and its signature. What CloudTrail delivers
 * late is in chains of its own.
 *
 * @param found of one account and Region, in any order
 * @param from ISO 8601 UTC; a digest that ended at this time or before is none of those that were looked for
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
export function followChains(found: readonly Found[], from: string): ChainProblem[] {
  const chains = new Map<string, Found[]>();
  for (const one of found) {
    const name = `${one.name.trail}${one.name.backfill ? ' backfill' : ''}`;
    chains.set(name, [...(chains.get(name) ?? []), one]);
  }
  const byKey = new Map(found.map((one) => [one.key, one]));
  return [...chains.values()].flatMap((chain) => followChain(chain.sort(byEnd), byKey, from));
}

const byEnd = (one: Found, other: Found): number =>
  one.name.at === other.name.at ? (one.key < other.key ? -1 : 1) : one.name.at < other.name.at ? -1 : 1;

function followChain(chain: readonly Found[], byKey: ReadonlyMap<string, Found>, from: string): ChainProblem[] {
  const named = new Set<string>();
  const problems: ChainProblem[] = [];
  for (const { key, digest } of chain) {
    if (digest?.previous === undefined) continue;
    const { previous } = digest;
    if (named.has(previous.key)) {
      problems.push({ key, reason: `It names ${previous.key} as the digest before it, as another digest does.` });
    }
    named.add(previous.key);
    const before = byKey.get(previous.key);
    if (before === undefined) {
      // What ended before the window was not looked for.
      if (Date.parse(digest.start) <= Date.parse(from)) continue;
      problems.push({ key: previous.key, reason: `It is missing: the digest ${key} names it as the one before it.` });
    } else if (before.digest !== undefined && !isSame(before.digest, previous)) {
      problems.push({
        key: previous.key,
        reason: `It is another one than the digest that ${key} names as the one before it.`,
      });
    }
  }
  return problems;
}

const isSame = (digest: Digest, previous: NonNullable<Digest['previous']>): boolean =>
  digest.hash === previous.hash && digest.signature.toLowerCase() === previous.signature.toLowerCase();
