/**
 * START HERE. The way of one lifecycle action through Keywarden:
 * look it up -> read facts -> judge -> decide -> record the intent -> remediate -> tell the officer -> record the outcome.
 *
 * Three things hold whatever happens in between: nothing is changed in AWS that was not recorded as an intent before; an
 * action is recorded once, however often it is delivered; and after a crash at any place the next delivery goes on from
 * what the ledger says, without making a change a second time.
 */
import { type Message, writeMessage } from './alert/message.ts';
import type { TellOfficer } from './alert/officer.ts';
import { carryOut } from './carry-out.ts';
import { controls } from './controls/index.ts';
import type { KeyAction } from './event/key-action.ts';
import type { FactReader } from './facts/fact-reader.ts';
import { type KeyFacts, unread } from './facts/key-facts.ts';
import { type ControlText, findingIdsOf, judge, OPERATION_RECOGNISED, type Order } from './judge.ts';
import type { ActionEntry, RecordedDecision, RecordedRemediation, Told } from './ledger/entry.ts';
import { afterRemediation, type Finding, openOrResolve, stateOf } from './ledger/finding.ts';
import { fitAction } from './ledger/fit.ts';
import type { Work } from './ledger/items.ts';
import { BusyError, type Ledger, type Looked, type Writer } from './ledger/ledger.ts';
import type { Policy } from './policy/policy.ts';
import { findRemedy } from './remediations/index.ts';
import type { Call } from './remediations/remedy.ts';

/** What the pipeline works with. Handlers make it once, at cold start. */
export interface Pipeline {
  readonly policy: Policy;
  /** sha256 (hex) of the policy file: which rules an action was judged by. */
  readonly policyDigest: string;
  readonly account: string;
  readonly region: string;
  readonly selfRoleArns: readonly string[];
  readonly ledger: Ledger;
  readonly factsOf: (arn: string, onTransient: 'throw' | 'unread') => FactReader;
  readonly call: Call;
  readonly tell: TellOfficer;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
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
  const findingIds = findingIdsOf(action, order);
  const looked = await ledger.look(action.eventId, action.subject, findingIds);
  if (looked.work?.stage === 'done') return ALREADY_DONE;
  if (looked.work !== undefined) return resume(pipeline, looked.work, delivery);

  const reader = pipeline.factsOf(action.subject, delivery.last ? 'unread' : 'throw');
  const judged = await judge(action, order, reader, pipeline.policy, pipeline.clock());
  const mustAct = judged.decisions.some(({ decision }) => decision === 'act');
  const recorded = await ledger.record(
    {
      subject: action.subject,
      eventId: action.eventId,
      draft: fitAction({ type: 'action', action, policy: pipeline.policyDigest, ...judged }),
      controls: findingIds,
      findings: (previous, source) =>
        judged.verdicts.flatMap((verdict) => {
          const decision = judged.decisions.find(({ control }) => control === verdict.control)?.decision ?? 'none';
          const before = previous.get(verdict.control);
          // The record of our own change can arrive before its outcome is recorded: the remediation speaks for itself.
          if (action.actor.bySelf && before?.status === 'open' && before.decision === 'act') return [];
          return openOrResolve(before, { ...verdict, decision }, source) ?? [];
        }),
      stage: (changes) => (mustAct || changes.length > 0 ? 'recorded' : 'done'),
    },
    delivery.writer,
    looked,
  );
  if (recorded.taken) {
    const { work } = recorded;
    if (work.stage === 'done') return ALREADY_DONE;
    // Our own write whose answer was lost: the SDK repeated it, and found the item that it had written.
    if (work.leaseOwner === delivery.writer.owner) return resume(pipeline, work, delivery);
    throw new BusyError(
      `Event ${action.eventId} was recorded by another delivery at the same time; the message returns.`,
    );
  }
  const { entry, hash } = recorded.sealed;
  pipeline.log.info('recorded', {
    eventId: action.eventId,
    api: action.api,
    subject: action.subject,
    verdicts: judged.verdicts,
  });
  const findings = new Map([
    ...looked.findings,
    ...recorded.changes.map(({ finding }) => [finding.control, finding] as const),
  ]);
  const after = { work: undefined, head: { seq: entry.seq, hash }, findings };
  return finish(pipeline, entry as ActionEntry, reader, after, delivery, false);
}

const ALREADY_DONE: Handled = { entry: undefined, remediations: [], told: [], alreadyDone: true };

/** An earlier delivery recorded the action and did not finish: only what it recorded is carried out now. */
async function resume(pipeline: Pipeline, work: Work, delivery: Delivery): Promise<Handled> {
  const { ledger } = pipeline;
  const entry = await ledger.resume(work, delivery.writer);
  if (entry.type !== 'action') throw new TypeError(`Entry ${entry.seq} of ${entry.subject} is no action.`);
  pipeline.log.warn('resumed', { eventId: entry.eventId, subject: entry.subject, attempts: work.attempts + 1 });
  const reader = pipeline.factsOf(entry.subject, delivery.last ? 'unread' : 'throw');
  const now = await ledger.look(
    entry.eventId,
    entry.subject,
    entry.verdicts.map(({ control }) => control),
  );
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
  const { call, pause, ledger, log } = pipeline;
  const remediations: RecordedRemediation[] = [];
  for (const [remedyId, decisions] of groupByRemedy(entry)) {
    const plan = decisions[0]?.plan;
    const remedy = findRemedy(remedyId);
    if (plan === undefined || remedy === undefined) throw new TypeError(`This version has no remedy ${remedyId}.`);
    const ids = decisions.map(({ control }) => control);
    const full = { remedy: remedyId, subject: entry.subject, ...plan };
    const done = await carryOut(remedy, full, ids, { reader, call, pause, resumed, last: delivery.last });
    log.info('remediated', { eventId: entry.eventId, subject: entry.subject, ...done });
    remediations.push(done);
  }

  const news = [...looked.findings.values()].filter(({ seq }) => seq === entry.seq);
  if (news.length === 0 && remediations.length === 0) return { entry, remediations, told: [], alreadyDone: false };
  const told = await tellAll(pipeline, entry, news, remediations);
  await ledger.close(
    {
      subject: entry.subject,
      eventId: entry.eventId,
      draft: { type: 'outcome', of: entry.seq, remediations, told },
      controls: entry.verdicts.map(({ control }) => control),
      findings: (previous, source) =>
        remediations.flatMap((remediation) =>
          remediation.controls.flatMap((control) => {
            const finding = previous.get(control);
            // Somebody else's newer verdict must not be overwritten by the end of an older remediation.
            return finding?.seq === entry.seq ? [afterRemediation(finding, remediation, source)] : [];
          }),
        ),
      stage: () => 'done',
    },
    delivery.writer,
    looked,
  );
  return { entry, remediations, told, alreadyDone: false };
}

/** Two controls may ask for the same remedy; it is carried out once. */
function groupByRemedy({ decisions }: ActionEntry): ReadonlyMap<string, readonly RecordedDecision[]> {
  const acts = decisions.filter(({ decision }) => decision === 'act');
  return Map.groupBy(acts, ({ remedy }) => remedy ?? 'none');
}

async function tellAll(
  pipeline: Pipeline,
  entry: ActionEntry,
  news: readonly Finding[],
  remediations: readonly RecordedRemediation[],
): Promise<Told[]> {
  const aliases = await readAliases(pipeline, entry);
  const told: Told[] = [];
  for (const finding of news) {
    const message = writeNews(entry, finding, remediations, aliases);
    const messageId = await pipeline.tell(message);
    told.push({ control: finding.control, state: message.attributes.state ?? '', messageId });
    pipeline.log.info('told', {
      eventId: entry.eventId,
      control: finding.control,
      state: message.attributes.state,
      messageId,
    });
  }
  return told;
}

function writeNews(
  { action, decisions }: ActionEntry,
  finding: Finding,
  remediations: readonly RecordedRemediation[],
  aliases: KeyFacts['aliases'],
): Message {
  const remediation = remediations.find(({ controls: ids }) => ids.includes(finding.control));
  const decision = decisions.find(({ control }) => control === finding.control) ?? {
    control: finding.control,
    decision: 'none',
    reason: 'Nothing is wrong.',
  };
  const state = stateOf(finding, remediation);
  return writeMessage({ state, finding, control: textOf(finding.control), action, decision, remediation, aliases });
}

function textOf(id: string): ControlText {
  const control = [...controls, OPERATION_RECOGNISED].find((one) => one.id === id);
  if (control === undefined) throw new TypeError(`This version has no control ${id}.`);
  return control;
}

/** For people only: an alias that cannot be read must not keep the alert back. */
async function readAliases({ factsOf }: Pipeline, { subject }: ActionEntry): Promise<KeyFacts['aliases']> {
  if (!subject.includes(':key/')) return unread('the action names no key');
  return (await factsOf(subject, 'unread').read(['aliases'])).aliases;
}
