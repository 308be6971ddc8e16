import type { LotMessage } from '../context.ts';
import { digestOf } from '../event/digest.ts';
import type { ActionEntry } from '../ledger/entry.ts';
import type { Finding } from '../ledger/finding.ts';
import { findingId } from '../ledger/finding.ts';
import { fitAction } from '../ledger/fit.ts';
import { SWEEPS } from '../ledger/keys.ts';
import { BusyError } from '../ledger/ledger.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { splitFindingId } from '../ledger/waiver.ts';
import { toOrderAction } from '../order-action.ts';
import { NOTHING_JUDGED } from './answer.ts';
import { approve } from './approve.ts';
import { RESUME_AFTER } from './carry.ts';
import type { Carrying, OfFinding, Who } from './context.ts';
import type { OrderDone, OrderInput, OrderResult } from './order.ts';
import { orderSchema } from './order.ts';
import { refuse, show } from './refusal.ts';

/** The approval of everything that a first look at all keys found. */
export interface OfLot {
  readonly order: OrderInput;
  readonly who: Who;
  readonly orderId: string;
  /** Id of that look. */
  readonly baseline: string;
}

/** Messages that are on their way at the same time. */
const AT_ONCE = 10;

/**
 * Records the approval of a lot, and has each of its findings carried out in the background, as an approval by that person: one
 * that does not fit what is so by then, or that this person may not approve, stays open.
 *
 * @throws {BusyError} while another invocation does the same
 */
export async function approveLot(lot: OfLot, context: Carrying): Promise<OrderResult> {
  const { order, who, orderId, baseline } = lot;
  const { pipeline, delivery } = context;
  const { ledger, policyDigest, later } = pipeline;
  const waiting = await listWaiting(baseline, context);
  if (waiting.length === 0) {
    return refuse(
      'conflict',
      `No open finding of ${show(baseline)} waits for an approval. The look at all keys that was the first has the id that keywarden status shows.`,
    );
  }
  const request = {
    action: 'approve',
    baseline,
    reason: order.reason,
    ...(order.ticket === undefined ? {} : { ticket: order.ticket }),
  };
  const action = toOrderAction(
    { kind: 'approve-baseline', subject: SWEEPS, actor: who.actor, request, orderId },
    pipeline,
  );
  if (order.dryRun) {
    const message = `Dry run: ${waiting.length} findings of ${baseline} would be carried out. Nothing was changed, recorded or sent.`;
    return { status: 'accepted', message, key: baseline, dryRun: true, ...NOTHING_JUDGED };
  }
  const { eventId, subject } = action;
  const looked = await ledger.look(eventId, subject, []);
  if (looked.work !== undefined) return resumeLot({ eventId, subject }, context);
  await later({ resume: { eventId, subject } }, RESUME_AFTER);
  const { reason, ticket } = order;
  const record = { kind: 'approve', by: who.by, reason, ...(ticket === undefined ? {} : { ticket }) } as const;
  const draft = fitAction({
    type: 'action',
    action,
    policy: policyDigest,
    verdicts: [],
    decisions: [],
    order: record,
    baseline,
  });
  const written = await ledger.record(
    { subject, eventId, draft, controls: [], findings: () => [], stage: () => 'recorded' },
    delivery.writer,
    looked,
  );
  if (written.result !== 'written') throw new BusyError(`Order ${eventId} was recorded at the same time.`);
  return sendAll(written.sealed.entry as ActionEntry, waiting, context);
}

/**
 * Sends what an invocation recorded and may not have sent; what was sent already changes nothing a second time.
 *
 * @throws {BusyError} while that invocation may still work on it
 */
export async function resumeLot(
  { eventId, subject }: { readonly eventId: string; readonly subject: string },
  context: Carrying,
): Promise<OrderDone> {
  const { ledger, records } = context.pipeline;
  const { work } = await ledger.look(eventId, subject, []);
  if (work === undefined) throw new BusyError(`Order ${eventId} is not on record yet.`);
  if (work.stage === 'recorded') {
    const entry = (await ledger.resume(work, context.delivery.writer)) as ActionEntry;
    return sendAll(entry, await listWaiting(entry.baseline ?? '', context), context);
  }
  const entry = (await createLookUp(records).readEntry(work.subject, work.seq)) as ActionEntry;
  return answer(entry, 'This order was carried out before; nothing was done now.');
}

async function listWaiting(baseline: string, { pipeline }: Carrying): Promise<readonly Finding[]> {
  const waiting: Finding[] = [];
  for await (const finding of createLookUp(pipeline.records).openFindings()) {
    if (finding.baseline === baseline && finding.decision === 'ask') waiting.push(finding);
  }
  return waiting;
}

async function sendAll(
  entry: ActionEntry,
  waiting: readonly Finding[],
  { pipeline, delivery }: Carrying,
): Promise<OrderDone> {
  const { ledger, later, log } = pipeline;
  for (let at = 0; at < waiting.length; at += AT_ONCE) {
    const some = waiting.slice(at, at + AT_ONCE);
    await Promise.all(
      some.map((finding) =>
        later(
          { order: { lot: entry.seq, subject: finding.subject, finding: findingId(finding), seq: finding.seq } },
          0,
        ),
      ),
    );
  }
  const { subject, eventId } = entry;
  log.info('lot sent', { eventId, findings: waiting.length });
  await ledger.close(
    {
      subject,
      eventId,
      draft: { type: 'outcome', of: entry.seq, remediations: [], told: [] },
      controls: [],
      findings: () => [],
      stage: () => 'done',
    },
    delivery.writer,
  );
  return answer(
    entry,
    `${waiting.length} findings of ${entry.baseline} are carried out now, one by one. What is left open is told: keywarden findings`,
  );
}

const answer = ({ subject, seq, eventId, baseline = '' }: ActionEntry, message: string): OrderDone => ({
  status: 'accepted',
  message,
  key: baseline,
  dryRun: false,
  ...NOTHING_JUDGED,
  ledger: { subject, seq, eventId },
});

/**
 * Carries out the approval of one finding of a lot.
 *
 * @throws {BusyError} while another invocation works on the same; the message returns
 * @throws what AWS throws when it cannot answer now
 */
export async function approveOneOfLot({ order: message }: LotMessage, context: Carrying): Promise<OrderResult> {
  const { pipeline } = context;
  const lot = await createLookUp(pipeline.records).readEntry(SWEEPS, message.lot);
  if (lot.type !== 'action' || lot.order?.kind !== 'approve' || lot.baseline === undefined) {
    throw new TypeError(`Entry ${message.lot} of ${SWEEPS} approves no lot.`);
  }
  const { order, action, baseline, eventId } = lot;
  const { findings } = await pipeline.ledger.look('', message.subject, [message.finding]);
  const finding = findings.get(message.finding);
  const result =
    finding?.seq === message.seq || finding?.status !== 'open'
      ? await approve(toOne(message, order, action, eventId), context)
      : refuse('conflict', `It was changed after ${baseline} was approved, and is for a person to look at.`);
  const { subject, finding: id } = message;
  pipeline.log.info('one of a lot', { eventId, subject, finding: id, status: result.status, message: result.message });
  return result;
}

/** The same approval has the same id, however often its message is delivered. */
function toOne(
  { subject, finding, lot }: LotMessage['order'],
  { reason, ticket, by }: NonNullable<ActionEntry['order']>,
  { actor }: ActionEntry['action'],
  eventId: string,
): OfFinding {
  const order = orderSchema.parse({
    action: 'approve',
    key: subject,
    control: splitFindingId(finding).control,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
  });
  const target = { subject, ...splitFindingId(finding) };
  return {
    order,
    who: { by, actor },
    target,
    id: finding,
    orderId: `lot-${digestOf([eventId, lot, subject, finding])}`,
  };
}
