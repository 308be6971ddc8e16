/**
 * START HERE. The way of one lifecycle action through Keywarden:
 * look it up -> read facts -> judge -> decide -> record the intent -> remediate -> tell the officer -> record the outcome.
 *
 * Three things hold whatever happens in between: nothing is changed in AWS that was not recorded as an intent before; an
 * action is recorded once, however often it is delivered; and after a crash at any place the next delivery goes on from
 * what the ledger says, without making a change a second time.
 */
import type { Delivery, Handled, Pipeline } from './context.ts';
import type { KeyAction } from './event/key-action.ts';
import { mayBeToldTwice, tellsMore } from './event/same-action.ts';
import type { FactReader } from './facts/fact-reader.ts';
import { finish, idsOfEntry } from './finish.ts';
import { type Court, findingIdsOf, isOfPerson, itemOf, type Judged, judge, type Order } from './judge.ts';
import type { ActionEntry } from './ledger/entry.ts';
import type { Same } from './ledger/find-same.ts';
import { findingId } from './ledger/finding.ts';
import { fitAction } from './ledger/fit.ts';
import type { Work } from './ledger/items.ts';
import { type Append, type Appended, BusyError, type Looked } from './ledger/ledger.ts';
import { changeByAction } from './ledger/projection.ts';
import { changeWaivers } from './ledger/waiver.ts';
import { type Account, accountFor, type Proof } from './own-changes/account-for.ts';
import { ownRequestIdsOf } from './own-changes/own-write.ts';
import { groupByRequests } from './remediate.ts';
import { findRun } from './selftest/confirm-run.ts';

export type { Delivery, Handled, Log, OwnMessage, Pipeline } from './context.ts';

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
  const own = order === undefined ? ownRequestIdsOf(action) : order.proof?.requestIds;
  const looked = await ledger.look(action.eventId, action.subject, findingIdsOf(action, order), own);
  if (looked.work?.stage === 'done' || looked.work?.stage === 'recheck') return ALREADY_DONE;
  if (looked.work !== undefined) return resume(pipeline, looked.work, delivery);
  if (isOvertaken(order, looked)) return OVERTAKEN;

  const same = order === undefined ? await ledger.findSame(action) : undefined;
  // The second record of an action is accounted for with the first.
  const account: Partial<Account> | undefined =
    order === undefined && same === undefined ? await accountFor(pipeline, action, looked, delivery) : order?.proof;
  const known = { looked, same, account };
  const reader = pipeline.factsOf(action.subject, onTransient(delivery), itemOf(action, order));
  const { recorded, judged } = await judgeAndRecord(pipeline, action, order, reader, delivery, known);
  if (recorded === undefined) return { ...NOTHING_NEW, verdicts: judged.verdicts };
  // Another record of the same action was appended meanwhile: this one is the second, and is looked at anew.
  if (recorded.result === 'outdated') return handleAction(pipeline, action, delivery, order);
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
    waivers: looked.waivers,
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
  { looked, same, account }: Known,
): Promise<{ recorded: Appended | undefined; judged: Judged }> {
  const { ledger, policy } = pipeline;
  const court = { ...courtOf(pipeline, order, looked, delivery), found: account?.verdicts ?? [] };
  const judgeWith = async (breakerOpen: boolean) =>
    isRepeated(action, same) ? NOTHING : judge(action, order, reader, { ...court, breakerOpen });
  const holds = guardAppend(pipeline, action, order, same);
  const record = (judged: Judged, extra: Partial<ActionEntry>, guard: Pick<Append, 'announces' | 'reportsLimit'>) =>
    ledger.record(
      {
        ...toAppend(pipeline, action, order, judged, { ...linkTo(same), ...proofOf(account), ...extra }),
        ...writesOf(account),
        ...guard,
        ...holds,
      },
      delivery.writer,
      looked,
    );

  const judged = await judgeWith(false);
  if (order?.quiet === true && !saysNews(action, order, judged, looked)) return { recorded: undefined, judged };
  const changes = isOfPerson(order) ? 0 : countPlans(judged);
  const limit = policy.safeguards.changesPerHour;
  const first = await record(judged, {}, changes === 0 ? {} : { announces: { changes, limit } });
  if (first.result !== 'limit') return { recorded: first, judged };

  const held = await judgeWith(true);
  const second = await record(held, { limit: 'reports' }, { reportsLimit: true });
  if (second.result !== 'reported') return { recorded: second, judged: held };
  return { recorded: await record(held, { limit: 'reached' }, {}), judged: held };
}

/** What is known of an action before it is judged. */
interface Known {
  readonly looked: Looked;
  readonly same: Same | undefined;
  readonly account: Partial<Account> | undefined;
}

const proofOf = (account: Proof | undefined): Pick<ActionEntry, 'confirms'> =>
  account?.confirms === undefined ? {} : { confirms: account.confirms };

const writesOf = (account: Proof | undefined): Pick<Append, 'requestIds' | 'ownChanges'> =>
  account?.ownChanges === undefined || account.requestIds === undefined
    ? {}
    : { requestIds: account.requestIds, ownChanges: account.ownChanges };

/** What a judgement depends on, but for the limit of the hour. */
export const courtOf = (
  { policy, clock, selfRoleArns, ownResources, stopped }: Pipeline,
  order: Order | undefined,
  { findings, waivers }: Pick<Looked, 'findings' | 'waivers'>,
  delivery: Delivery,
): Omit<Court, 'breakerOpen'> => ({
  policy,
  now: clock(),
  ownRoles: selfRoleArns,
  ownResources,
  findings,
  waivers: withoutWithdrawn(order, waivers),
  stopped: () => stopped(onTransient(delivery)),
});

/** Whether it would change a finding: what is told about a key that is as it was yesterday fills no ledger. */
function saysNews(action: KeyAction, order: Order, judged: Judged, { findings, head }: Looked): boolean {
  const source = { subject: action.subject, eventId: action.eventId, seq: head.seq + 1, at: action.time };
  return changeByAction({ action, ...judged, ...recordOf(order) }, findings, source).length > 0;
}

/** What must still hold when others append to the chain in between. */
function guardAppend(
  { ledger }: Pipeline,
  action: KeyAction,
  order: Order | undefined,
  same: Same | undefined,
): Pick<Append, 'stillHolds'> {
  if (order === undefined) {
    if (!mayBeToldTwice(action)) return {};
    return { stillHolds: async () => (await ledger.findSame(action))?.entry.seq === same?.entry.seq };
  }
  const { onlyIf } = order;
  if (onlyIf === undefined) return {};
  return {
    stillHolds: async () => !isOvertaken(order, await ledger.look(action.eventId, action.subject, [onlyIf.finding])),
  };
}

/** Two persons may approve at the same moment: the second finds the finding changed by the first. */
const isOvertaken = (order: Order | undefined, { findings }: Looked): boolean =>
  order?.onlyIf !== undefined && findings.get(order.onlyIf.finding)?.seq !== order.onlyIf.seq;

/** A waiver that this very order withdraws does not count any more. */
const withoutWithdrawn = (order: Order | undefined, waivers: Looked['waivers']): Looked['waivers'] =>
  order?.record?.kind === 'unwaive' ? new Map([...waivers].filter(([id]) => id !== order.record?.finding)) : waivers;

const recordOf = (order: Order | undefined): Pick<ActionEntry, 'order' | 'baseline'> => ({
  ...(order?.record === undefined ? {} : { order: order.record }),
  ...(order?.baseline === undefined ? {} : { baseline: order.baseline }),
});

/** An action is judged once, however many records tell of it, unless a later one tells more. */
const isRepeated = (action: KeyAction, same: Same | undefined): boolean =>
  same !== undefined && !tellsMore(action, same.entry.action, same.how);

const NOTHING: Judged = { verdicts: [], decisions: [] };

const linkTo = (same: Same | undefined): Pick<ActionEntry, 'sameAs'> =>
  same === undefined ? {} : { sameAs: { seq: same.entry.seq, eventId: same.entry.eventId, how: same.how } };

const countPlans = (judged: Judged): number => groupByRequests(judged).length;

function toAppend(
  { policyDigest }: Pipeline,
  action: KeyAction,
  order: Order | undefined,
  judged: Judged,
  extra: Partial<ActionEntry>,
): Append {
  const isSelftest = findRun({ action, ...extra }) !== undefined;
  const mustAct = countPlans(judged) > 0 || extra.limit === 'reports' || isSelftest;
  return {
    subject: action.subject,
    eventId: action.eventId,
    draft: fitAction({ type: 'action', action, policy: policyDigest, ...judged, ...recordOf(order), ...extra }),
    controls: findingIdsOf(action, order),
    findings: (previous, source) => changeByAction({ action, ...judged, ...recordOf(order) }, previous, source),
    waivers: (previous, source) => changeWaivers(order?.record, previous, source),
    stage: (changes) => (mustAct || changes.length > 0 ? 'recorded' : 'done'),
  };
}

const onTransient = ({ last }: Delivery): 'throw' | 'unread' => (last ? 'unread' : 'throw');

/** Of an order, what its decisions are about. */
const itemOfEntry = ({ action, decisions }: ActionEntry): string | undefined =>
  itemOf(action) ?? decisions.find(({ item }) => item !== undefined)?.item;

const OVERTAKEN: Handled = { entry: undefined, remediations: [], told: [], alreadyDone: false, overtaken: true };

const ALREADY_DONE: Handled = { entry: undefined, remediations: [], told: [], alreadyDone: true };

const NOTHING_NEW: Handled = { entry: undefined, remediations: [], told: [], alreadyDone: false };

/**
 * Goes on with what an invocation recorded and did not finish: a person's order is not delivered again by anybody.
 *
 * @throws {BusyError} while that invocation may still work on it
 */
export async function resumeAction(
  pipeline: Pipeline,
  { eventId, subject }: { readonly eventId: string; readonly subject: string },
  delivery: Delivery,
): Promise<Handled> {
  const { work } = await pipeline.ledger.look(eventId, subject, []);
  return work?.stage === 'recorded' ? resume(pipeline, work, delivery) : ALREADY_DONE;
}

/** An earlier delivery recorded the action and did not finish: only what it recorded is carried out now. */
async function resume(pipeline: Pipeline, work: Work, delivery: Delivery): Promise<Handled> {
  const { ledger } = pipeline;
  const entry = await ledger.resume(work, delivery.writer);
  if (entry.type !== 'action') throw new TypeError(`Entry ${entry.seq} of ${entry.subject} is no action.`);
  pipeline.log.warn('resumed', { eventId: entry.eventId, subject: entry.subject, attempts: work.attempts + 1 });
  const reader = pipeline.factsOf(entry.subject, onTransient(delivery), itemOfEntry(entry));
  const now = await ledger.look(entry.eventId, entry.subject, idsOfEntry(entry));
  return finish(pipeline, entry, reader, now, delivery, true);
}
