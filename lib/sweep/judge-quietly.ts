import type { KeyAction } from '../event/key-action.ts';
import type { FactReader } from '../facts/fact-reader.ts';
import type { Order } from '../judge.ts';
import type { RecordedVerdict } from '../ledger/entry.ts';
import { readNewest } from '../ledger/read.ts';
import { handleAction } from '../pipeline.ts';
import type { SweepContext } from './context.ts';
import { NO_TALLY, type Tally } from './store.ts';

/** What was written of this sweep stands near the end of its chain. */
const NEWEST = 200;

/**
 * Takes what a sweep sees through the pipeline: it is judged, and recorded, told and put right only when it says something new.
 *
 * @param reader of the subject, with what is known already
 * @returns what was counted
 * @throws {BusyError}, {TransientReadError} and what AWS throws, when the next delivery may fare better
 */
export async function judgeQuietly(
  { pipeline, ledgerTable, delivery }: SweepContext,
  action: KeyAction,
  reader: FactReader,
  order: Order,
): Promise<Tally> {
  const { factsOf } = pipeline;
  const { subject, eventId } = action;
  const prepared: typeof factsOf = (arn, onTransient, item) =>
    arn === subject && item === order.item ? reader : factsOf(arn, onTransient, item);
  const handled = await handleAction({ ...pipeline, factsOf: prepared }, action, delivery, { ...order, quiet: true });
  const { entry, alreadyDone, verdicts = [] } = handled;
  if (entry !== undefined) return { ...countVerdicts(entry.verdicts), news: 1 };
  if (!alreadyDone) return countVerdicts(verdicts);
  // An earlier delivery recorded it, and did not live to say so.
  for await (const earlier of readNewest(ledgerTable, subject, NEWEST)) {
    if (earlier?.type === 'action' && earlier.eventId === eventId)
      return { ...countVerdicts(earlier.verdicts), news: 1 };
  }
  return { ...NO_TALLY, news: 1 };
}

/** @returns how many verdicts there are of each kind */
export function countVerdicts(verdicts: readonly Pick<RecordedVerdict, 'verdict'>[]): Tally {
  const count = (kind: string) => verdicts.filter(({ verdict }) => verdict === kind).length;
  return { ...NO_TALLY, compliant: count('compliant'), violation: count('violation'), unknown: count('unknown') };
}
