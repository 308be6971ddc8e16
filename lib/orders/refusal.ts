import { toOneLine } from '../facts/plain-text.ts';
import type { OrderRefused } from './order.ts';

/** @param message what is wrong, and what to do instead, as sentences */
export const refuse = (
  why: OrderRefused['why'],
  message: string,
  more: Pick<OrderRefused, 'difference' | 'plan'> = {},
): OrderRefused => ({ status: 'refused', why, message, ...more });

export const isRefused = (answer: object): answer is OrderRefused => 'status' in answer && answer.status === 'refused';

/** How a message shows a value that somebody sent: as JSON, on one line, and short. */
export function show(value: unknown): string {
  const text = toOneLine(JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
