import type { ActionEntry, OrderKind } from '../ledger/entry.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { resumeAction } from '../pipeline.ts';
import { answerFrom, findOutcome } from './answer.ts';
import type { Carrying, OfFinding } from './context.ts';
import type { OrderDone } from './order.ts';

/** How far back an order is looked for. */
const MOST_ENTRIES = 5_000;

/** Orders about a finding after which an earlier one does not stand any more. */
const ENDS: ReadonlySet<OrderKind> = new Set(['approve', 'reject', 'undo', 'waive', 'unwaive', 'remediate']);

/**
 * The last order about a finding, when it is of one kind and for one plan: what is ordered a second time was done already.
 *
 * @param plan the digest that was sent, or its first digits; absent: whichever plan it was
 * @throws {BrokenChainError} when the chain is not what was written
 */
export async function findEarlier(
  { target: { subject }, id }: OfFinding,
  kind: OrderKind,
  plan: string | undefined,
  { pipeline }: Carrying,
): Promise<ActionEntry | undefined> {
  let count = 0;
  for await (const entry of createLookUp(pipeline.records).readBack(subject)) {
    count += 1;
    if (count > MOST_ENTRIES) return undefined;
    if (entry.type !== 'action' || entry.order?.finding !== id || !ENDS.has(entry.order.kind)) continue;
    const { kind: found, plan: digest = '' } = entry.order;
    return found === kind && digest.startsWith(plan ?? '') ? entry : undefined;
  }
  return undefined;
}

/**
 * Answers with what was done then. What was recorded and not finished, because an invocation died, is finished now.
 *
 * @throws {BusyError} while another invocation works on it
 */
export async function answerEarlier(entry: ActionEntry, context: Carrying): Promise<OrderDone> {
  const { pipeline, delivery } = context;
  const by = entry.order?.by.name ?? 'Somebody';
  const said = `${by} ordered this before (entry ${entry.seq}), and it was done then: nothing was changed now.`;
  const { work } = await pipeline.ledger.look(entry.eventId, entry.subject, []);
  if (work?.stage === 'recorded') {
    const { remediations } = await resumeAction(pipeline, entry, delivery);
    return answerFrom(
      entry,
      remediations,
      `${by} ordered this before (entry ${entry.seq}); it was taken up where it was left.`,
    );
  }
  return answerFrom(entry, (await findOutcome(createLookUp(pipeline.records), entry)) ?? [], said);
}
