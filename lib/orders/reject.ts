import { findingId } from '../ledger/finding.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { approvableOf, digestOfPlan } from '../ledger/plan-digest.ts';
import { NOTHING_JUDGED } from './answer.ts';
import { carry } from './carry.ts';
import { actionOf, type Carrying, type OfFinding } from './context.ts';
import { findOrigin } from './find-deed.ts';
import { answerEarlier, findEarlier } from './find-earlier.ts';
import { lookAtFinding, namedOf, nameFinding, recordOf } from './of-finding.ts';
import type { OrderResult } from './order.ts';
import { refuse } from './refusal.ts';

/**
 * Records that a person does not want what a finding waits with. The finding stays open, and waits for nobody any more; another
 * plan for it is asked about anew.
 *
 * @throws {BusyError} while another invocation works on the same
 */
export async function reject(asked: OfFinding, context: Carrying): Promise<OrderResult> {
  const { order, target, id, who } = asked;
  const name = nameFinding(asked);
  const finding = await lookAtFinding(asked, context);
  if (finding === undefined) {
    return refuse('input', `There is no finding ${name}. List them with: keywarden findings`);
  }
  if (finding.decision === 'rejected') {
    const earlier = await findEarlier(asked, 'reject', order.plan, context);
    if (earlier !== undefined) return answerEarlier(earlier, context);
  }
  if (finding.status !== 'open' || finding.decision !== 'ask') {
    return refuse(
      'conflict',
      `${name} waits for no approval (${finding.status}, ${finding.decision}), so that there is nothing to reject. To leave it as it is for a time, order: keywarden waive ${name} --until <day>`,
    );
  }
  const { entry } = await findOrigin(createLookUp(context.pipeline.records), target.subject, finding.seq);
  const decision = entry?.decisions.find((one) => findingId(one) === id);
  const shown = decision === undefined ? undefined : approvableOf(decision);
  const plan = shown === undefined ? undefined : digestOfPlan(shown);
  if (order.plan !== undefined && plan?.startsWith(order.plan) !== true) {
    return refuse(
      'conflict',
      `What you reject (plan ${order.plan}) is not the plan of ${name}. It is now ${plan?.slice(0, 12) ?? 'none'}: ${decision?.plan?.summary ?? ''} Look at it first.`,
      plan === undefined ? {} : { plan },
    );
  }
  const reason = `${who.by.name} rejected it: ${order.reason}`;
  const rejected = { ...namedOf(target), control: target.control, decision: 'rejected', reason };
  if (order.dryRun) {
    const message = 'Dry run: it would be rejected. Nothing was changed, recorded or sent.';
    return { status: 'rejected', message, key: target.subject, dryRun: true, ...NOTHING_JUDGED, decisions: [rejected] };
  }
  const done = await carry(
    actionOf(asked, context),
    {
      kind: 'none',
      record: recordOf(asked, { of: finding.seq, ...(plan === undefined ? {} : { plan }) }),
      decisions: [rejected],
      onlyIf: { finding: id, seq: finding.seq },
    },
    context,
  );
  return (
    done ??
    refuse(
      'conflict',
      `${name} was changed by somebody else at this moment. Look at it again: keywarden finding ${name}`,
    )
  );
}
