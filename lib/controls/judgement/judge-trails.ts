import type { Trail } from '../../facts/key-facts.ts';
import { showText } from '../../facts/plain-text.ts';

/** Whether the trails, together, record every use and change of every key. */
export type Coverage =
  | { readonly covers: true; readonly by: string }
  | {
      readonly covers: false;
      /** What is missing, as a clause. */
      readonly missing: string;
      /** Why it may be there after all, as a clause: a trail that could fill the gap could not be read. */
      readonly unclear: string | undefined;
    };

/**
 * Says whether trails that record all Regions, and are logging, take the reads and the writes of KMS. One may take the reads
 * and another the writes.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-1
 */
export function judgeCoverage(trails: readonly Trail[]): Coverage {
  const wide = trails.filter(({ multiRegion }) => multiRegion);
  const logging = wide.filter((trail) => trail.logging.known && trail.logging.value);
  const takes = (which: 'reads' | 'writes') =>
    logging.find(({ kmsEvents }) => kmsEvents.known && kmsEvents.value[which]);
  const [reads, writes] = [takes('reads'), takes('writes')];
  if (reads !== undefined && writes !== undefined) {
    return { covers: true, by: [...new Set([reads, writes].map(({ arn }) => nameTrail(arn)))].join(' and ') };
  }
  const unclear = wide.flatMap((trail) => findUnclear(trail) ?? [])[0];
  return { covers: false, missing: describeGap(trails, wide, logging, reads, writes), unclear };
}

/** A trail that does not log fills no gap, whatever its selectors are. */
function findUnclear({ logging, kmsEvents }: Trail): string | undefined {
  if (!logging.known) return logging.reason;
  return logging.value && !kmsEvents.known ? kmsEvents.reason : undefined;
}

function describeGap(
  trails: readonly Trail[],
  wide: readonly Trail[],
  logging: readonly Trail[],
  reads: Trail | undefined,
  writes: Trail | undefined,
): string {
  if (trails.length === 0) return 'no trail records this Region';
  if (wide.length === 0) return `no trail records all Regions (${listNames(trails)} only its own)`;
  if (logging.length === 0) return `no trail of all Regions is logging (${listNames(wide)} is off)`;
  if (reads === undefined && writes === undefined) return `${listNames(logging)} leaves the events of KMS out`;
  return `${listNames(logging)} records only ${reads === undefined ? 'writes' : 'reads'} of KMS`;
}

const SHOWN = 3;

/** Some of them: an account may have five in each Region. */
const listNames = (trails: readonly Trail[]): string =>
  `${trails
    .slice(0, SHOWN)
    .map(({ arn }) => nameTrail(arn))
    .join(', ')}${trails.length > SHOWN ? ` and ${trails.length - SHOWN} more` : ''}`;

/** How sentences call a trail. */
export const nameTrail = (arn: string): string => `trail ${showText(arn.slice(arn.lastIndexOf('/') + 1))}`;
