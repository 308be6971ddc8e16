import type { Fact } from './facts/key-facts.ts';
import type { Policy, Waiver } from './policy/policy.ts';

/** Milliseconds of a day. */
const DAY = 86_400_000;

/** The moment at which a waiver is over: its last day counts, in UTC. */
export const endOf = ({ expires }: Waiver): number => Date.parse(`${expires}T00:00:00Z`) + DAY;

/**
 * Finds the waiver in force for a control on a subject.
 *
 * @param tags of the subject; asked for only when a waiver of this control is by tag. Unread tags waive nothing
 */
export async function findWaiver(
  policy: Policy,
  control: string,
  subject: string,
  now: Date,
  tags: () => Promise<Fact<Readonly<Record<string, string>>>>,
): Promise<Waiver | undefined> {
  const inForce = policy.waivers.filter((waiver) => waiver.control === control && now.getTime() < endOf(waiver));
  const bySubject = inForce.find((waiver) => waiver.subject === subject);
  const byTag = inForce.filter(({ tag }) => tag !== undefined);
  if (bySubject !== undefined || byTag.length === 0) return bySubject;
  const read = await tags();
  if (!read.known) return undefined;
  return byTag.find(
    ({ tag }) => tag !== undefined && Object.hasOwn(read.value, tag.key) && read.value[tag.key] === tag.value,
  );
}

/** A waiver that somebody must look at, and why. */
export interface WaiverNotice {
  readonly waiver: Waiver;
  readonly state: 'expires-soon' | 'expired';
  /** Whole days until its end; negative since. */
  readonly days: number;
}

/** How long an expired waiver is listed: a notice must survive a few days in which nothing could be sent. */
const LONGEST_EXPIRED = 7;

/** The waivers that end within the policy's warning time, and those that ended within the last seven days. */
export function listDueWaivers({ waivers, safeguards }: Policy, now: Date): WaiverNotice[] {
  return waivers.flatMap((waiver): WaiverNotice[] => {
    const days = Math.floor((endOf(waiver) - now.getTime()) / DAY);
    if (days < -LONGEST_EXPIRED || days > safeguards.waiverWarningDays) return [];
    return [{ waiver, days, state: days < 0 ? 'expired' : 'expires-soon' }];
  });
}
