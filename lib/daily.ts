import { writeWaiverMessage } from './alert/waiver-message.ts';
import type { Delivery, Pipeline } from './context.ts';
import { digestOf } from './event/digest.ts';
import type { KeyAction } from './event/key-action.ts';
import { readKeyName } from './event/key-arn.ts';
import type { ActionEntry, Told } from './ledger/entry.ts';
import { fitAction } from './ledger/fit.ts';
import { WAIVERS } from './ledger/keys.ts';
import { BusyError } from './ledger/ledger.ts';
import { toOrderAction } from './on-demand.ts';
import { handleAction } from './pipeline.ts';
import { listDueWaivers, type WaiverNotice } from './waivers.ts';

/**
 * What is done once a day: the officer is told of waivers that end soon or have just ended, in one message however often
 * the schedule fires; and each key whose waiver has ended is verified, so that what was waived is a finding again.
 *
 * @throws {BusyError} while another invocation does it
 * @throws what AWS throws when the next delivery may fare better: what is done by then is not done again
 */
export async function runDaily(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const due = listDueWaivers(pipeline.policy, pipeline.clock());
  if (due.length === 0) return;
  await tellDue(pipeline, due, delivery);
  const failures: unknown[] = [];
  for (const action of listVerifications(pipeline, due)) {
    try {
      await handleAction(pipeline, action, delivery, 'verify');
    } catch (error) {
      failures.push(error);
    }
  }
  // One key that cannot be read now must not keep the others from being verified; the message returns for it.
  if (failures.length > 0) throw failures[0];
}

async function tellDue(pipeline: Pipeline, due: readonly WaiverNotice[], delivery: Delivery): Promise<void> {
  const { ledger } = pipeline;
  const { writer } = delivery;
  const action = describeReview(pipeline, due);
  const { eventId, subject } = action;
  const looked = await ledger.look(eventId, subject, []);
  if (looked.work?.stage === 'done') return;
  const base = { subject, eventId, controls: [], findings: () => [] };
  const entry =
    looked.work === undefined
      ? await record(pipeline, action, delivery)
      : ((await ledger.resume(looked.work, writer)) as ActionEntry);
  const messageId = await pipeline.tell(writeWaiverMessage(due, pipeline));
  const told: Told[] = due.map(({ waiver: { control }, state }) => ({ control, state, messageId }));
  await ledger.close(
    { ...base, draft: { type: 'outcome', of: entry.seq, remediations: [], told }, stage: () => 'done' },
    writer,
  );
}

async function record(
  { ledger, policyDigest }: Pipeline,
  action: KeyAction,
  { writer }: Delivery,
): Promise<Pick<ActionEntry, 'seq'>> {
  const { eventId, subject } = action;
  const draft = fitAction({ type: 'action', action, policy: policyDigest, verdicts: [], decisions: [] });
  const recorded = await ledger.record(
    { subject, eventId, draft, controls: [], findings: () => [], stage: () => 'recorded' },
    writer,
  );
  if (recorded.result === 'written') return recorded.sealed.entry;
  throw new BusyError(`Event ${eventId} was recorded by another delivery at the same time; the message returns.`);
}

/** The look at the waivers is an action too: its entry says which were due, by the policy of that day. */
function describeReview({ account, region, clock }: Pipeline, due: readonly WaiverNotice[]): KeyAction {
  const time = clock().toISOString();
  const request = { due };
  return {
    eventId: `daily-${time.slice(0, 10)}`,
    time,
    api: 'ReviewWaivers',
    eventSource: 'keywarden',
    kind: 'lifecycle',
    // Section 8 of OP-PROC-001: the security officer oversees the programme.
    step: '8',
    subject: WAIVERS,
    keys: [],
    account,
    region,
    actor: { type: 'Schedule', person: 'keywarden (once a day)', bySelf: false },
    request,
    response: {},
    outcome: 'succeeded',
    origin: 'on-demand',
    digest: digestOf(request),
  };
}

/** One verification per key, whose id is the same however often it is asked for. */
function listVerifications(pipeline: Pipeline, due: readonly WaiverNotice[]): readonly KeyAction[] {
  const ended = due.filter(({ state }) => state === 'expired').map(({ waiver }) => waiver);
  const byKey = Map.groupBy(ended, ({ subject }) => subject ?? '');
  return [...byKey]
    .filter(([key]) => isOurKey(key, pipeline))
    .map(([key, waivers]) => {
      const order = {
        key,
        action: 'verify',
        dryRun: false,
        reason: `Expired waivers: ${waivers.map(({ control, ticket, expires }) => `${control} (${ticket}, until ${expires})`).join(', ')}`,
        requestedBy: 'keywarden (waiver expired)',
      } as const;
      const orderId = `waiver-expired-${digestOf([key, ...waivers.map(({ expires }) => expires).sort()])}`;
      return toOrderAction(order, key, { pipeline, orderId });
    });
}

/** Other subjects, keys of other accounts and Regions, and keys meant by a tag are verified when something happens to them. */
function isOurKey(subject: string, { account, region }: Pipeline): boolean {
  const name = readKeyName(subject, { account, region });
  return name?.form === 'key' && !name.bare && name.arn.split(':').slice(3, 5).join(':') === `${region}:${account}`;
}
