import type { CompletenessStatement } from '../ledger/entry.ts';
import type { Coverage, Place, TimeWindow } from './pack-data.ts';

/** What a statement tells of the coverage. */
export type Stated = Pick<CompletenessStatement, 'account' | 'region' | 'window' | 'complete' | 'counts' | 'notAsked'>;

/** Whether a time span and the window have a moment in common. */
export const reachesInto = (span: TimeWindow, window: TimeWindow): boolean =>
  Date.parse(span.from) < Date.parse(window.to) && Date.parse(span.to) > Date.parse(window.from);

/** Sums of the statements. */
export function sumCounts(statements: readonly Stated[]): Coverage['counts'] {
  const sum = { read: 0, expected: 0, recorded: 0, backfilled: 0, failed: 0, extra: 0 };
  for (const { counts } of statements) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counts[name];
  }
  return sum;
}

/**
 * The parts of the window that no complete statement covers. A statement that is not complete covers nothing: what it could
 * not look at may be anywhere in its window.
 *
 * @param places every account and Region that is known of
 */
export const findUncovered = (
  window: TimeWindow,
  places: readonly Place[],
  statements: readonly Stated[],
): Coverage['uncovered'] =>
  places.flatMap(({ account, region }) => {
    const here = statements.filter((one) => one.account === account && one.region === region);
    const complete = here.filter((one) => one.complete).map((one) => one.window);
    const others = here.filter((one) => !one.complete).map((one) => one.window);
    return subtract(window, complete).flatMap((part) => {
      const silent = subtract(part, others);
      return [
        ...silent.map((span) => ({ account, region, ...span, why: SILENT })),
        ...subtract(part, silent).map((span) => ({ account, region, ...span, why: INCOMPLETE })),
      ].toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from));
    });
  });

const SILENT = 'No comparison with CloudTrail was recorded for this time.';
const INCOMPLETE = 'A comparison with CloudTrail was made and is not complete; its gaps say what it could not look at.';

/** @returns what is left of a window, in order */
export function subtract(window: TimeWindow, covered: readonly TimeWindow[]): readonly TimeWindow[] {
  const left: TimeWindow[] = [];
  const end = Date.parse(window.to);
  let from = Date.parse(window.from);
  const spans = covered
    .map((one) => ({ from: Date.parse(one.from), to: Date.parse(one.to) }))
    .filter((span) => span.to > span.from)
    .toSorted((one, other) => one.from - other.from);
  for (const span of spans) {
    if (span.from >= end) break;
    if (span.from > from) left.push(toWindow(from, span.from));
    from = Math.max(from, span.to);
  }
  if (from < end) left.push(toWindow(from, end));
  return left;
}

const toWindow = (from: number, to: number): TimeWindow => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
