import { type Finding, findingId } from '../ledger/finding.ts';
import type { Policy } from '../policy/policy.ts';

/** From when to when is looked for what is due: after `from`, up to and with `until`. ISO 8601 UTC. */
export interface Window {
  readonly from: string;
  readonly until: string;
}

/** Of an open finding, what a reminder says. Plain JSON: it is recorded as it is. */
export interface Due {
  readonly subject: string;
  readonly control: string;
  readonly item?: string;
  readonly severity: string;
  readonly reason: string;
  readonly decision: string;
  /** ISO 8601 UTC. */
  readonly openedAt: string;
  readonly baseline?: string;
  /** sha256 (hex) of the plan that waits for an approval. */
  readonly plan?: string;
}

/** What a message is: for the officer, or also for whoever is told when nobody acts. */
export type ReminderKind = 'reminder' | 'escalated';

/** What is to be told: what is escalated is not reminded of besides. The gravest first, and of these the oldest. */
export interface DueFindings {
  readonly reminders: readonly Due[];
  readonly escalations: readonly Due[];
}

/** Milliseconds of an hour. */
const HOUR = 3_600_000;

/** What a person has rejected is known; it comes back less often, and is never escalated. */
const REJECTED_TIMES = 4;

/** In this order they are told. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

/**
 * What is to be told of a finding now. It is due each time `alerts.remindAfterHours` have passed since anything about it
 * changed, and is escalated each time `alerts.escalateAfterHours` have passed since it was opened.
 *
 * @returns undefined when nothing is
 */
export function dueAs(
  { status, decision, severity, openedAt, changedAt }: Finding,
  { alerts }: Pick<Policy, 'alerts'>,
  window: Window,
): ReminderKind | undefined {
  if (status !== 'open') return undefined;
  const rejected = decision === 'rejected';
  const escalate = hoursOf(alerts.escalateAfterHours, severity);
  if (!rejected && countDue(openedAt, escalate, window) > 0) return 'escalated';
  const remind = hoursOf(alerts.remindAfterHours, severity) * (rejected ? REJECTED_TIMES : 1);
  return countDue(changedAt, remind, window) > 0 ? 'reminder' : undefined;
}

/** Finds what is due among findings. */
export async function listDue(
  findings: AsyncIterable<Finding> | Iterable<Finding>,
  policy: Pick<Policy, 'alerts'>,
  window: Window,
): Promise<DueFindings> {
  const due: Readonly<Record<ReminderKind, Due[]>> = { reminder: [], escalated: [] };
  for await (const finding of findings) {
    const kind = dueAs(finding, policy, window);
    if (kind !== undefined) due[kind].push(toDue(finding));
  }
  return { reminders: sortDue(due.reminder), escalations: sortDue(due.escalated) };
}

/**
 * How often something is due within a window: at each multiple of so many hours after it began.
 *
 * @param since ISO 8601 UTC; that moment itself does not count
 */
export function countDue(since: string, hours: number, { from, until }: Window): number {
  const periods = (at: string) => Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / (hours * HOUR)));
  return Math.max(0, periods(until) - periods(from));
}

/**
 * The hours that a run answers for: from where the last one that told something ended, to the last full hour. A run that did
 * not happen is made up for by the next, and a second one in the same hour has nothing to do.
 *
 * @param last where the last one ended; undefined before the first
 * @returns undefined when there is nothing to answer for
 */
export function findWindow(last: string | undefined, now: Date): Window | undefined {
  const end = Math.floor(now.getTime() / HOUR) * HOUR;
  const from = last === undefined ? end - HOUR : Date.parse(last);
  return from < end ? { from: new Date(from).toISOString(), until: new Date(end).toISOString() } : undefined;
}

/** A severity that this version does not know is the gravest: it must not fall silent. */
const hoursOf = (hours: Readonly<Record<(typeof SEVERITIES)[number], number>>, severity: string): number =>
  hours[SEVERITIES.find((one) => one === severity) ?? 'critical'];

/** Place of a severity; -1 for one that is not known, which comes first. */
export const rankOf = (severity: string): number => (SEVERITIES as readonly string[]).indexOf(severity);

const sortDue = (due: readonly Due[]): readonly Due[] =>
  due.toSorted(
    (one, other) =>
      rankOf(one.severity) - rankOf(other.severity) ||
      Date.parse(one.openedAt) - Date.parse(other.openedAt) ||
      (nameOf(one) < nameOf(other) ? -1 : 1),
  );

const nameOf = (due: Due): string => `${due.subject} ${findingId(due)}`;

const toDue = ({ subject, control, item, severity, reason, decision, openedAt, baseline, plan }: Finding): Due => ({
  subject,
  control,
  ...(item === undefined ? {} : { item }),
  severity,
  reason,
  decision,
  openedAt,
  ...(baseline === undefined ? {} : { baseline }),
  ...(plan === undefined ? {} : { plan }),
});
