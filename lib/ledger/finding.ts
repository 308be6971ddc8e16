import type { Orderer, RecordedRemediation } from './entry.ts';

/** Names a finding among those of its subject: by its control, and by the item when there are many of them. */
export const findingId = ({ control, item }: { readonly control: string; readonly item?: string }): string =>
  item === undefined ? control : `${control}#${item}`;

/** The current state of one control on one subject. A projection: the chain is the truth. */
export interface Finding {
  readonly subject: string;
  readonly control: string;
  readonly item?: string;
  readonly status: 'open' | 'waived' | 'resolved';
  /** `violation` or `unknown`. */
  readonly verdict: string;
  readonly severity: string;
  readonly reason: string;
  readonly decision: string;
  /** ISO 8601 UTC: when it was opened, and when anything about it changed last. */
  readonly openedAt: string;
  readonly changedAt: string;
  /** The action that changed it last, and the entry of the chain that says so. */
  readonly eventId: string;
  readonly seq: number;
  /** When Keywarden put it right: the last few times, the newest last. Shows a fight with somebody who undoes it. */
  readonly remediatedAt: readonly string[];
  /** How often it was opened; absent: once. */
  readonly openings?: number;
  /** Who did what opened it, as the record of the action names them; absent when nobody is named, or a state was looked at. */
  readonly causedBy?: Causer;
  /** Who ordered a remediation that somebody else must approve. */
  readonly proposedBy?: Orderer;
  /** sha256 (hex) of the plan that waits for an approval, or was rejected. */
  readonly plan?: string;
  /** The waiver by order that is in force for it, or was in force last. */
  readonly waiver?: FindingWaiver;
  /** Id of the first look at all keys: it was so before Keywarden was there, and nothing is changed without an approval. */
  readonly baseline?: string;
}

/** Whom a record names: nobody of them may approve what Keywarden proposes because of it. */
export interface Causer {
  readonly arn?: string;
  readonly person?: string;
}

export interface FindingWaiver {
  /** Its last day, e.g. `2026-12-31`, in UTC. */
  readonly until: string;
  /** Who granted it. */
  readonly by: string;
  readonly ticket?: string;
}

/**
 * What the officer is told about a finding.
 *
 * - `opened`, `reopened`: it is wrong (again), and nothing is planned;
 * - `needs-approval`: a plan waits for a person; `rejected`: a person does not want it;
 * - `remediated`, `not-remediated`: Keywarden tried, and it is put right or not;
 * - `undone`, `not-undone`: a person had a remediation taken back, and it is as it was before, or not;
 * - `waived`: a person answers for it until a day; `resolved`: it is in order.
 */
export type FindingState =
  | 'opened'
  | 'reopened'
  | 'needs-approval'
  | 'rejected'
  | 'remediated'
  | 'not-remediated'
  | 'undone'
  | 'not-undone'
  | 'waived'
  | 'resolved';

/** What one evaluation says about a subject. */
export interface Evaluated {
  readonly control: string;
  readonly item?: string;
  readonly severity: string;
  readonly verdict: string;
  readonly reason: string;
  readonly decision: string;
  readonly causedBy?: Causer;
  readonly proposedBy?: Orderer;
  /** sha256 (hex) of the plan that it asks about. */
  readonly plan?: string;
  readonly baseline?: string;
  /** A state was looked at, and nothing happened: a number of days that has grown since then is no news. */
  readonly looked?: true;
  /** The waiver that was granted for it was withdrawn. */
  readonly unwaived?: true;
}

/** Which entry says so. */
export interface Source {
  readonly subject: string;
  readonly eventId: string;
  readonly seq: number;
  readonly at: string;
}

/** A finding as it is to be stored, with the one it replaces. */
export interface FindingChange {
  readonly finding: Finding;
  readonly replaces: Finding | undefined;
}

/**
 * What an evaluation makes of a finding. A violation or an unknown opens it; anything else resolves it when it is open.
 *
 * @returns undefined when nothing changes: no finding and none to open, or the same verdict for the same reason as
 *   before, which is told only once
 */
export function openOrResolve(
  previous: Finding | undefined,
  found: Evaluated,
  source: Source,
): FindingChange | undefined {
  const live = previous === undefined || previous.status === 'resolved' ? undefined : previous;
  if (found.verdict !== 'violation' && found.verdict !== 'unknown') {
    if (live === undefined) return undefined;
    const finding = {
      ...live,
      ...changed(source),
      status: 'resolved',
      reason: found.reason,
      decision: 'none',
    } as const;
    return { finding, replaces: previous };
  }
  const { control, item, severity, verdict, reason, decision, baseline, plan } = found;
  const decided = live?.decision === decision || (live?.decision === 'rejected' && decision === 'ask');
  const same = live?.verdict === verdict && isSameReason(live.reason, found) && decided && isSamePlan(live, found);
  if (same && decision !== 'act' && found.proposedBy === undefined) return undefined;
  const openings = (previous?.openings ?? 1) + (previous?.status === 'resolved' ? 1 : 0);
  // Who approved it is in the order; who proposed it would be forgotten.
  const proposedBy = found.proposedBy ?? (decision === 'act' ? live?.proposedBy : undefined);
  const causedBy = live?.causedBy ?? found.causedBy;
  const waiver = found.unwaived === true ? undefined : previous?.waiver;
  return {
    finding: {
      subject: source.subject,
      control,
      ...(item === undefined ? {} : { item }),
      status: decision === 'waived' ? 'waived' : 'open',
      verdict,
      severity,
      reason,
      decision,
      openedAt: live?.openedAt ?? source.at,
      remediatedAt: previous?.remediatedAt ?? [],
      ...(openings === 1 ? {} : { openings }),
      ...(causedBy === undefined ? {} : { causedBy }),
      ...(proposedBy === undefined ? {} : { proposedBy }),
      ...(plan === undefined ? {} : { plan }),
      ...(waiver === undefined ? {} : { waiver }),
      ...((live?.baseline ?? baseline) === undefined ? {} : { baseline: live?.baseline ?? baseline }),
      ...changed(source),
    } as Finding,
    replaces: previous,
  };
}

/** What waits for an approval is told again when another plan would be carried out: the one before cannot be approved any more. */
const isSamePlan = (before: Finding, { plan }: Evaluated): boolean =>
  before.plan === undefined || plan === undefined || before.plan === plan;

/** `... was rotated 401 days ago` says the same as `... 400 days ago`. */
const isSameReason = (before: string, { reason, looked }: Evaluated): boolean =>
  before === reason || (looked === true && withoutNumbers(before) === withoutNumbers(reason));

const withoutNumbers = (text: string): string => text.replace(/\d+(?:\.\d+)?/g, '0');

/** How many remediations a finding remembers: more than a policy may allow in its window (lib/policy/policy.ts). */
const REMEMBERED = 20;

/** How often Keywarden put this right within the last hours. */
export function countRemediations(finding: Finding | undefined, hours: number, now: Date): number {
  const since = now.getTime() - hours * 3_600_000;
  return (finding?.remediatedAt ?? []).filter((at) => Date.parse(at) > since).length;
}

/** What a remediation makes of the finding it was for. */
export function afterRemediation(finding: Finding, remediation: RecordedRemediation, source: Source): FindingChange {
  if (remediation.undoes !== undefined) return { finding: afterUndo(finding, remediation, source), replaces: finding };
  const done = isDone(remediation);
  const left = leftOf(finding, remediation);
  const reason = done ? (left ?? finding.reason) : `${finding.reason} ${remediation.reason ?? ''}`.trim();
  const remediatedAt = done ? [...finding.remediatedAt, source.at].slice(-REMEMBERED) : finding.remediatedAt;
  const after = { ...finding, ...changed(source), reason, remediatedAt };
  return {
    finding:
      left === undefined
        ? { ...after, status: done ? 'resolved' : 'open' }
        : { ...after, status: 'open', decision: 'tell' },
    replaces: finding,
  };
}

/** What was put right is wrong again, because a person wanted it so. */
function afterUndo(finding: Finding, remediation: RecordedRemediation, source: Source): Finding {
  const after = { ...finding, ...changed(source) };
  if (!isDone(remediation)) return after;
  const status = isInForce(finding.waiver, source.at) ? 'waived' : 'open';
  const opened = finding.status === 'resolved' ? { openedAt: source.at } : {};
  return { ...after, ...opened, status, decision: status === 'waived' ? 'waived' : 'undone' };
}

/** @param at ISO 8601 UTC */
export const isInForce = (waiver: Pick<FindingWaiver, 'until'> | undefined, at: string): boolean =>
  waiver !== undefined && at.slice(0, 'yyyy-mm-dd'.length) <= waiver.until;

/** What a change that was made leaves wrong of what a finding is about. */
const leftOf = ({ control }: Finding, remediation: RecordedRemediation): string | undefined =>
  isDone(remediation) ? remediation.leaves?.[control] : undefined;

/**
 * What the officer is to be told about a finding that an entry changed.
 *
 * @param remediation what was done about it, when the decision was to act
 */
export function stateOf(finding: Finding, remediation: RecordedRemediation | undefined): FindingState {
  if (remediation?.undoes !== undefined) return isDone(remediation) ? 'undone' : 'not-undone';
  if (remediation !== undefined) {
    return isDone(remediation) && leftOf(finding, remediation) === undefined ? 'remediated' : 'not-remediated';
  }
  if (finding.status !== 'open') return finding.status;
  if (finding.decision === 'rejected') return 'rejected';
  if (finding.decision === 'ask') return 'needs-approval';
  return (finding.openings ?? 1) > 1 && finding.openedAt === finding.changedAt ? 'reopened' : 'opened';
}

const isDone = ({ status }: RecordedRemediation): boolean => ['confirmed', 'already-so', 'pending'].includes(status);

const changed = ({ at, eventId, seq }: Source) => ({ changedAt: at, eventId, seq });
