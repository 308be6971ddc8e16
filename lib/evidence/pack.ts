import type { CoveredRange } from '../ledger/checkpoint.ts';
import type { Problem } from './evidence.ts';
import type { Uncovered } from './read-uncovered.ts';

/** What one checkpoint says. */
export interface Pack {
  readonly ranges: readonly CoveredRange[];
  readonly problems: readonly Problem[];
}

/**
 * A checkpoint is one item of the table, which may have 400 KB; some are left for its signature and its other fields.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const MOST_BYTES = 300_000;

/** A hash as it stands in JSON: 64 digits, two quotation marks and a comma. */
const HASH_BYTES = 67;
/** `{"from":…,"hashes":[…],"subject":…},` without subject and hashes. */
const RANGE_BYTES = 60;
const PROBLEM_BYTES = 60;

/**
 * Distributes what is to be said over as many checkpoints as it takes, in order. A long range goes over several of them.
 *
 * @param chains in the order of their subjects
 * @param most bytes of text for one checkpoint
 */
export async function* pack(chains: AsyncIterable<Uncovered>, most: number = MOST_BYTES): AsyncGenerator<Pack> {
  let ranges: CoveredRange[] = [];
  let problems: Problem[] = [];
  let bytes = 0;
  const take = (): Pack => {
    const full = { ranges, problems };
    [ranges, problems, bytes] = [[], [], 0];
    return full;
  };
  for await (const { range, problem } of chains) {
    if (problem !== undefined) {
      const size = PROBLEM_BYTES + sizeOf(problem.subject) + sizeOf(problem.what);
      if (bytes > 0 && bytes + size > most) yield take();
      problems.push(problem);
      bytes += size;
    }
    for (let rest = range; rest !== undefined; ) {
      const base = RANGE_BYTES + sizeOf(rest.subject);
      const room = Math.floor((most - bytes - base) / HASH_BYTES);
      if (room < 1 && bytes > 0) yield take();
      else {
        const [now, later] = splitRange(rest, Math.max(room, 1));
        ranges.push(now);
        bytes += base + now.hashes.length * HASH_BYTES;
        rest = later;
        if (later !== undefined) yield take();
      }
    }
  }
  if (bytes > 0) yield take();
}

function splitRange(range: CoveredRange, count: number): readonly [CoveredRange, CoveredRange | undefined] {
  const { subject, from, hashes } = range;
  if (hashes.length <= count) return [range, undefined];
  const later = { subject, from: from + count, hashes: hashes.slice(count) };
  return [{ subject, from, hashes: hashes.slice(0, count) }, later];
}

const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text));
