import type { Handled } from '../context.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { Order } from '../judge.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { handleAction, resumeAction } from '../pipeline.ts';
import { answerFrom, answerHandled, findOutcome } from './answer.ts';
import type { Carrying } from './context.ts';
import type { OrderResult } from './order.ts';
import { refuse } from './refusal.ts';

/** In seconds: by then the function that took the order has ended (serverless.yml), and its lease too. */
export const RESUME_AFTER = 180;

/**
 * Takes an order through the pipeline. Before anything is recorded, a message to ourselves is on its way that takes the order
 * up again if this invocation dies: unlike an event, nobody else delivers it anew.
 *
 * @param before what the answer says first
 * @returns undefined when the finding that the order is for has changed meanwhile: nothing was recorded
 * @throws {BusyError} while another invocation works on the same order, or on the same chain all the time
 */
export async function carry(
  action: KeyAction,
  order: Order,
  context: Carrying,
  before = '',
): Promise<OrderResult | undefined> {
  const { pipeline, delivery } = context;
  const { eventId, subject } = action;
  if (order.kind !== 'verify') await pipeline.later({ resume: { eventId, subject } }, RESUME_AFTER);
  const handled = await handleAction(pipeline, action, delivery, order);
  if (handled.overtaken === true) return undefined;
  return answerHandled(handled, before) ?? answerAgain(action, handled, context);
}

/** The order was carried out before, as the same order: a request that is sent again gets the same answer. */
export async function answerAgain(
  action: KeyAction,
  handled: Pick<Handled, 'alreadyDone'>,
  { pipeline, delivery }: Carrying,
): Promise<OrderResult> {
  const { work } = await pipeline.ledger.look(action.eventId, action.subject, []);
  const lookUp = createLookUp(pipeline.records);
  if (!handled.alreadyDone || work === undefined) {
    throw new TypeError(`Order ${action.eventId} was not recorded, and nothing says why.`);
  }
  const entry = await lookUp.readEntry(work.subject, work.seq);
  if (entry.type !== 'action' || entry.action.digest !== action.digest || entry.subject !== action.subject) {
    return refuse(
      'input',
      `orderId was used before, for another order (${action.eventId}). Send each order with an id of its own.`,
    );
  }
  if (work.stage === 'recorded') {
    const resumed = await resumeAction(pipeline, work, delivery);
    return answerFrom(entry, resumed.remediations, 'It was taken up where it was left.');
  }
  return answerFrom(
    entry,
    (await findOutcome(lookUp, entry)) ?? [],
    'This order was carried out before; nothing was done now.',
  );
}
