import type { RecordedDecision } from './ledger/entry.ts';

/**
 * Has one change stand for every finding that it puts right. A key that is to be deleted in 7 days, and by nobody's approval,
 * breaks two rules; once the deletion is cancelled both are kept, and the officer is not asked about the second, nor is the
 * deletion scheduled anew by another plan.
 *
 * @param decisions about one action, of one policy
 * @returns the same decisions; one that asks, tells or acts about what the plan of another that acts `settles` acts by that
 *   plan. What is waived, or nothing to say, stays so
 */
export const settle = (decisions: readonly RecordedDecision[]): readonly RecordedDecision[] =>
  decisions.map((decision) => {
    const other = SETTLED.has(decision.decision) ? findSettler(decision, decisions) : undefined;
    if (other?.plan === undefined || other.remedy === undefined) return decision;
    const { held: _held, ...rest } = decision;
    return {
      ...rest,
      decision: 'act',
      reason: `The remedy for ${other.control} puts it right too.`,
      remedy: other.remedy,
      plan: other.plan,
    };
  });

const SETTLED: ReadonlySet<string> = new Set(['tell', 'ask', 'act']);

/** A plan for one item of a subject settles nothing of another item; it may settle what is said of the subject as a whole. */
const findSettler = ({ control, item, ...decision }: RecordedDecision, decisions: readonly RecordedDecision[]) =>
  decisions.find(
    (other) =>
      other.decision === 'act' &&
      other.control !== control &&
      (decision.decision !== 'act' || other.remedy !== decision.remedy) &&
      (item === undefined || other.item === item) &&
      other.plan?.settles?.includes(control) === true,
  );
