import type { RecordedRemediation } from '../ledger/entry.ts';
import { nameSubject } from './console-link.ts';
import type { Notice } from './notice.ts';
import { safeText } from './safe-text.ts';

/** Says what Keywarden did about a finding, and the proof: what AWS shows, and the ids of the calls. */
export function describeDone(notice: Notice): readonly string[] {
  const { remediation } = notice;
  return remediation === undefined ? describeNothing(notice) : describeChange(notice, remediation);
}

function describeNothing({ state, finding, decision, order }: Notice): readonly string[] {
  switch (state) {
    case 'resolved':
      return [`Nothing; ${nameSubject(finding.subject)} is in order again.`];
    case 'waived':
      return ['Nothing is changed. It put the exception on record; the finding comes back when the exception ends.'];
    case 'rejected':
      return [
        `Nothing, and it does not ask again: ${safeText(order?.by.name ?? 'a person')} rejected the plan. The finding stays open.`,
      ];
    case 'needs-approval':
      return [`Nothing yet. ${safeText(decision.reason, 1_000)}`];
    default:
      return [`Nothing. ${safeText(decision.reason, 1_000)}`];
  }
}

function describeChange(notice: Notice, remediation: RecordedRemediation): readonly string[] {
  const { decision, finding } = notice;
  const what = safeText(decision.plan?.summary ?? remediation.remedy, 1_000);
  const ids =
    remediation.requestIds.length === 0
      ? []
      : [`Proof: AWS request ${remediation.requestIds.join(', ')}, which CloudTrail records too.`];
  switch (remediation.status) {
    case 'confirmed':
      return [
        `Done: ${what}`,
        `Read back from AWS: ${show(remediation.after)}.`,
        ...ids,
        ...describeOrder(notice),
        ...describeLeft(remediation, finding.control),
      ];
    case 'already-so':
      return [`Nothing more: AWS already showed ${show(remediation.after)}.`];
    case 'pending':
      return [`AWS accepted: ${what}`, ...ids, ...describeOrder(notice), safeText(remediation.reason ?? '')];
    default:
      return [`It tried: ${what}`, safeText(remediation.reason ?? 'Nobody knows why.', 1_000), ...ids];
  }
}

/** Without whose order it would not have been done. */
function describeOrder({ order, finding: { proposedBy } }: Notice): readonly string[] {
  if (order?.kind !== 'approve') return [];
  const proposed = proposedBy === undefined ? '' : `, proposed by ${safeText(proposedBy.name)}`;
  return [`It was approved by ${safeText(order.by.name)}${proposed}.`];
}

/** A change may put right only a part of what is wrong. */
const describeLeft = ({ leaves }: RecordedRemediation, control: string): readonly string[] =>
  leaves?.[control] === undefined ? [] : [safeText(leaves[control], 1_000)];

/** `{ rotation: { enabled: true, periodInDays: 365 } }` as `rotation: enabled true, periodInDays 365`. */
const show = (values: Readonly<Record<string, unknown>> | undefined): string =>
  Object.entries(values ?? {})
    .map(([name, value]) => `${name}: ${safeText(showValue(value))}`)
    .join('; ');

const showValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name} ${typeof inner === 'object' ? JSON.stringify(inner) : String(inner)}`)
        .join(', ')
    : String(value);
