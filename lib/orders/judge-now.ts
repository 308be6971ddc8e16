import type { KeyAction } from '../event/key-action.ts';
import { findingIdsOf, itemOf, type Judged, judge, type Order } from '../judge.ts';
import { courtOf } from '../pipeline.ts';
import type { Carrying } from './context.ts';

/**
 * What would be decided now. Changes nothing, records nothing, tells nobody.
 *
 * @throws what AWS throws when it cannot answer now
 */
export async function judgeNow(action: KeyAction, order: Order, { pipeline, delivery }: Carrying): Promise<Judged> {
  const looked = await pipeline.ledger.look(action.eventId, action.subject, findingIdsOf(action, order));
  const reader = pipeline.factsOf(action.subject, delivery.last ? 'unread' : 'throw', itemOf(action, order));
  return judge(action, order, reader, { ...courtOf(pipeline, order, looked, delivery), breakerOpen: false });
}
