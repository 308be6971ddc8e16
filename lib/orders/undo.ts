import { toCommand } from '../alert/command.ts';
import { controls } from '../controls/index.ts';
import type { RecordedDecision, RecordedRemediation } from '../ledger/entry.ts';
import { type Finding, findingId } from '../ledger/finding.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { findGranted } from '../ledger/waiver.ts';
import { planOf, remedyOf } from '../remediate.ts';
import type { Plan, Remedy } from '../remediations/remedy.ts';
import { reversePlan } from '../remediations/reverse-plan.ts';
import { isUntouched } from '../take-back.ts';
import { findWaiver } from '../waivers.ts';
import { NOTHING_JUDGED } from './answer.ts';
import { carry } from './carry.ts';
import { actionOf, type Carrying, type OfFinding } from './context.ts';
import { lookAtFinding, namedOf, nameFinding, recordOf } from './of-finding.ts';
import type { OrderRefused, OrderResult } from './order.ts';
import { isRefused, refuse } from './refusal.ts';
import { complainOfSamePerson } from './separation.ts';

/**
 * Takes the newest change that Keywarden made for a finding back, because a person orders it, and only if AWS still shows what
 * that change left, and Keywarden would not make the same change again by itself.
 *
 * @throws {BusyError} while another invocation works on the same
 * @throws what AWS throws when it cannot answer now
 */
export async function undo(asked: OfFinding, context: Carrying): Promise<OrderResult> {
  const finding = await lookAtFinding(asked, context);
  const name = nameFinding(asked);
  if (finding === undefined) return refuse('input', `There is no finding ${name}. List them with: keywarden findings`);
  const { policy } = context.pipeline;
  if (policy.approval.differentPerson && finding.causedBy !== undefined) {
    const concerned = [{ who: finding.causedBy, did: 'caused what was put right' }];
    const complaint = complainOfSamePerson(asked.who.by, concerned, policy.approval.officers);
    if (complaint !== undefined) return refuse('caller', complaint);
  }
  const found = await findChange(asked, context);
  if (isRefused(found)) return found;
  const complaint = await complainOfUndo(asked, finding, found, context);
  if (complaint !== undefined) return complaint;
  return carryUndo(asked, finding, found, context);
}

/** The change that is to be taken back. */
interface Change {
  /** Of the action entry that decided it. */
  readonly seq: number;
  readonly decision: RecordedDecision;
  readonly remedy: Remedy;
  readonly plan: Plan;
  readonly remediation: RecordedRemediation;
}

/** How far back a change is looked for. */
const MOST_ENTRIES = 5_000;

const DONE: ReadonlySet<string> = new Set(['confirmed', 'already-so', 'pending']);

async function findChange(asked: OfFinding, { pipeline }: Carrying): Promise<Change | OrderRefused> {
  const { target, id } = asked;
  const name = nameFinding(asked);
  const lookUp = createLookUp(pipeline.records);
  let count = 0;
  for await (const entry of lookUp.readBack(target.subject)) {
    count += 1;
    if (count > MOST_ENTRIES) break;
    const made = entry.type === 'outcome' ? entry.remediations.filter(({ controls: ids }) => ids.includes(id)) : [];
    const remediation = made.find(({ status }) => DONE.has(status));
    if (entry.type !== 'outcome' || remediation === undefined) continue;
    if (remediation.undoes !== undefined) {
      return refuse(
        'conflict',
        `What Keywarden did about ${name} (entry ${remediation.undoes}) was taken back already, in entry ${entry.of}.`,
      );
    }
    const action = await lookUp.readEntry(target.subject, entry.of);
    const decision = action.type === 'action' ? action.decisions.find((one) => findingId(one) === id) : undefined;
    if (action.type !== 'action' || decision?.plan === undefined) break;
    const remedy = remedyOf(remediation.remedy);
    return { seq: action.seq, decision, remedy, plan: planOf(action, [decision]), remediation };
  }
  return refuse('conflict', `Keywarden changed nothing for ${name}, so that there is nothing to take back.`);
}

async function complainOfUndo(
  asked: OfFinding,
  finding: Finding,
  { remedy, plan, remediation, decision }: Change,
  context: Carrying,
): Promise<OrderRefused | undefined> {
  const { pipeline, delivery } = context;
  const name = nameFinding(asked);
  if (remedy.undoRefused !== undefined) {
    return refuse('conflict', `${remedy.undoRefused}${sayByHand(plan)}`);
  }
  if (plan.undo.length === 0) return refuse('conflict', `${remedy.title}: that cannot be undone.`);
  const reader = pipeline.factsOf(asked.target.subject, delivery.last ? 'unread' : 'throw', decision.item);
  const facts = await reader.read([...remedy.confirms, 'tags']);
  const left = isUntouched(remedy, plan, facts);
  if (!left.confirmed) {
    return refuse(
      'conflict',
      `AWS does not show any more what Keywarden left, so that nothing is taken back. ${left.reason} It had left ${JSON.stringify(remediation.after ?? {})}.`,
      { difference: left.reason },
    );
  }
  const { protectedTag } = pipeline.policy;
  if (!facts.tags.known) {
    return refuse('conflict', `Whether the key is protected could not be read: ${facts.tags.reason}. Try again.`);
  }
  if (Object.hasOwn(facts.tags.value, protectedTag)) {
    return refuse(
      'conflict',
      `The key carries the tag ${protectedTag}, so Keywarden never changes it. Remove the tag to let it.`,
    );
  }
  const stopped = await pipeline.stopped('throw');
  if (!stopped.known || stopped.value) {
    return refuse(
      'conflict',
      `The kill switch ${stopped.known ? 'is on' : `could not be read (${stopped.reason})`}: Keywarden changes nothing.`,
    );
  }
  if (await wouldComeBack(asked, finding, decision, facts.tags, context)) {
    return refuse(
      'conflict',
      `Keywarden would do the same again, because the mode of ${asked.target.control} is enforce. Have the state waived first: keywarden waive ${name} --until <day> --reason <why>`,
    );
  }
  return undefined;
}

/** Shown, so that a person can run it; Keywarden does not. */
const sayByHand = ({ undo: requests }: Plan): string =>
  requests.length === 0 ? '' : ` By hand, if it must be: ${requests.map(toCommand).join(' && ')}`;

type Tags = Parameters<typeof findWaiver>[4] extends () => Promise<infer Read> ? Read : never;

/** Whether nothing but a waiver would keep Keywarden from putting it right again. */
async function wouldComeBack(
  { target, id }: OfFinding,
  finding: Finding,
  { plan }: RecordedDecision,
  tags: Tags,
  { pipeline: { policy, ledger, clock } }: Carrying,
): Promise<boolean> {
  const mode = policy.controls[target.control]?.mode ?? controls.find((one) => one.id === target.control)?.defaultMode;
  if (mode !== 'enforce' || plan?.asksFirst !== undefined || finding.baseline !== undefined) return false;
  const { waivers } = await ledger.look('', target.subject, [id]);
  if (findGranted(waivers, { ...namedOf(target), control: target.control }, clock().toISOString()) !== undefined) {
    return false;
  }
  return (await findWaiver(policy, target.control, target.subject, clock(), async () => tags)) === undefined;
}

async function carryUndo(
  asked: OfFinding,
  finding: Finding,
  { seq, decision, plan, remediation }: Change,
  context: Carrying,
): Promise<OrderResult> {
  const { target, id, who, order } = asked;
  const { remedy, subject: _subject, ...reversed } = reversePlan(plan, seq, remediation.after);
  const decisions: readonly RecordedDecision[] = [
    {
      ...namedOf(target),
      control: target.control,
      decision: 'act',
      reason: `${who.by.name} had it taken back: ${order.reason}`,
      remedy,
      undoes: seq,
      plan: reversed,
    },
  ];
  if (order.dryRun) {
    const message = `Dry run: ${reversed.summary} Nothing was changed, recorded or sent.`;
    return { status: 'undone', message, key: target.subject, dryRun: true, ...NOTHING_JUDGED, decisions };
  }
  const done = await carry(
    actionOf(asked, context),
    {
      kind: 'none',
      record: recordOf(asked, { of: seq }),
      ...(decision.item === undefined ? {} : { item: decision.item }),
      decisions,
      onlyIf: { finding: id, seq: finding.seq },
    },
    context,
  );
  return (
    done ??
    refuse(
      'conflict',
      `${nameFinding(asked)} was changed by somebody else at this moment. Look at it again: keywarden finding ${nameFinding(asked)}`,
    )
  );
}
