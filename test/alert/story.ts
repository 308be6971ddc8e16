import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Message, writeMessage } from '../../lib/alert/message.ts';
import type { Notice } from '../../lib/alert/notice.ts';
import { approvableOf, digestOfPlan } from '../../lib/compare-plans.ts';
import type { Control, Mode } from '../../lib/controls/control.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyFacts, known } from '../../lib/facts/key-facts.ts';
import { judge, type Order } from '../../lib/judge.ts';
import type {
  ActionEntry,
  OrderKind,
  RecordedDecision,
  RecordedOrder,
  RecordedRemediation,
} from '../../lib/ledger/entry.ts';
import { type Finding, findingId } from '../../lib/ledger/finding.ts';
import { changeByAction, changeByOutcome } from '../../lib/ledger/projection.ts';
import type { GrantedWaiver } from '../../lib/ledger/waiver.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { planOf } from '../../lib/remediate.ts';
import { describeNews } from '../../lib/tell-officer.ts';
import { type ControlCase, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { ACCOUNT, REGION } from '../facts/key.ts';

/** The cases of a control; a control without any has an empty list. */
export async function loadCases(id: string): Promise<readonly ControlCase[]> {
  const file = new URL(`../controls/${id}.cases.ts`, import.meta.url);
  return existsSync(file) ? ((await import(file.href)) as { cases: readonly ControlCase[] }).cases : [];
}

/** A moment of one finding: what was recorded, what became of it, and what the officer reads. */
export interface Told {
  readonly entry: ActionEntry;
  readonly decision: RecordedDecision | undefined;
  readonly finding: Finding;
  readonly notice: Notice;
  readonly message: Message;
}

/** What happens, and to what. */
export interface Happening {
  readonly control: Pick<Control, 'id'>;
  readonly action: KeyAction;
  readonly facts: KeyFacts;
  readonly policy?: Policy | undefined;
  readonly now?: Date | undefined;
  readonly mode?: Mode;
  readonly order?: Order;
  /** The finding as it was. */
  readonly before?: Finding | undefined;
  /** Those that a person granted by order. */
  readonly waivers?: readonly GrantedWaiver[];
  /** What became of the change, by what was decided; absent: nothing was changed. */
  readonly outcome?: (decision: RecordedDecision, entry: ActionEntry) => RecordedRemediation;
}

/**
 * Takes one action through the real judges, decisions, projection and writer, with facts in place of AWS.
 *
 * @returns undefined when it is no news
 */
export async function tell(happening: Happening): Promise<Told | undefined> {
  const { control, action, facts, mode, order, before, outcome } = happening;
  const shipped = happening.policy ?? POLICY;
  const policy =
    mode === undefined ? shipped : { ...shipped, controls: { ...shipped.controls, [control.id]: { mode } } };
  const now = happening.now ?? NOW;
  const previous = new Map(before === undefined ? [] : [[findingId(before), before]]);
  const judged = await judge(action, order, readerOf(facts), {
    policy,
    now,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    findings: previous,
    waivers: new Map((happening.waivers ?? []).map((waiver) => [findingId(waiver), waiver])),
    breakerOpen: false,
    stopped: async () => known(false),
  });
  const seq = (before?.seq ?? 0) + 1;
  const source = { subject: action.subject, eventId: action.eventId, seq, at: now.toISOString() };
  const draft = { type: 'action', action, policy: 'f'.repeat(64), ...judged, ...ordered(order) } as const;
  const entry: ActionEntry = { ...draft, ...LINK, ...source, recordedAt: source.at };
  const change = changeByAction(entry, previous, source).find(({ finding }) => finding.control === control.id);
  if (change === undefined) return undefined;
  const decision = judged.decisions.find((one) => findingId(one) === findingId(change.finding));
  const remediation = decision === undefined ? undefined : outcome?.(decision, entry);
  const after = remediation === undefined ? change.finding : afterOutcome(change.finding, remediation, source);
  // The officer is told of the finding as the entry left it: the outcome is recorded after that.
  const pipeline = { region: REGION, stage: 'prod', policy };
  const remediations = remediation === undefined ? [] : [remediation];
  const notice = describeNews(pipeline, entry, change.finding, remediations, known(['alias/payments']));
  return { entry, decision, finding: after, notice, message: writeMessage(notice) };
}

const ordered = (order: Order | undefined): Pick<ActionEntry, 'order'> =>
  order?.record === undefined ? {} : { order: order.record };

const afterOutcome = (
  finding: Finding,
  remediation: RecordedRemediation,
  source: { seq: number; at: string; subject: string; eventId: string },
) =>
  changeByOutcome({ of: finding.seq, remediations: [remediation] }, new Map([[findingId(finding), finding]]), {
    ...source,
    seq: source.seq + 1,
  })[0]?.finding ?? finding;

const LINK = { v: 1, prevHash: '0'.repeat(64), recordedBy: 'keywarden test' } as const;

const readerOf = (facts: KeyFacts) => ({ read: async () => facts, reread: async () => facts });

/** Olivia is the officer; Oscar is another one. */
export const OLIVIA = {
  name: 'olivia@example.com',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Officer/olivia@example.com`,
  verified: true,
};
export const OSCAR = { ...OLIVIA, name: 'oscar@example.com', arn: OLIVIA.arn.replace('olivia', 'oscar') };

const APIS: Readonly<Record<OrderKind, string>> = {
  verify: 'VerifyKey',
  remediate: 'RemediateKey',
  approve: 'ApproveRemediation',
  reject: 'RejectRemediation',
  undo: 'UndoRemediation',
  waive: 'WaiveFinding',
  unwaive: 'UnwaiveFinding',
};

/** The action and the record of an order about a finding. */
export function give(
  kind: OrderKind,
  finding: Finding,
  by: RecordedOrder['by'],
  more: Partial<RecordedOrder> = {},
): { readonly action: KeyAction; readonly record: RecordedOrder } {
  const record: RecordedOrder = {
    kind,
    finding: findingId(finding),
    by,
    reason: 'It was agreed in the change meeting.',
    ticket: 'SEC-42',
    ...more,
  };
  const hex = createHash('sha256').update(`${kind} ${finding.subject}`).digest('hex');
  return {
    record,
    action: {
      eventId: `on-demand-${hex.slice(0, 16)}`,
      time: '2026-08-03T10:00:00.000Z',
      api: APIS[kind],
      eventSource: 'keywarden',
      kind: 'lifecycle',
      step: '8',
      subject: finding.subject,
      keys: finding.subject.includes(':key/') ? [finding.subject] : [],
      account: ACCOUNT,
      region: REGION,
      actor: { type: 'Requester', arn: by.arn ?? '', person: by.name, bySelf: false },
      request: { ...record },
      response: {},
      outcome: 'succeeded',
      origin: 'on-demand',
      digest: hex,
    },
  };
}

/** When nobody did anything, and all keys were looked at. */
export const lookAt = (subject: string): KeyAction => ({
  ...give('verify', { subject, control: 'x' } as Finding, OLIVIA).action,
  eventId: 'sweep-2026-08-03',
  api: 'SweepKey',
  actor: { type: 'Schedule', person: 'keywarden (look at all keys)', bySelf: false },
  request: {},
  origin: 'sweep',
});

/** The request ids of a change are always the same here. */
export const madeBy = (decision: RecordedDecision, entry: ActionEntry): Omit<RecordedRemediation, 'status'> => {
  const { before, undo, leaves } = planOf(entry, [decision]);
  return {
    remedy: decision.remedy ?? '',
    controls: [findingId(decision)],
    requestIds: ['11111111-2222-4333-8444-555555555555'],
    before,
    undo,
    ...(leaves === undefined ? {} : { leaves }),
  };
};

/** Digest of the plan that a decision asks about. */
export function digestOf(decision: RecordedDecision): string {
  const plan = approvableOf(decision);
  if (plan === undefined) throw new Error(`There is no plan for ${decision.control}.`);
  return digestOfPlan(plan);
}

/** Whether the key is protected is asked before every change; a case that is not about tags has none. */
export const withoutTags = (facts: KeyFacts): KeyFacts => ({
  ...facts,
  tags: facts.tags.known ? facts.tags : known({}),
});

export { NOW };
