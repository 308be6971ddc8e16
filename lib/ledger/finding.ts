import type { RecordedRemediation } from './entry.ts';

/** The current state of one control on one subject. A projection: the chain is the truth. */
export interface Finding {
  readonly subject: string;
  readonly control: string;
  readonly status: 'open' | 'resolved';
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
}

/** What the officer is told about a finding. */
export type FindingState = 'opened' | 'needs-approval' | 'remediated' | 'not-remediated' | 'resolved';

/** What one evaluation says about a subject. */
export interface Evaluated {
  readonly control: string;
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
  const open = previous?.status === 'open' ? previous : undefined;
  if (found.verdict !== 'violation' && found.verdict !== 'unknown') {
    if (open === undefined) return undefined;
    const finding = {
      ...open,
      ...changed(source),
      status: 'resolved',
      reason: found.reason,
      decision: 'none',
    } as const;
    return { finding, replaces: previous };
  }
  const { control, severity, verdict, reason, decision } = found;
  const same = open?.verdict === verdict && open.reason === reason && open.decision === decision;
  if (same && decision !== 'act') return undefined;
  const openedAt = open?.openedAt ?? source.at;
  const { subject } = source;
  return {
    finding: { subject, control, status: 'open', verdict, severity, reason, decision, openedAt, ...changed(source) },
    replaces: previous,
  };
}

/** What a remediation makes of the finding it was for. */
export function afterRemediation(finding: Finding, remediation: RecordedRemediation, source: Source): FindingChange {
  const done = isDone(remediation);
  const reason = done ? finding.reason : `${finding.reason} ${remediation.reason ?? ''}`.trim();
  return {
    finding: { ...finding, ...changed(source), status: done ? 'resolved' : 'open', reason },
    replaces: finding,
  };
}

/**
 * What the officer is to be told about a finding that an entry changed.
 *
 * @param remediation what was done about it, when the decision was to act
 */
export function stateOf(finding: Finding, remediation: RecordedRemediation | undefined): FindingState {
  if (remediation !== undefined) return isDone(remediation) ? 'remediated' : 'not-remediated';
  if (finding.status === 'resolved') return 'resolved';
  return finding.decision === 'ask' ? 'needs-approval' : 'opened';
}

const isDone = ({ status }: RecordedRemediation): boolean => status === 'confirmed' || status === 'already-so';

const changed = ({ at, eventId, seq }: Source) => ({ changedAt: at, eventId, seq });
