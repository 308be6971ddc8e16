import { type Approvable, approvableOf, describeDifference, digestOfPlan } from '../compare-plans.ts';
import type { Judged, Order } from '../judge.ts';
import type { RecordedDecision } from '../ledger/entry.ts';
import { type Finding, findingId } from '../ledger/finding.ts';
import { BusyError } from '../ledger/ledger.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { summarise } from './answer.ts';
import { carry } from './carry.ts';
import { actionOf, type Carrying, type OfFinding } from './context.ts';
import { findOrigin, type Origin } from './find-deed.ts';
import { answerEarlier, findEarlier } from './find-earlier.ts';
import { judgeNow } from './judge-now.ts';
import { lookAtFinding, namedOf, nameFinding, recordOf } from './of-finding.ts';
import type { OrderRefused, OrderResult } from './order.ts';
import { isRefused, refuse } from './refusal.ts';
import { complainOfSamePerson, proposerOf } from './separation.ts';

/** Others may change the finding at the same moment; then it is looked at anew. */
const MOST_TRIES = 3;

/**
 * Carries out the plan that a finding waits with, because a person approves it. It is judged by what is so now first: when
 * something else would be done than was asked about, nothing is done and nothing recorded. The same approval a second time
 * changes nothing, and answers with what was done the first time.
 *
 * @throws {BusyError} while another invocation works on the same
 * @throws what AWS throws when it cannot answer now
 */
export async function approve(asked: OfFinding, context: Carrying): Promise<OrderResult> {
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    const answer = await approveOnce(asked, context);
    if (answer !== undefined) return answer;
  }
  throw new BusyError(`${nameFinding(asked)} was changed by others under each of ${MOST_TRIES} attempts.`);
}

/** @returns undefined when somebody else changed the finding meanwhile */
async function approveOnce(asked: OfFinding, context: Carrying): Promise<OrderResult | undefined> {
  const finding = await lookAtFinding(asked, context);
  if (finding === undefined) return refuseUnknown(asked);
  const same = complainOfPersons(asked, finding, context);
  if (same !== undefined) return refuse('caller', same);
  if (finding.status !== 'open' || finding.decision !== 'ask') {
    const earlier = await findEarlier(asked, 'approve', asked.order.plan, context);
    return earlier === undefined ? refuse('conflict', sayWhyNot(asked, finding)) : answerEarlier(earlier, context);
  }
  const origin = await findOrigin(createLookUp(context.pipeline.records), finding.subject, finding.seq);
  const shown = await readShown(asked, origin, context);
  if (isRefused(shown)) return shown;
  return carryApproval(asked, finding, origin, shown, context);
}

const refuseUnknown = (asked: OfFinding): OrderRefused =>
  refuse('input', `There is no finding ${nameFinding(asked)}. List them with: keywarden findings`);

function complainOfPersons(
  { who }: OfFinding,
  { causedBy, proposedBy }: Finding,
  { pipeline: { policy } }: Carrying,
): string | undefined {
  if (!policy.approval.differentPerson) return undefined;
  const concerned = [
    ...(causedBy === undefined ? [] : [{ who: causedBy, did: 'caused the finding' }]),
    ...(proposedBy === undefined ? [] : [{ who: proposerOf(proposedBy), did: 'proposed the change' }]),
  ];
  return complainOfSamePerson(who.by, concerned, policy.approval.officers);
}

/** Why a finding waits for nobody's approval, and what to do instead. */
function sayWhyNot(asked: OfFinding, { status, decision, reason }: Finding): string {
  const name = nameFinding(asked);
  if (status === 'resolved') return `${name} is resolved: ${reason} There is nothing to approve.`;
  if (status === 'waived') return `${name} is waived. Withdraw the waiver first: keywarden unwaive ${name}`;
  const propose = `To have it planned anew, order: keywarden remediate ${name}`;
  switch (decision) {
    case 'act':
      return `${name} needs no approval: Keywarden acted, and it is not put right. ${propose}`;
    case 'rejected':
      return `${name} was rejected. ${propose}`;
    case 'undone':
      return `${name} was put right and taken back by order. ${propose}`;
    default:
      return `${name} has no plan that could be approved: ${reason} Follow the runbook of the alert.`;
  }
}

const decisionOn = ({ decisions }: Pick<Judged, 'decisions'>, id: string): RecordedDecision | undefined =>
  decisions.find((decision) => findingId(decision) === id);

/** What the person was shown, when that is still what the finding waits with. */
async function readShown(asked: OfFinding, { entry }: Origin, context: Carrying): Promise<Approvable | OrderRefused> {
  const decision = entry === undefined ? undefined : decisionOn(entry, asked.id);
  const waits = decision === undefined ? undefined : approvableOf(decision);
  const name = nameFinding(asked);
  if (waits === undefined) {
    return refuse(
      'conflict',
      `The entry about ${name} has no plan. To have it planned anew, order: keywarden remediate ${name}`,
    );
  }
  const { plan } = asked.order;
  const digest = digestOfPlan(waits);
  if (plan === undefined || digest.startsWith(plan)) return waits;
  const before = await findShown(asked, plan, context);
  const difference = before === undefined ? undefined : describeDifference(before, waits);
  return refuse(
    'conflict',
    [
      `What you approve (plan ${plan}) is not the plan of ${name}, so that nothing was done.`,
      difference ?? 'The ledger has no such plan of it.',
      `The plan of now is ${digest.slice(0, 12)}: ${decision?.plan?.summary ?? ''} Look at it, and approve that plan if it is right.`,
    ].join(' '),
    { plan: digest, ...(difference === undefined ? {} : { difference }) },
  );
}

/** How far back a plan is looked for. */
const MOST_ENTRIES = 5_000;

/** The plan that the finding waited with before, and that a message still names. */
async function findShown(
  { target: { subject }, id }: OfFinding,
  plan: string,
  { pipeline }: Carrying,
): Promise<Approvable | undefined> {
  let count = 0;
  for await (const entry of createLookUp(pipeline.records).readBack(subject)) {
    count += 1;
    if (count > MOST_ENTRIES) return undefined;
    const decision = entry.type === 'action' ? decisionOn(entry, id) : undefined;
    const shown = decision === undefined ? undefined : approvableOf(decision);
    if (shown !== undefined && digestOfPlan(shown).startsWith(plan)) return shown;
  }
  return undefined;
}

async function carryApproval(
  asked: OfFinding,
  finding: Finding,
  { deed }: Origin,
  approved: Approvable,
  context: Carrying,
): Promise<OrderResult | undefined> {
  const { target, id } = asked;
  const order: Order = {
    kind: 'approve',
    record: recordOf(asked, { of: finding.seq, plan: digestOfPlan(approved) }),
    ...namedOf(target),
    ...(deed === undefined ? {} : { deed }),
    approved,
    onlyIf: { finding: id, seq: finding.seq },
  };
  const action = actionOf(asked, context);
  const judged = await judgeNow(action, order, context);
  const stays = isInOrder(judged, id);
  const refused = stays ? undefined : complainOfDecision(asked, judged, approved);
  if (refused !== undefined) return refused;
  const before = stays ? 'It is in order meanwhile, so that nothing was to be changed.' : '';
  if (asked.order.dryRun) {
    const would = stays
      ? 'Nothing would be changed.'
      : `It would be carried out: ${decisionOn(judged, id)?.plan?.summary}`;
    return {
      status: 'verified',
      message: `Dry run: ${summarise(judged.verdicts)} ${would} Nothing was changed, recorded or sent.`,
      key: target.subject,
      dryRun: true,
      ...judged,
      remediations: [],
    };
  }
  const answer = await carry(action, order, context, before);
  if (answer === undefined || answer.status !== 'verified' || stays) return answer;
  // It was as approved a moment ago, and was not when it was recorded: that is on record, and nothing was done.
  const why = answer.decisions.find((decision) => findingId(decision) === id)?.reason ?? '';
  return { ...answer, status: 'not-remediated', message: `Nothing was changed. ${why}` };
}

const isInOrder = ({ verdicts }: Judged, id: string): boolean =>
  verdicts.every((one) => findingId(one) !== id || one.verdict === 'compliant' || one.verdict === 'not-applicable');

function complainOfDecision(asked: OfFinding, judged: Judged, approved: Approvable): OrderRefused | undefined {
  const decision = decisionOn(judged, asked.id);
  if (decision?.decision === 'act') return undefined;
  const now = decision === undefined ? undefined : approvableOf(decision);
  const difference = now === undefined ? undefined : describeDifference(approved, now);
  if (now !== undefined && difference !== undefined) {
    const plan = digestOfPlan(now);
    return refuse(
      'conflict',
      `What was approved is not what would be done now, so that nothing was done. ${difference} To have the new plan on record, order: keywarden verify ${nameFinding(asked)}`,
      { difference, plan },
    );
  }
  const verdict = judged.verdicts.find((one) => findingId(one) === asked.id);
  const why = decision?.reason ?? 'Nothing was decided.';
  const unknown = verdict?.verdict === 'unknown' ? ` ${verdict.reason}` : '';
  return refuse('conflict', `It was not carried out, and nothing was changed: ${why}${unknown}`);
}
