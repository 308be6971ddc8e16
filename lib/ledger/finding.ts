import type { RecordedRemediation } from './entry.ts';

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
}

/** What the officer is told about a finding. */
export type FindingState = 'opened' | 'needs-approval' | 'remediated' | 'not-remediated' | 'waived' | 'resolved';

/** What one evaluation says about a subject. */
export interface Evaluated {
  readonly control: string;
  readonly item?: string;
  readonly severity: string;
  readonly verdict: string;
  readonly reason: string;
  readonly decision: string;
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
  const { control, item, severity, verdict, reason, decision } = found;
  const same = live?.verdict === verdict && live.reason === reason && live.decision === decision;
  if (same && decision !== 'act') return undefined;
  const status = decision === 'waived' ? 'waived' : 'open';
  const kept = { openedAt: live?.openedAt ?? source.at, remediatedAt: previous?.remediatedAt ?? [] };
  const { subject } = source;
  return {
    finding: {
      subject,
      control,
      ...(item === undefined ? {} : { item }),
      status,
      verdict,
      severity,
      reason,
      decision,
      ...kept,
      ...changed(source),
    },
    replaces: previous,
  };
}

/** How many remediations a finding remembers: more than a policy may allow in its window (lib/policy/policy.ts). */
const REMEMBERED = 20;

/** How often Keywarden put this right within the last hours. */
export function countRemediations(finding: Finding | undefined, hours: number, now: Date): number {
  const since = now.getTime() - hours * 3_600_000;
  return (finding?.remediatedAt ?? []).filter((at) => Date.parse(at) > since).length;
}

/** What a remediation makes of the finding it was for. */
export function afterRemediation(finding: Finding, remediation: RecordedRemediation, source: Source): FindingChange {
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

/** What a change that was made leaves wrong of what a finding is about. */
const leftOf = ({ control }: Finding, remediation: RecordedRemediation): string | undefined =>
  isDone(remediation) ? remediation.leaves?.[control] : undefined;

/**
 * What the officer is to be told about a finding that an entry changed.
 *
 * @param remediation what was done about it, when the decision was to act
 */
export function stateOf(finding: Finding, remediation: RecordedRemediation | undefined): FindingState {
  if (remediation !== undefined) {
    return isDone(remediation) && leftOf(finding, remediation) === undefined ? 'remediated' : 'not-remediated';
  }
  if (finding.status !== 'open') return finding.status;
  return finding.decision === 'ask' ? 'needs-approval' : 'opened';
}

const isDone = ({ status }: RecordedRemediation): boolean => ['confirmed', 'already-so', 'pending'].includes(status);

const changed = ({ at, eventId, seq }: Source) => ({ changedAt: at, eventId, seq });
