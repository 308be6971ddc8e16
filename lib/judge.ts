import { builtInControls, type ControlText, KEY_CREATION_RECORDED, OPERATION_RECOGNISED } from './built-in-controls.ts';
import { type Approvable, describeDifference } from './compare-plans.ts';
import type { Control, Evidence, Judgement, Mode } from './controls/control.ts';
import { controls, controlsFor, stateControls } from './controls/index.ts';
import { decide, type PersonsOrder, type Question } from './decide.ts';
import type { KeyAction } from './event/key-action.ts';
import { KMS_SOURCE } from './event/operations.ts';
import type { FactReader } from './facts/fact-reader.ts';
import { type Fact, type FactName, known } from './facts/key-facts.ts';
import type { RecordedDecision, RecordedOrder, RecordedVerdict } from './ledger/entry.ts';
import { countRemediations, type Finding, findingId } from './ledger/finding.ts';
import { findGranted, type GrantedWaiver } from './ledger/waiver.ts';
import type { Proof } from './own-changes/account-for.ts';
import { ownFindingIdsOf } from './own-changes/own-write.ts';
import type { Policy, Waiver } from './policy/policy.ts';
import type { Planned } from './remediations/remedy.ts';
import { settle } from './settle.ts';
import { asWaiver, findWaiver } from './waivers.ts';

/** What is judged that is no event: what a person ordered, or one key of a look at all keys. */
export interface Order {
  /** `sweep` is nobody's order: it is decided as if an event had brought it. `none` judges nothing: `decisions` says it all. */
  readonly kind: PersonsOrder | 'sweep' | 'none';
  /** As it stands in the entry; absent for what nobody ordered. */
  readonly record?: RecordedOrder;
  /** Only this control, and this item of the subject; absent: every control that judges a state. */
  readonly control?: string;
  readonly item?: string;
  /** The action that the finding is about: it is judged in place of the order, by what is so now. Absent: the state alone. */
  readonly deed?: KeyAction;
  /** Of `approve`: the plan that was approved. */
  readonly approved?: Approvable;
  /** Of `none`: what is to be done. */
  readonly decisions?: readonly RecordedDecision[];
  /** What was found before, and no control of `lib/controls` says; it is told, and nothing is done about it. */
  readonly found?: readonly RecordedVerdict[];
  /** What is found of a change that Keywarden made itself, and what is remembered of it from now on. */
  readonly proof?: Proof;
  /** Id of the first look at all keys, while it lasts. */
  readonly baseline?: string;
  /** Nothing is recorded unless it says something new. */
  readonly quiet?: true;
  /**
   * It is for the finding as a person saw it: nothing is recorded when another entry than the one with this number has changed
   * it by then.
   */
  readonly onlyIf?: { readonly finding: string; readonly seq: number };
}

/** Whether a person answers for it: that is no storm, and neither counts nor waits. */
export const isOfPerson = (order: Order | undefined): boolean => order !== undefined && order.kind !== 'sweep';

/** What the controls say about an action, and what Keywarden will do about it. */
export interface Judged {
  readonly verdicts: readonly RecordedVerdict[];
  readonly decisions: readonly RecordedDecision[];
}

/** Calls whose record is that of a new key. A replica has a CreateKey record of its own in its Region. */
const CREATIONS: ReadonlySet<string> = new Set(['CreateKey', 'ReplicateKey']);

const isCreation = ({ api, eventSource, outcome }: KeyAction): boolean =>
  CREATIONS.has(api) && eventSource === KMS_SOURCE && outcome === 'succeeded';

/** Controls that an action triggers, or that a key is judged by on demand. */
export function controlsOf(action: KeyAction, order: Order | undefined): readonly Control[] {
  if (order === undefined) return controlsFor(action.eventSource, action.api, action.outcome);
  if (order.kind === 'none') return [];
  return order.control === undefined ? stateControls : controls.filter(({ id }) => id === order.control);
}

/** Ids of everything that may open or resolve a finding for this action. */
export const findingIdsOf = (action: KeyAction, order: Order | undefined): readonly string[] => [
  ...controlsOf(action, order).map((control) =>
    findingId({ control: control.id, ...namedItem(control, action, order) }),
  ),
  ...(order?.kind === 'none' && order.record?.finding !== undefined ? [order.record.finding] : []),
  ...(order?.found ?? []).map(findingId),
  ...(order === undefined && isCreation(action) ? [KEY_CREATION_RECORDED.id] : []),
  ...(order === undefined ? ownFindingIdsOf(action) : []),
  ...(isUnrecognised(action) ? [OPERATION_RECOGNISED.id] : []),
];

/** What of the subject the action is about: a grant id; undefined when it is the subject as a whole. */
export const itemOf = (action: KeyAction, order?: Order): string | undefined =>
  order === undefined
    ? controlsOf(action, undefined)
        .map(({ item }) => item?.(action))
        .find((item) => item !== undefined)
    : order.item;

function namedItem(control: Control, action: KeyAction, order: Order | undefined): { readonly item?: string } {
  const item = order === undefined ? control.item?.(action) : order.item;
  return item === undefined ? {} : { item };
}

/** What people are told about a control. */
export function textOfControl(id: string): ControlText {
  const control = [...controls, ...builtInControls].find((one) => one.id === id);
  if (control === undefined) throw new TypeError(`This version has no control ${id}.`);
  return control;
}

/** What a judgement depends on besides the key. */
export interface Court {
  readonly policy: Policy;
  readonly now: Date;
  readonly ownRoles: readonly string[];
  readonly ownResources: readonly string[];
  /** By id, as they are before this action. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** Waivers by order, by id of the finding or of the control. */
  readonly waivers: ReadonlyMap<string, GrantedWaiver>;
  /** What was found out about a call that Keywarden itself may have made (lib/own-changes). */
  readonly found?: readonly RecordedVerdict[];
  /** The limit of changes per hour is reached. */
  readonly breakerOpen: boolean;
  /** Reads the kill switch; asked only on the way to a change. */
  readonly stopped: () => Promise<Fact<boolean>>;
}

/**
 * Reads the facts that the triggered controls declare, lets each judge, and decides what to do. Changes nothing.
 *
 * @param reader facts of the key that the action is about; read lazily, so that what nobody needs costs no call
 * @throws {TransientReadError} when the reader is told to throw
 */
export async function judge(
  action: KeyAction,
  order: Order | undefined,
  reader: FactReader,
  court: Court,
): Promise<Judged> {
  const found = [...(order?.found ?? findCreation(action, order, court)), ...(court.found ?? [])];
  const told = found.flatMap((verdict) => decideFound(verdict, court));
  if (order?.kind === 'none') return { verdicts: found, decisions: [...(order.decisions ?? []), ...told] };
  const triggered = controlsOf(action, order);
  const deed = order === undefined ? action : (order.deed ?? action);
  const facts = await reader.read(unique(triggered.flatMap((control) => readsOf(control, deed, court.policy))));
  const judgements = verifyAll(triggered, { ...evidenceOf(action, order, court), facts }).map((one) =>
    settlesNewer(one, action, court) ? { ...one, judgement: { ...one.judgement, keeps: true as const } } : one,
  );
  const each: RecordedDecision[] = [];
  for (const { control, judgement } of judgements) {
    const decided = await decideOne(control, judgement, action, order, reader, court);
    if (decided.decision !== 'none') each.push(decided);
  }
  const decisions = [...settle(each), ...told];
  const verdicts = [...toVerdicts(action, order, judgements), ...found];
  if (!isUnrecognised(action)) return { verdicts, decisions };
  return {
    verdicts,
    decisions: [
      ...decisions,
      {
        control: OPERATION_RECOGNISED.id,
        decision: 'tell',
        reason: 'Keywarden never changes what it does not understand.',
      },
    ],
  };
}

/** The record of a key's creation that comes late: it answers what a look at all keys found missing. */
function findCreation(
  action: KeyAction,
  order: Order | undefined,
  { findings }: Pick<Court, 'findings'>,
): readonly RecordedVerdict[] {
  const before = findings.get(KEY_CREATION_RECORDED.id);
  if (order !== undefined || !isCreation(action) || before === undefined || before.status === 'resolved') return [];
  const reason = `The record of ${action.api} at ${action.time} (event ${action.eventId}) is in the ledger by now.`;
  return [toVerdict(KEY_CREATION_RECORDED, { verdict: 'compliant', reason }, {})];
}

/** What was found elsewhere has no remedy: it is told, or a waiver by order covers it. */
function decideFound(verdict: RecordedVerdict, { waivers, now }: Court): readonly RecordedDecision[] {
  if (verdict.verdict !== 'violation' && verdict.verdict !== 'unknown') return [];
  const { control, item } = verdict;
  const named = { control, ...(item === undefined ? {} : { item }) };
  const waiver = toWaiver(findGranted(waivers, named, now.toISOString()));
  return [
    waiver === undefined
      ? { ...named, decision: 'tell', reason: 'This control has no remedy; a person decides.' }
      : {
          ...named,
          decision: 'waived',
          reason: `${waiver.owner} answers for it until ${waiver.expires} (${waiver.ticket}).`,
        },
  ];
}

/**
 * What the controls that an action triggers say of it. Decides nothing: for actions of the past, which nobody can put right.
 *
 * @param evidence with the action, and with the facts that its controls read
 */
export const giveVerdicts = (action: KeyAction, evidence: Evidence): readonly RecordedVerdict[] =>
  toVerdicts(action, undefined, verifyAll(controlsOf(action, undefined), evidence));

/** What a control must know for this action. */
function readsOf(control: Control, action: KeyAction, policy: Policy): readonly FactName[] {
  const { reads, readsOn = {} } = control;
  const more = Object.hasOwn(readsOn, action.api) ? (readsOn[action.api] ?? []) : [];
  return more.length > 0 && control.needsMore?.(action, policy) !== false ? [...reads, ...more] : reads;
}

interface OneJudgement {
  readonly control: Control;
  readonly judgement: Judgement;
}

const verifyAll = (triggered: readonly Control[], evidence: Evidence): readonly OneJudgement[] =>
  triggered.map((control) => ({ control, judgement: verify(control, evidence) }));

function toVerdicts(
  action: KeyAction,
  order: Order | undefined,
  judgements: readonly OneJudgement[],
): readonly RecordedVerdict[] {
  const verdicts = judgements.map(({ control, judgement }) =>
    toVerdict(control, judgement, namedItem(control, action, order)),
  );
  return isUnrecognised(action) ? [...verdicts, toVerdict(OPERATION_RECOGNISED, unrecognised(action), {})] : verdicts;
}

const evidenceOf = (action: KeyAction, order: Order | undefined, { policy, now, ownRoles, ownResources }: Court) => ({
  policy,
  now,
  ownRoles,
  ownResources,
  ...(order?.item === undefined ? {} : { item: order.item }),
  ...(order === undefined ? { action } : order.deed === undefined ? {} : { action: order.deed }),
});

/**
 * Whether an action that was back-filled long after it happened would close what was found of a later one. Where the control
 * reads the key, that is right: it judges what is so now. Where it judges the record alone, what an administrator did before
 * says nothing of what somebody did after it.
 */
function settlesNewer({ control, judgement }: OneJudgement, action: KeyAction, { findings }: Court): boolean {
  if (action.origin !== 'reconcile' || control.reads.length > 0) return false;
  if (judgement.verdict === 'violation' || judgement.verdict === 'unknown') return false;
  const before = findings.get(findingId({ control: control.id, ...namedItem(control, action, undefined) }));
  return before !== undefined && before.status !== 'resolved' && Date.parse(action.time) < Date.parse(before.changedAt);
}

/** A control that fails has not judged: that is unknown, and no reason to lose the action. */
function verify(control: Control, evidence: Evidence): Judgement {
  try {
    return control.verify(evidence);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      verdict: 'unknown',
      reason: `Control ${control.id} failed (${why}); report this as a defect of Keywarden.`,
    };
  }
}

async function decideOne(
  control: Control,
  { verdict, proposal }: Judgement,
  action: KeyAction,
  order: Order | undefined,
  reader: FactReader,
  court: Court,
): Promise<RecordedDecision> {
  const { remedy } = control;
  const { policy, now, findings, waivers, breakerOpen } = court;
  const { safeguards, protectedTag, approval } = policy;
  const named = { control: control.id, ...namedItem(control, action, order) };
  const before = findings.get(findingId(named));
  const bad = verdict === 'violation' || verdict === 'unknown';
  const readTags = async () => (await reader.read(['tags'])).tags;
  const planned: Planned | undefined =
    verdict === 'violation' && remedy !== undefined
      ? remedy.plan({
          ...evidenceOf(action, order, court),
          facts: await reader.read(remedy.reads),
          asks: { control: control.id, ordered: order?.kind === 'remediate' || order?.kind === 'approve' },
        })
      : undefined;
  const question: Question = {
    verdict,
    mode: modeOf(control, policy),
    planned,
    waiver: bad
      ? (toWaiver(findGranted(waivers, named, now.toISOString())) ??
        (await findWaiver(policy, control.id, action.subject, now, readTags)))
      : undefined,
    bySelf: action.actor.bySelf,
    tags: known({}),
    protectedTag,
    sameRemedy: countRemediations(before, safeguards.sameRemedy.hours, now),
    safeguards,
    breakerOpen,
    stopped: known(false),
    order: order === undefined || order.kind === 'sweep' || order.kind === 'none' ? undefined : order.kind,
    twoPersons: approval.differentPerson,
    orderedBy: order?.record?.by.name,
    differs: findDifference(order, planned),
    baseline: before === undefined || before.status === 'resolved' ? order?.baseline : before.baseline,
  };
  // Tags and kill switch matter only on the way to a change; asked for always, they would cost every event two calls.
  const decision =
    decide(question).decision === 'act'
      ? decide({ ...question, tags: await readTags(), stopped: await court.stopped() })
      : decide(question);
  const held =
    breakerOpen && decide({ ...question, breakerOpen: false }).decision === 'act' && decision.decision === 'ask';
  return {
    ...named,
    ...decision,
    ...(held ? { held } : {}),
    ...(proposal === undefined ? {} : { proposal }),
    ...describePlan(planned),
  };
}

/** Of an approval: how what would be done now differs from what was approved. */
const findDifference = (order: Order | undefined, planned: Planned | undefined): string | undefined =>
  order?.approved === undefined || planned?.possible !== true
    ? undefined
    : describeDifference(order.approved, planned.plan);

const toWaiver = (granted: GrantedWaiver | undefined): Waiver | undefined =>
  granted === undefined ? undefined : asWaiver(granted);

const describePlan = (planned: Planned | undefined): Pick<RecordedDecision, 'remedy' | 'plan'> => {
  if (planned?.possible !== true) return {};
  const { remedy, subject: _subject, ...plan } = planned.plan;
  return { remedy, plan };
};

const modeOf = ({ id, defaultMode }: Control, policy: Policy): Mode => policy.controls[id]?.mode ?? defaultMode;

const toVerdict = (
  { id, step, severity }: ControlText,
  judgement: Judgement,
  item: { readonly item?: string },
): RecordedVerdict => ({
  control: id,
  ...item,
  step,
  severity: judgement.severity ?? severity,
  verdict: judgement.verdict,
  reason: judgement.reason,
  ...(judgement.keeps === true ? { keeps: true } : {}),
});

/** Only KMS is promised to be known in full; what other services do is recorded, and none of the procedure's business. */
export const isUnrecognised = ({ kind, eventSource }: KeyAction): boolean =>
  kind === 'unrecognised' && eventSource === KMS_SOURCE;

const unrecognised = ({ api, eventSource }: KeyAction): Judgement => ({
  verdict: 'unknown',
  reason: `${api} of ${eventSource} is an operation that this version of Keywarden does not know, so no control judged it.`,
});

const unique = (names: readonly FactName[]): FactName[] => [...new Set(names)];
