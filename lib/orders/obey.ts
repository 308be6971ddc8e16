import { BusyError } from '../ledger/ledger.ts';
import { BrokenChainError } from '../ledger/look-up.ts';
import { approve } from './approve.ts';
import { approveLot } from './approve-lot.ts';
import { checkCaller } from './check-caller.ts';
import type { OrderContext, Understood } from './context.ts';
import { findTarget } from './find-target.ts';
import { toOfFinding } from './of-finding.ts';
import type { OrderResult } from './order.ts';
import { parseOrder } from './parse-order.ts';
import { isRefused, refuse } from './refusal.ts';
import { reject } from './reject.ts';
import { undo } from './undo.ts';
import { verify } from './verify.ts';
import { unwaive, waive } from './waive.ts';

/**
 * Carries out what a person orders: checks the order, who gives it, and what it is about, and does it.
 *
 * @param input of the order, unchecked (order.ts)
 * @returns `refused` with a sentence that says what to do instead, for bad input, for whom may not, and for what does not fit
 *   what is so now; never throws for them
 * @throws what AWS throws when it cannot answer now
 */
export async function obey(input: unknown, context: OrderContext): Promise<OrderResult> {
  const parsed = parseOrder(input);
  if (isRefused(parsed)) return parsed;
  const { order } = parsed;
  const who = checkCaller(order, context);
  if (isRefused(who)) return who;
  const orderId = order.orderId ?? context.orderId;
  try {
    if (order.baseline !== undefined) {
      return await approveLot({ order, who, orderId, baseline: order.baseline }, context);
    }
    const target = await findTarget(order, context);
    return isRefused(target) ? target : await dispatch({ order, who, target, orderId }, context);
  } catch (error) {
    if (error instanceof BusyError) {
      return refuse(
        'conflict',
        `Another order or event is being worked on (${error.message}) Send the same order again in a minute; with the same orderId nothing is done twice.`,
      );
    }
    if (error instanceof BrokenChainError) return refuse('conflict', `Nothing was done: ${error.message}`);
    throw error;
  }
}

async function dispatch(understood: Understood, context: OrderContext): Promise<OrderResult> {
  const { action } = understood.order;
  if (action === 'verify' || action === 'remediate') return verify(understood, context);
  const asked = toOfFinding(understood);
  if (asked === undefined) return refuse('input', `control is missing: ${action} is about one finding.`);
  switch (action) {
    case 'approve':
      return approve(asked, context);
    case 'reject':
      return reject(asked, context);
    case 'undo':
      return undo(asked, context);
    case 'waive':
      return waive(asked, context);
    case 'unwaive':
      return unwaive(asked, context);
  }
}
