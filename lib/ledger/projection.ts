import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry, Entry, OutcomeEntry, RecordedOrder, RecordedVerdict } from './entry.ts';
import {
  afterRemediation,
  type Evaluated,
  type Finding,
  type FindingChange,
  findingId,
  openOrResolve,
  type Source,
} from './finding.ts';
import { digestOfAsked } from './plan-digest.ts';

/**
 * What entries make of the findings of their subject. The pipeline stores the result beside the chain; whoever reads a chain
 * from its beginning gets the same findings, at any moment of the past.
 */
type Findings = ReadonlyMap<string, Finding>;

/**
 * @param previous findings of the subject by id, before this entry
 * @param source of the entry
 */
export function changeByAction(
  { action, verdicts, decisions, order, baseline }: Judged,
  previous: Findings,
  source: Source,
): readonly FindingChange[] {
  const byVerdicts = verdicts.flatMap((verdict) => {
    const id = findingId(verdict);
    const decided = decisions.find((one) => findingId(one) === id);
    const decision = decided?.decision ?? 'none';
    const plan = digestOfAsked(decided);
    const before = previous.get(id);
    if (verdict.keeps === true || (action.actor.bySelf && isToldAlready(before, verdict))) return [];
    const more = {
      ...nameCauser(action),
      ...nameProposer(order, decision),
      ...(plan === undefined ? {} : { plan }),
      ...(baseline === undefined ? {} : { baseline }),
      ...(order?.kind === 'unwaive' ? { unwaived: true as const } : {}),
    };
    return openOrResolve(before, { ...verdict, ...more, decision }, source) ?? [];
  });
  const ids = byVerdicts.map(({ finding }) => findingId(finding));
  const byOrder = changeByOrder(order, previous, source).filter(({ finding }) => !ids.includes(findingId(finding)));
  return [...byVerdicts, ...byOrder];
}

type Judged = Pick<ActionEntry, 'action' | 'verdicts' | 'decisions' | 'order' | 'baseline'>;

/** An order, and a look at all keys, cause nothing: they find what somebody else has done. */
function nameCauser({ origin, actor: { arn, person } }: KeyAction): Pick<Evaluated, 'causedBy' | 'looked'> {
  if (origin === 'on-demand' || origin === 'sweep') return { looked: true };
  if (arn === undefined && person === undefined) return {};
  return {
    causedBy: { ...(arn === undefined ? {} : { arn }), ...(person === undefined ? {} : { person }) },
  };
}

const nameProposer = (order: RecordedOrder | undefined, decision: string): Pick<Evaluated, 'proposedBy'> =>
  order?.kind === 'remediate' && decision === 'ask' ? { proposedBy: order.by } : {};

/** What an order makes of a finding without judging it. */
function changeByOrder(
  order: RecordedOrder | undefined,
  previous: Findings,
  { at, eventId, seq }: Source,
): readonly FindingChange[] {
  const finding = order?.finding === undefined ? undefined : previous.get(order.finding);
  if (order === undefined || finding === undefined) return [];
  const changed = { ...finding, changedAt: at, eventId, seq };
  switch (order.kind) {
    case 'reject':
      return [{ finding: { ...changed, decision: 'rejected' }, replaces: finding }];
    case 'undo':
      return [{ finding: changed, replaces: finding }];
    case 'waive': {
      const { until = '', by, ticket } = order;
      const waiver = { until, by: by.name, ...(ticket === undefined ? {} : { ticket }) };
      const waived = finding.status === 'resolved' ? {} : ({ status: 'waived', decision: 'waived' } as const);
      return [{ finding: { ...changed, ...waived, waiver }, replaces: finding }];
    }
    case 'unwaive': {
      // What no control judges by looking is open again until somebody sees to it.
      const { waiver: _waiver, ...without } = changed;
      const reopened = finding.status === 'waived' ? ({ status: 'open', decision: 'tell' } as const) : {};
      return [{ finding: { ...without, ...reopened }, replaces: finding }];
    }
    default:
      return [];
  }
}

/**
 * The record of our own change can arrive before its outcome is recorded: the remediation speaks for itself. And what was
 * told, and perhaps waits for an approval, is not told again because Keywarden changed something else about the key.
 */
const isToldAlready = (before: Finding | undefined, { verdict }: RecordedVerdict): boolean =>
  before?.status === 'open' &&
  (before.decision === 'act' || verdict === 'unknown' || (verdict === 'violation' && before.verdict === 'violation'));

/** The outcome of an action, recorded right after it. */
export const changeByOutcome = (
  { of, remediations }: Pick<OutcomeEntry, 'of' | 'remediations'>,
  previous: Findings,
  source: Source,
): readonly FindingChange[] =>
  remediations.flatMap((remediation) =>
    remediation.controls.flatMap((id) => {
      const finding = previous.get(id);
      // Somebody else's newer verdict must not be overwritten by the end of an older remediation.
      return finding?.seq === of ? [afterRemediation(finding, remediation, source)] : [];
    }),
  );

/**
 * A further outcome of the same action: AWS was looked at again some minutes later, and what it does not show was taken for
 * resolved when AWS accepted the change.
 */
export const changeByRecheck = (
  { remediations }: Pick<OutcomeEntry, 'remediations'>,
  previous: Findings,
  { at, seq, eventId }: Source,
): readonly FindingChange[] =>
  remediations
    .filter(({ status }) => status === 'unconfirmed')
    .flatMap(({ controls: [id = ''], reason = '' }) => {
      const finding = previous.get(id);
      if (finding === undefined || finding.eventId !== eventId) return [];
      return [{ finding: { ...reopenFinding(finding, reason), changedAt: at, seq }, replaces: finding }];
    });

/** @param reason what AWS shows instead of the change */
export const reopenFinding = (finding: Finding, reason: string): Finding => ({
  ...finding,
  status: 'open',
  decision: 'tell',
  reason: `${finding.reason} ${reason}`.trim(),
});

/**
 * What any entry makes of the findings, for whoever reads a chain from its beginning.
 *
 * @param ended the actions (`seq`) of which an outcome came before this entry
 */
export function changeByEntry(entry: Entry, previous: Findings, ended: ReadonlySet<number>): readonly FindingChange[] {
  const source = { subject: entry.subject, eventId: entry.eventId, seq: entry.seq, at: entry.recordedAt };
  if (entry.type === 'action') return changeByAction(entry, previous, source);
  if (entry.type !== 'outcome') return [];
  return ended.has(entry.of) ? changeByRecheck(entry, previous, source) : changeByOutcome(entry, previous, source);
}
