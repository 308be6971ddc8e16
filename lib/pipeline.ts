/**
 * START HERE. The way of one lifecycle action through Keywarden:
 * look it up -> read facts -> judge -> decide -> record the intent -> remediate -> tell the officer -> record the outcome.
 *
 * Three things hold whatever happens in between: nothing is changed in AWS that was not recorded as an intent before; an
 * action is recorded once, however often it is delivered; and after a crash at any place the next delivery goes on from
 * what the ledger says, without making a change a second time.
 */
import { writeLimitMessage } from './alert/limit-message.ts';
import { type Message, writeMessage } from './alert/message.ts';
import type { TellOfficer } from './alert/officer.ts';
import type { KillSwitch } from './aws/kill-switch.ts';
import { carryOut } from './carry-out.ts';
import type { KeyAction } from './event/key-action.ts';
import type { FactReader } from './facts/fact-reader.ts';
import { type KeyFacts, unread } from './facts/key-facts.ts';
import { findingIdsOf, itemOf, type Judged, judge, type Order, textOfControl } from './judge.ts';
import type { ActionEntry, RecordedDecision, RecordedRemediation, Told } from './ledger/entry.ts';
import { afterRemediation, type Finding, findingId, openOrResolve, stateOf } from './ledger/finding.ts';
import { fitAction } from './ledger/fit.ts';
import type { Work } from './ledger/items.ts';
import { type Append, type Appended, BusyError, type Ledger, type Looked, type Writer } from './ledger/ledger.ts';
import type { Policy } from './policy/policy.ts';
import { findRemedy } from './remediations/index.ts';
import type { Call, Plan, Remedy } from './remediations/remedy.ts';

/** What the pipeline works with. Handlers make it once, at cold start. */
export interface Pipeline {
  readonly policy: Policy;
  /** sha256 (hex) of the policy file: which rules an action was judged by. */
  readonly policyDigest: string;
  readonly account: string;
  readonly region: string;
  readonly selfRoleArns: readonly string[];
  readonly ledger: Ledger;
  /** @param item what of the subject is meant, e.g. a grant id */
  readonly factsOf: (arn: string, onTransient: 'throw' | 'unread', item?: string) => FactReader;
  readonly call: Call;
  readonly tell: TellOfficer;
  /** Reads the kill switch: true stops every change. */
  readonly stopped: KillSwitch;
  /** Sends a message to ourselves that arrives after so many seconds. */
  readonly later: (message: OwnMessage, seconds: number) => Promise<void>;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
}

/** What Keywarden sends to itself. */
export interface OwnMessage {
  /** Look once more whether AWS shows the changes that were made for an event. */
  readonly recheck: { readonly eventId: string; readonly subject: string };
}

/** One structured line per stage. */
export interface Log {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** This attempt at an action. */
export interface Delivery {
  readonly writer: Writer;
  /** No attempt comes after this one: what could not be read is recorded as unknown instead of tried again. */
  readonly last: boolean;
}

/** What became of an action. */
export interface Handled {
  readonly entry: ActionEntry | undefined;
  readonly remediations: readonly RecordedRemediation[];
  readonly told: readonly Told[];
  /** An earlier delivery had finished it: nothing was done now. */
  readonly alreadyDone: boolean;
}

/**
 * Takes one action all the way.
 *
 * @param order what a person asked for; absent when an event is handled
 * @throws {BusyError} while another invocation works on the same action
 * @throws {TransientReadError} and what AWS throws, when the next delivery may fare better: the message must return
 */
export async function handleAction(
  pipeline: Pipeline,
  action: KeyAction,
  delivery: Delivery,
  order?: Order,
): Promise<Handled> {
  const { ledger } = pipeline;
  const looked = await ledger.look(action.eventId, action.subject, findingIdsOf(action, order));
  if (looked.work?.stage === 'done' || looked.work?.stage === 'recheck') return ALREADY_DONE;
  if (looked.work !== undefined) return resume(pipeline, looked.work, delivery);

  const reader = pipeline.factsOf(action.subject, onTransient(delivery), itemOf(action));
  const { recorded, judged } = await judgeAndRecord(pipeline, action, order, reader, delivery, looked);
  if (recorded.result === 'taken') {
    const { work } = recorded;
    if (work.stage !== 'recorded') return ALREADY_DONE;
    // Our own write whose answer was lost: the SDK repeated it, and found the item that it had written.
    if (work.leaseOwner === delivery.writer.owner) return resume(pipeline, work, delivery);
  }
  if (recorded.result !== 'written') {
    throw new BusyError(
      `Event ${action.eventId} was recorded by another delivery at the same time; the message returns.`,
    );
  }
  const { entry, hash } = recorded.sealed;
  const { eventId, api, subject } = action;
  pipeline.log.info('recorded', { eventId, api, subject, verdicts: judged.verdicts });
  const changed = recorded.changes.map(({ finding }) => [findingId(finding), finding] as const);
  const after: Looked = {
    work: undefined,
    head: { seq: entry.seq, hash },
    findings: new Map([...looked.findings, ...changed]),
  };
  return finish(pipeline, entry as ActionEntry, reader, after, delivery, false);
}

/**
 * Judges, and records what was decided. When the changes of this hour are used up, decides anew without them: the entry
 * then says that they are held, and one entry of the hour tells the officer.
 */
async function judgeAndRecord(
  pipeline: Pipeline,
  action: KeyAction,
  order: Order | undefined,
  reader: FactReader,
  delivery: Delivery,
  looked: Looked,
): Promise<{ recorded: Appended; judged: Judged }> {
  const { ledger, policy, stopped } = pipeline;
  const court = {
    policy,
    now: pipeline.clock(),
    ownRoles: pipeline.selfRoleArns,
    findings: looked.findings,
    stopped: () => stopped(onTransient(delivery)),
  };
  const judgeWith = (breakerOpen: boolean) => judge(action, order, reader, { ...court, breakerOpen });
  const record = (judged: Judged, extra: Partial<ActionEntry>, guard: Pick<Append, 'announces' | 'reportsLimit'>) =>
    ledger.record({ ...toAppend(pipeline, action, order, judged, extra), ...guard }, delivery.writer, looked);

  const judged = await judgeWith(false);
  // What a person orders is not a storm: it neither counts nor waits.
  const changes = order === undefined ? countPlans(judged) : 0;
  const limit = policy.safeguards.changesPerHour;
  const first = await record(judged, {}, changes === 0 ? {} : { announces: { changes, limit } });
  if (first.result !== 'limit') return { recorded: first, judged };

  const held = await judgeWith(true);
  const second = await record(held, { limit: 'reports' }, { reportsLimit: true });
  if (second.result !== 'reported') return { recorded: second, judged: held };
  return { recorded: await record(held, { limit: 'reached' }, {}), judged: held };
}

const countPlans = ({ decisions }: Judged): number =>
  new Set(decisions.filter(({ decision }) => decision === 'act').map(({ remedy }) => remedy)).size;

function toAppend(
  { policyDigest }: Pipeline,
  action: KeyAction,
  order: Order | undefined,
  judged: Judged,
  extra: Partial<ActionEntry>,
): Append {
  const mustAct = countPlans(judged) > 0 || extra.limit === 'reports';
  return {
    subject: action.subject,
    eventId: action.eventId,
    draft: fitAction({ type: 'action', action, policy: policyDigest, ...judged, ...extra }),
    controls: findingIdsOf(action, order),
    findings: (previous, source) =>
      judged.verdicts.flatMap((verdict) => {
        const id = findingId(verdict);
        const decision = judged.decisions.find((one) => findingId(one) === id)?.decision ?? 'none';
        const before = previous.get(id);
        // The record of our own change can arrive before its outcome is recorded: the remediation speaks for itself.
        if (action.actor.bySelf && before?.status === 'open' && before.decision === 'act') return [];
        return openOrResolve(before, { ...verdict, decision }, source) ?? [];
      }),
    stage: (changes) => (mustAct || changes.length > 0 ? 'recorded' : 'done'),
  };
}

const onTransient = ({ last }: Delivery): 'throw' | 'unread' => (last ? 'unread' : 'throw');

const ALREADY_DONE: Handled = { entry: undefined, remediations: [], told: [], alreadyDone: true };

/** An earlier delivery recorded the action and did not finish: only what it recorded is carried out now. */
async function resume(pipeline: Pipeline, work: Work, delivery: Delivery): Promise<Handled> {
  const { ledger } = pipeline;
  const entry = await ledger.resume(work, delivery.writer);
  if (entry.type !== 'action') throw new TypeError(`Entry ${entry.seq} of ${entry.subject} is no action.`);
  pipeline.log.warn('resumed', { eventId: entry.eventId, subject: entry.subject, attempts: work.attempts + 1 });
  const reader = pipeline.factsOf(entry.subject, onTransient(delivery), itemOf(entry.action));
  const now = await ledger.look(entry.eventId, entry.subject, entry.verdicts.map(findingId));
  return finish(pipeline, entry, reader, now, delivery, true);
}

/** Carries out what the entry decided, tells the officer what is new, and closes the work item. */
async function finish(
  pipeline: Pipeline,
  entry: ActionEntry,
  reader: FactReader,
  looked: Looked,
  delivery: Delivery,
  resumed: boolean,
): Promise<Handled> {
  const remediations = await remediateAll(pipeline, entry, reader, delivery, resumed);
  const news = [...looked.findings.values()].filter(({ seq, status }) => seq === entry.seq && status !== 'waived');
  if (news.length === 0 && remediations.length === 0 && entry.limit !== 'reports') {
    if (looked.work !== undefined) await close(pipeline, entry, [], [], looked, delivery);
    return { entry, remediations, told: [], alreadyDone: false };
  }
  const told = await tellAll(pipeline, entry, news, remediations);
  const wait = recheckDelay(remediations);
  // Sent before the outcome is recorded: a crash in between sends it twice, and never loses it.
  if (wait !== undefined) await pipeline.later({ recheck: { eventId: entry.eventId, subject: entry.subject } }, wait);
  await close(pipeline, entry, remediations, told, looked, delivery);
  return { entry, remediations, told, alreadyDone: false };
}

async function remediateAll(
  { call, pause, log }: Pipeline,
  entry: ActionEntry,
  reader: FactReader,
  delivery: Delivery,
  resumed: boolean,
): Promise<RecordedRemediation[]> {
  const remediations: RecordedRemediation[] = [];
  for (const [remedyId, decisions] of groupByRemedy(entry)) {
    const ids = decisions.map(findingId);
    const attempt = { reader, call, pause, resumed, last: delivery.last };
    const done = await carryOut(remedyOf(remedyId), planOf(entry, decisions), ids, attempt);
    log.info('remediated', { eventId: entry.eventId, subject: entry.subject, ...done });
    remediations.push(done);
  }
  return remediations;
}

/** The longest time after which one of them must be looked at again; undefined when none must. */
function recheckDelay(remediations: readonly RecordedRemediation[]): number | undefined {
  const waits = remediations
    .filter(({ status }) => status === 'pending')
    .map(({ remedy }) => remedyOf(remedy).recheckAfterSeconds ?? 0);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

async function close(
  { ledger }: Pipeline,
  entry: ActionEntry,
  remediations: readonly RecordedRemediation[],
  told: readonly Told[],
  looked: Looked,
  delivery: Delivery,
): Promise<void> {
  await ledger.close(
    {
      subject: entry.subject,
      eventId: entry.eventId,
      draft: { type: 'outcome', of: entry.seq, remediations, told },
      controls: entry.verdicts.map(findingId),
      findings: (previous, source) =>
        remediations.flatMap((remediation) =>
          remediation.controls.flatMap((id) => {
            const finding = previous.get(id);
            // Somebody else's newer verdict must not be overwritten by the end of an older remediation.
            return finding?.seq === entry.seq ? [afterRemediation(finding, remediation, source)] : [];
          }),
        ),
      stage: () => (recheckDelay(remediations) === undefined ? 'done' : 'recheck'),
    },
    delivery.writer,
    looked,
  );
}

/** Two controls may ask for the same remedy; it is carried out once. */
function groupByRemedy({ decisions }: ActionEntry): ReadonlyMap<string, readonly RecordedDecision[]> {
  const acts = decisions.filter(({ decision }) => decision === 'act');
  return Map.groupBy(acts, ({ remedy }) => remedy ?? 'none');
}

/** @throws {TypeError} when this version has no such remedy */
export function remedyOf(id: string): Remedy {
  const remedy = findRemedy(id);
  if (remedy === undefined) throw new TypeError(`This version has no remedy ${id}.`);
  return remedy;
}

/** The plan that an entry recorded for a remedy. */
export function planOf({ subject, seq }: ActionEntry, [decision]: readonly RecordedDecision[]): Plan {
  if (decision?.plan === undefined || decision.remedy === undefined) {
    throw new TypeError(`Entry ${seq} of ${subject} decides to act and has no plan.`);
  }
  return { remedy: decision.remedy, subject, ...decision.plan };
}

async function tellAll(
  pipeline: Pipeline,
  entry: ActionEntry,
  news: readonly Finding[],
  remediations: readonly RecordedRemediation[],
): Promise<Told[]> {
  const told: Told[] = [];
  const note = (control: string, state: string, messageId: string) => {
    told.push({ control, state, messageId });
    pipeline.log.info('told', { eventId: entry.eventId, control, state, messageId });
  };
  const isHeld = (finding: Finding) => decisionOn(entry, finding)?.held === true;
  if (entry.limit === 'reports') {
    const { account, region, policy } = pipeline;
    const message = writeLimitMessage(entry, policy.safeguards.changesPerHour, { account, region });
    note('changes-per-hour', 'needs-approval', await pipeline.tell(message));
  }
  for (const finding of news.filter(isHeld)) note(findingId(finding), 'needs-approval', IN_DIGEST);
  const single = news.filter((finding) => !isHeld(finding));
  if (single.length === 0) return told;
  const aliases = await readAliases(pipeline, entry);
  for (const finding of single) {
    const message = writeNews(entry, finding, remediations, aliases);
    note(findingId(finding), message.attributes.state ?? '', await pipeline.tell(message));
  }
  return told;
}

/** Instead of a message id, where a storm is told in one message. */
const IN_DIGEST = 'in the message about the limit of changes of this hour';

const decisionOn = ({ decisions }: ActionEntry, finding: Finding): RecordedDecision | undefined =>
  decisions.find((decision) => findingId(decision) === findingId(finding));

function writeNews(
  entry: ActionEntry,
  finding: Finding,
  remediations: readonly RecordedRemediation[],
  aliases: KeyFacts['aliases'],
): Message {
  const remediation = remediations.find(({ controls: ids }) => ids.includes(findingId(finding)));
  const decision = decisionOn(entry, finding) ?? {
    control: finding.control,
    decision: 'none',
    reason: 'Nothing is wrong.',
  };
  const state = stateOf(finding, remediation);
  return writeMessage({
    state,
    finding,
    control: textOfControl(finding.control),
    action: entry.action,
    decision,
    remediation,
    aliases,
  });
}

/** For people only: an alias that cannot be read must not keep the alert back. */
export async function readAliases({ factsOf }: Pipeline, { subject }: ActionEntry): Promise<KeyFacts['aliases']> {
  if (!subject.includes(':key/')) return unread('the action names no key');
  return (await factsOf(subject, 'unread').read(['aliases'])).aliases;
}
