import type { Fact } from './facts/key-facts.ts';
import { findingId } from './ledger/finding.ts';
import type { LookUp } from './ledger/look-up.ts';
import type { GrantedWaiver } from './ledger/waiver.ts';
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
export const listDueWaivers = ({ waivers, safeguards }: Policy, now: Date): WaiverNotice[] =>
  waivers.flatMap((waiver) => noticeOf(waiver, safeguards, now) ?? []);

function noticeOf(waiver: Waiver, { waiverWarningDays }: Policy['safeguards'], now: Date): WaiverNotice | undefined {
  const days = Math.floor((endOf(waiver) - now.getTime()) / DAY);
  if (days < -LONGEST_EXPIRED || days > waiverWarningDays) return undefined;
  return { waiver, days, state: days < 0 ? 'expired' : 'expires-soon' };
}

/** The same of a waiver by order. */
export interface GrantedNotice {
  readonly granted: GrantedWaiver;
  readonly notice: WaiverNotice;
}

/** The waivers by order that are due by the same rule. */
export async function listDueGranted(
  lookUp: Pick<LookUp, 'grantedWaivers'>,
  { safeguards }: Policy,
  now: Date,
): Promise<readonly GrantedNotice[]> {
  const dayAt = (days: number) => new Date(now.getTime() + days * DAY).toISOString().slice(0, 'yyyy-mm-dd'.length);
  // A day more on both sides: which of them are due is decided as for those of the policy file.
  const days = { from: dayAt(-LONGEST_EXPIRED - 1), to: dayAt(safeguards.waiverWarningDays + 1) };
  const due: GrantedNotice[] = [];
  for await (const granted of lookUp.grantedWaivers(days)) {
    const notice = noticeOf(asWaiver(granted), safeguards, now);
    if (notice !== undefined) due.push({ granted, notice });
  }
  return due;
}

/** A waiver by order in the words of the policy file. */
export const asWaiver = (granted: GrantedWaiver): Waiver => ({
  control: findingId(granted),
  subject: granted.subject,
  owner: granted.by.name,
  ticket: granted.ticket ?? granted.eventId,
  expires: granted.until,
});
