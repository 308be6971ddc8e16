import type { Judgement } from '../control.ts';
import { judge } from './judge-key.ts';

/**
 * What is said of a key that waits to be deleted by an order whose record is on its way: nothing yet, and what was found
 * before stays.
 *
 * @param name of the key, as the start of a sentence
 */
export const awaitOrder = (name: string): Judgement => ({
  ...judge(
    'not-applicable',
    `${name} waits to be deleted by an order that came after this action, and is judged when the record of the order arrives`,
  ),
  keeps: true,
});
