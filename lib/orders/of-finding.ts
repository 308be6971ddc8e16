import type { RecordedOrder } from '../ledger/entry.ts';
import type { Finding } from '../ledger/finding.ts';
import { writeFindingRef } from '../ledger/finding-ref.ts';
import type { Carrying, OfFinding, Understood } from './context.ts';
import { idOf, isOfFinding } from './context.ts';

/** An order about one finding, when it names one. */
export function toOfFinding(understood: Understood): OfFinding | undefined {
  return isOfFinding(understood) ? { ...understood, id: idOf(understood.target) } : undefined;
}

/** The finding as it is now, by a read that sees every write before it. */
export async function lookAtFinding(
  { target: { subject }, id }: OfFinding,
  { pipeline }: Carrying,
): Promise<Finding | undefined> {
  return (await pipeline.ledger.look('', subject, [id])).findings.get(id);
}

/** How people name it, e.g. `rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab`. */
export const nameFinding = ({ target }: OfFinding): string => writeFindingRef(target);

/** How the entry tells of the order. */
export const recordOf = (
  { order, who, target }: Understood,
  more: Pick<RecordedOrder, 'of' | 'plan' | 'until'> = {},
): RecordedOrder => ({
  kind: order.action,
  ...(target.control === undefined ? {} : { finding: idOf({ ...target, control: target.control }) }),
  ...more,
  by: who.by,
  reason: order.reason,
  ...(order.ticket === undefined ? {} : { ticket: order.ticket }),
});

/** The control and the item that an order is about, as the pipeline takes them. */
export const namedOf = ({
  control,
  item,
}: Understood['target']): { readonly control?: string; readonly item?: string } => ({
  ...(control === undefined ? {} : { control }),
  ...(item === undefined ? {} : { item }),
});
