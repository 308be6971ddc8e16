import type { Severity, Verdict } from '../../controls/control.ts';
import { findingId } from '../../ledger/finding.ts';
import type { Waiver } from '../../policy/policy.ts';
import type { AuditVerdict, JudgedAction } from '../judge-entries.ts';

/** When and by whom a finding was made. */
export interface Occasion {
  readonly eventId: string;
  readonly time: string;
  readonly api: string;
  readonly actor: JudgedAction['action']['actor'];
}

/** A violation on one subject, however often it was found. */
export interface AuditFinding {
  readonly subject: string;
  readonly control: string;
  readonly item?: string;
  readonly step: string;
  readonly severity: Severity;
  /** As it was found last. */
  readonly reason: string;
  readonly times: number;
  readonly first: Occasion;
  readonly last: Occasion;
  /** The action after which it was so no more; absent while it is still so. */
  readonly rightAgain?: Occasion;
  readonly waiver?: Waiver;
}

/** How many verdicts of each kind were given. A violation that is waived is only `waived`. */
export interface VerdictCounts {
  compliant: number;
  violation: number;
  waived: number;
  unknown: number;
  'not-applicable': number;
}

/** What one control could not tell. */
export interface Unknowns {
  verdicts: number;
  readonly subjects: Set<string>;
  /** Of the first one. */
  readonly reason: string;
}

/** Everything that a report says of actions. Grows with the number of keys and policies, not with that of records. */
export interface Summary {
  actions: number;
  /** By step of the action. */
  readonly actionsByStep: Map<string, number>;
  /** By step of the control. */
  readonly verdictsByStep: Map<string, VerdictCounts>;
  /** By subject, then by control and item. */
  readonly findings: Map<string, Map<string, AuditFinding>>;
  /** Further items of a control on one subject, see `MOST_ITEMS`: subject -> control -> how many. */
  readonly more: Map<string, Map<string, number>>;
  /** By control. */
  readonly unknowns: Map<string, Unknowns>;
  violations: number;
  waived: number;
}

/** Of nothing judged yet. */
export const startSummary = (): Summary => ({
  actions: 0,
  actionsByStep: new Map(),
  verdictsByStep: new Map(),
  findings: new Map(),
  more: new Map(),
  unknowns: new Map(),
  violations: 0,
  waived: 0,
});

/** A key may have 50,000 grants; a report names this many bad ones of each. */
const MOST_ITEMS = 20;

/** Adds one action; actions come in the order of time. */
export function addToSummary(summary: Summary, { action, verdicts }: JudgedAction): void {
  summary.actions += 1;
  summary.actionsByStep.set(action.step, (summary.actionsByStep.get(action.step) ?? 0) + 1);
  const { eventId, time, api, actor, subject } = action;
  for (const verdict of verdicts) {
    countVerdict(summary, verdict);
    if (verdict.verdict === 'unknown') noteUnknown(summary, subject, verdict);
    else noteFinding(summary, subject, verdict, { eventId, time, api, actor });
  }
}

function countVerdict(summary: Summary, { step, verdict, waiver }: AuditVerdict): void {
  const counts = summary.verdictsByStep.get(step) ?? {
    compliant: 0,
    violation: 0,
    waived: 0,
    unknown: 0,
    'not-applicable': 0,
  };
  const kind = verdict === 'violation' && waiver !== undefined ? 'waived' : (verdict as Verdict);
  counts[kind] += 1;
  summary.verdictsByStep.set(step, counts);
  if (kind === 'violation') summary.violations += 1;
  if (kind === 'waived') summary.waived += 1;
}

function noteUnknown({ unknowns }: Summary, subject: string, { control, reason }: AuditVerdict): void {
  const before = unknowns.get(control) ?? { verdicts: 0, subjects: new Set(), reason };
  before.verdicts += 1;
  before.subjects.add(subject);
  unknowns.set(control, before);
}

/** A violation opens a finding, or is one more time of it; anything but an unknown says that it is so no more. */
function noteFinding(summary: Summary, subject: string, verdict: AuditVerdict, occasion: Occasion): void {
  const id = findingId(verdict);
  const ofSubject = summary.findings.get(subject);
  const before = ofSubject?.get(id);
  if (verdict.verdict !== 'violation') {
    if (before !== undefined && before.rightAgain === undefined) {
      ofSubject?.set(id, { ...before, rightAgain: occasion });
    }
    return;
  }
  if (before === undefined && isTooMany(ofSubject, verdict.control)) {
    const more = summary.more.get(subject) ?? new Map<string, number>();
    summary.more.set(subject, more.set(verdict.control, (more.get(verdict.control) ?? 0) + 1));
    return;
  }
  summary.findings.set(subject, (ofSubject ?? new Map()).set(id, toFinding(subject, verdict, occasion, before)));
}

const isTooMany = (ofSubject: ReadonlyMap<string, AuditFinding> | undefined, control: string): boolean =>
  [...(ofSubject?.values() ?? [])].filter((finding) => finding.control === control).length >= MOST_ITEMS;

function toFinding(
  subject: string,
  { control, item, step, severity, reason, waiver }: AuditVerdict,
  occasion: Occasion,
  before: AuditFinding | undefined,
): AuditFinding {
  return {
    subject,
    control,
    ...(item === undefined ? {} : { item }),
    step,
    severity: severity as Severity,
    reason,
    times: (before?.times ?? 0) + 1,
    first: before?.first ?? occasion,
    last: occasion,
    ...(waiver === undefined ? {} : { waiver }),
  };
}
