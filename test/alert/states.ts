import type { Control } from '../../lib/controls/control.ts';
import type { KeyFacts } from '../../lib/facts/key-facts.ts';
import type { Order } from '../../lib/judge.ts';
import { findingId } from '../../lib/ledger/finding.ts';
import { planOf, remedyOf } from '../../lib/remediate.ts';
import type { Plan } from '../../lib/remediations/remedy.ts';
import { reversePlan } from '../../lib/remediations/reverse-plan.ts';
import type { ControlCase } from '../controls/control-case.ts';
import {
  digestOf,
  give,
  type Happening,
  loadCases,
  lookAt,
  madeBy,
  OLIVIA,
  OSCAR,
  type Told,
  tell,
  withoutTags,
} from './story.ts';

/** What an officer may read about one control, by the name of the moment. */
export type Moments = ReadonlyMap<string, Told>;

/** Facts that show what a plan wants, where no case of its control does. */
export type After = (plan: Plan, before: KeyFacts) => readonly KeyFacts[];

/**
 * Lets everything happen to one control that can: each state of a finding, by the cases of the control.
 *
 * @throws when the cases do not show what the control says it can do
 */
export async function liveThrough(control: Control, after: After): Promise<Moments> {
  const cases = await loadCases(control.id);
  const moments = new Map<string, Told>();
  const keep = (name: string, told: Told | undefined): Told | undefined => {
    if (told !== undefined) moments.set(name, told);
    return told;
  };
  const violation = choose(cases, 'violation');
  const unknown = choose(cases, 'unknown');
  if (unknown !== undefined) keep('unknown', await tell(happeningOf(control, unknown)));
  if (violation === undefined) throw new Error(`No case of ${control.id} shows a violation.`);

  const unprotected = { ...violation, facts: withoutTags(violation.facts) };
  const happening = happeningOf(control, unprotected);
  const opened = need(keep('opened', await tell({ ...happening, mode: 'observe' })), 'opened');
  await live(control, happening, opened, keep);
  if (control.remedy === undefined) return moments;
  await repair(control, happening, after, cases, keep);
  return moments;
}

type Keep = (name: string, told: Told | undefined) => Told | undefined;

const need = (told: Told | undefined, what: string): Told => {
  if (told === undefined) throw new Error(`Nobody is told that it is ${what}.`);
  return told;
};

/** The plainest case: with an action, and without anything that forbids a plan. */
const choose = (cases: readonly ControlCase[], expected: string): ControlCase | undefined => {
  const fit = cases.filter((one) => one.expected === expected && one.noPlan === undefined);
  return fit.find(({ action }) => action !== undefined) ?? fit[0];
};

/** A case without an action is what a look at all keys finds. */
function happeningOf(control: Control, { action, facts, policy, now }: ControlCase): Happening {
  const subject = facts.key.known && facts.key.value !== 'missing' ? facts.key.value.arn : '';
  const swept: Order = { kind: 'sweep', control: control.id };
  return {
    control,
    action: action ?? lookAt(subject),
    facts,
    policy,
    now,
    ...(action === undefined ? { order: swept } : {}),
  };
}

/** What happens to every finding: it is waived, resolved, and comes back. */
async function live(control: Control, happening: Happening, opened: Told, keep: Keep): Promise<void> {
  const { finding } = opened;
  const waive = give('waive', finding, OLIVIA, { until: '2026-10-31' });
  const none = (record: Order['record']): Order => ({ kind: 'none', ...(record === undefined ? {} : { record }) });
  keep('waived', await tell({ ...happening, action: waive.action, order: none(waive.record), before: finding }));
  const inOrder = await resolve(control, happening, opened);
  keep('resolved', inOrder);
  if (inOrder === undefined) return;
  keep('reopened', await tell({ ...happening, mode: 'observe', before: inOrder.finding }));
}

/** The first case of the same control that closes the finding. */
async function resolve(control: Control, happening: Happening, { finding }: Told): Promise<Told | undefined> {
  const cases = await loadCases(control.id);
  const good = ['compliant', 'not-applicable'].flatMap((verdict) =>
    cases.filter(({ expected }) => expected === verdict),
  );
  for (const one of [...good.filter(({ action }) => action !== undefined), ...good]) {
    const { action: same } = happening;
    const action = one.action === undefined ? lookAt(finding.subject) : { ...one.action, subject: same.subject };
    const order: Order | undefined = one.action === undefined ? { kind: 'sweep', control: control.id } : undefined;
    const told = await tell({
      control,
      action,
      facts: one.facts,
      policy: one.policy,
      now: one.now,
      before: finding,
      ...(order === undefined ? {} : { order }),
    });
    if (told?.notice.state === 'resolved') return told;
  }
  return undefined;
}

/** What happens to a finding that Keywarden can put right. */
async function repair(
  control: Control,
  happening: Happening,
  after: After,
  cases: readonly ControlCase[],
  keep: Keep,
): Promise<void> {
  const confirmed: Happening['outcome'] = (decision, entry) => {
    const plan = planOf(entry, [decision]);
    const remedy = remedyOf(plan.remedy);
    for (const facts of [...cases.map((one) => one.facts), ...after(plan, happening.facts)]) {
      const shown = remedy.confirm(plan, facts);
      if (shown.confirmed) return { ...madeBy(decision, entry), status: 'confirmed', after: shown.after };
    }
    throw new Error(`No facts show what ${remedy.id} wants for ${control.id}; add some to test/alert/after.ts.`);
  };
  const failed: Happening['outcome'] = (decision, entry) => ({
    ...madeBy(decision, entry),
    requestIds: [],
    status: 'failed',
    reason: `AWS refused ${decision.remedy}: AccessDeniedException: a policy of the organisation denies it.`,
  });

  const alone = await tell({ ...happening, mode: 'enforce' });
  if (alone?.decision?.decision === 'act') {
    keep('remediated', await tell({ ...happening, mode: 'enforce', outcome: confirmed }));
    keep('not remediated', await tell({ ...happening, mode: 'enforce', outcome: failed }));
  }
  const asks = need(keep('needs approval', await tell({ ...happening, mode: 'approve' })), 'to be approved');
  const { finding, decision } = asks;
  if (decision?.plan === undefined) throw new Error(`The case of ${control.id} has no plan.`);
  const of = { of: finding.seq, plan: digestOf(decision) };

  const reject = give('reject', finding, OLIVIA, of);
  const rejection: Order = { kind: 'none', record: reject.record };
  keep('rejected', await tell({ ...happening, action: reject.action, order: rejection, before: finding }));

  const { action: deed } = happening;
  const item = finding.item === undefined ? {} : { item: finding.item };
  const about = {
    control: control.id,
    ...item,
    ...(deed.origin === 'sweep' ? {} : { deed }),
  };
  const propose = give('remediate', finding, OSCAR);
  const proposed = await tell({
    ...happening,
    mode: 'approve',
    action: propose.action,
    order: { kind: 'remediate', record: propose.record, ...about },
    before: finding,
  });
  keep('proposed', proposed);
  const approve = give('approve', finding, OLIVIA, of);
  const approved = {
    ...happening,
    mode: 'approve',
    action: approve.action,
    order: { kind: 'approve', record: approve.record, ...about },
    before: proposed?.finding ?? finding,
  } as const;
  const put = need(keep('approved', await tell({ ...approved, outcome: confirmed })), 'approved');
  keep('approved in vain', await tell({ ...approved, outcome: failed }));
  await undo(happening, put, keep);
}

/** A person has the change taken back. */
async function undo(happening: Happening, put: Told, keep: Keep): Promise<void> {
  const { finding, decision, entry } = put;
  const { remediation } = put.notice;
  if (decision?.plan === undefined || decision.plan.undo.length === 0 || put.notice.undoRefused !== undefined) return;
  const { record, action } = give('undo', finding, OLIVIA, { of: entry.seq });
  const { remedy, subject: _subject, ...plan } = reversePlan(planOf(entry, [decision]), entry.seq, remediation?.after);
  const reason = `${OLIVIA.name} had it taken back: ${record.reason}`;
  const back = { ...decision, decision: 'act', reason, remedy, undoes: entry.seq, plan };
  const order: Order = { kind: 'none', record, decisions: [back] };
  const base = { ...happening, action, order, before: finding };
  const made = { ...madeBy(back, { ...entry, decisions: [back] }), controls: [findingId(finding)], undoes: entry.seq };
  keep(
    'undone',
    await tell({ ...base, outcome: () => ({ ...made, status: 'confirmed', after: decision.plan?.before ?? {} }) }),
  );
  const refused = 'AWS refused it: AccessDeniedException: a policy of the organisation denies it.';
  keep(
    'not undone',
    await tell({ ...base, outcome: () => ({ ...made, requestIds: [], status: 'failed', reason: refused }) }),
  );
}
