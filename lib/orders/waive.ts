import { controls } from '../controls/index.ts';
import type { Order } from '../judge.ts';
import { createLookUp } from '../ledger/look-up.ts';
import type { GrantedWaiver } from '../ledger/waiver.ts';
import { NOTHING_JUDGED, summarise } from './answer.ts';
import { carry } from './carry.ts';
import { actionOf, type Carrying, type OfFinding } from './context.ts';
import { findOrigin } from './find-deed.ts';
import { judgeNow } from './judge-now.ts';
import { lookAtFinding, namedOf, nameFinding, recordOf } from './of-finding.ts';
import type { OrderResult } from './order.ts';
import { refuse, show } from './refusal.ts';
import { complainOfSamePerson } from './separation.ts';

/** Milliseconds. */
const DAY = 86_400_000;

const toDay = (time: number): string => new Date(time).toISOString().slice(0, 'yyyy-mm-dd'.length);

/**
 * Grants a time-boxed exception for a finding, or for a control on a subject before there is one: a person answers for it
 * until the end of its last day, in UTC.
 *
 * @throws {BusyError} while others append to the chain all the time
 */
export async function waive(asked: OfFinding, context: Carrying): Promise<OrderResult> {
  const { order, target, id, who } = asked;
  const { policy, clock, ledger } = context.pipeline;
  const { until = '' } = order;
  const wrong = complainOfDay(until, clock(), policy.approval.longestWaiverDays);
  if (wrong !== undefined) return refuse('input', wrong);
  const { findings, waivers } = await ledger.look('', target.subject, [id]);
  const finding = findings.get(id);
  const causer = finding?.status === 'resolved' ? undefined : finding?.causedBy;
  if (policy.approval.differentPerson && causer !== undefined) {
    const concerned = [{ who: causer, did: 'caused the finding' }];
    const complaint = complainOfSamePerson(who.by, concerned, policy.approval.officers);
    if (complaint !== undefined) return refuse('caller', complaint);
  }
  const decisions = [
    { ...namedOf(target), control: target.control, decision: 'waived', reason: describe(asked, until) },
  ];
  const base = { status: 'waived', key: target.subject, ...NOTHING_JUDGED, decisions } as const;
  if (isGranted(waivers.get(id), asked, until)) {
    return {
      ...base,
      dryRun: order.dryRun,
      message: `It was waived so before (entry ${waivers.get(id)?.seq}); nothing was changed now.`,
    };
  }
  if (order.dryRun) {
    return {
      ...base,
      dryRun: true,
      message: `Dry run: ${describe(asked, until)} Nothing was changed, recorded or sent.`,
    };
  }
  const record = recordOf(asked, { ...(finding === undefined ? {} : { of: finding.seq }), until });
  const done = await carry(
    actionOf(asked, context),
    { kind: 'none', record, decisions },
    context,
    describe(asked, until),
  );
  if (done === undefined) throw new TypeError('A waiver is for whatever is so now, and cannot be overtaken.');
  return done;
}

const describe = ({ who, order, target }: OfFinding, until: string): string =>
  `${who.by.name} answers for ${target.control} until ${until}${order.ticket === undefined ? '' : ` (${order.ticket})`}: ${order.reason.replace(/\.$/, '')}.`;

/** @returns a sentence; undefined when the day may be the last one of a waiver */
function complainOfDay(until: string, now: Date, longest: number): string | undefined {
  const [first, last] = [toDay(now.getTime()), toDay(now.getTime() + longest * DAY)];
  if (until >= first && until <= last) return undefined;
  return `until is ${show(until)}: a waiver ends between ${first} and ${last} (approval.longestWaiverDays is ${longest}).`;
}

/** The very same exception is not granted a second time. */
const isGranted = (waiver: GrantedWaiver | undefined, { who, order }: OfFinding, until: string): boolean =>
  waiver?.status === 'granted' &&
  waiver.until === until &&
  waiver.reason === order.reason &&
  waiver.ticket === order.ticket &&
  waiver.by.name === who.by.name &&
  waiver.by.arn === who.by.arn;

/**
 * Withdraws a waiver that was granted by order, and judges anew what it was for.
 *
 * @throws {BusyError} while others append to the chain all the time
 * @throws what AWS throws when it cannot answer now
 */
export async function unwaive(asked: OfFinding, context: Carrying): Promise<OrderResult> {
  const { order, target, id } = asked;
  const { ledger, clock } = context.pipeline;
  const waiver = (await ledger.look('', target.subject, [id])).waivers.get(id);
  const name = nameFinding(asked);
  if (waiver?.status !== 'granted') {
    const what =
      waiver === undefined ? 'was never waived by order' : `has a waiver that was withdrawn on ${waiver.changedAt}`;
    return refuse(
      'conflict',
      `${name} ${what}. List the waivers with: keywarden waivers. Those of keywarden.policy.yml are withdrawn there.`,
    );
  }
  const judging = await describeJudging(asked, context);
  const over = waiver.until < toDay(clock().getTime()) ? ` It had ended with ${waiver.until}.` : '';
  if (order.dryRun) {
    const judged = await judgeNow(actionOf(asked, context), judging, context);
    const message = `Dry run: the waiver would be withdrawn.${over} ${summarise(judged.verdicts)} Nothing was changed, recorded or sent.`;
    return { status: 'unwaived', message, key: target.subject, dryRun: true, ...judged, remediations: [] };
  }
  const done = await carry(actionOf(asked, context), judging, context, over.trim());
  if (done === undefined) throw new TypeError('A withdrawal is for whatever is so now, and cannot be overtaken.');
  return done;
}

async function describeJudging(asked: OfFinding, context: Carrying): Promise<Order> {
  const { target } = asked;
  const finding = await lookAtFinding(asked, context);
  const record = recordOf(asked, finding === undefined ? {} : { of: finding.seq });
  if (!controls.some(({ id }) => id === target.control)) {
    const reason = 'The waiver is withdrawn. No control judges this by looking: follow the runbook.';
    return {
      kind: 'none',
      record,
      decisions: [{ ...namedOf(target), control: target.control, decision: 'tell', reason }],
    };
  }
  const origin =
    finding === undefined
      ? undefined
      : await findOrigin(createLookUp(context.pipeline.records), target.subject, finding.seq);
  return {
    kind: 'verify',
    record,
    ...namedOf(target),
    ...(origin?.deed === undefined ? {} : { deed: origin.deed }),
  };
}
