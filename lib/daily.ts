import { writeUnarmedMessage } from './alert/unarmed-message.ts';
import { writeWaiverMessage } from './alert/waiver-message.ts';
import type { Delivery, Pipeline } from './context.ts';
import { digestOf } from './event/digest.ts';
import type { KeyAction } from './event/key-action.ts';
import { readKeyName } from './event/key-arn.ts';
import { findingId } from './ledger/finding.ts';
import { POLICY, WAIVERS } from './ledger/keys.ts';
import { createLookUp } from './ledger/look-up.ts';
import { nameRequester, toOrderAction } from './order-action.ts';
import { findOrigin } from './orders/find-deed.ts';
import { handleAction } from './pipeline.ts';
import { listUnarmed, type Unarmed } from './policy/unarmed.ts';
import { describeReview, tellOnce } from './tell-once.ts';
import { type GrantedNotice, listDueGranted, listDueWaivers, type WaiverNotice } from './waivers.ts';

/**
 * What is done once a day: the officer is told of lists that the policy file leaves empty, once for each version of it; and
 * of waivers that end soon or have just ended, of the policy file and by order, in one message a day; and what a waiver covered
 * that has ended is verified, so that it is a finding again. However often the schedule fires, nothing is done twice.
 *
 * @throws {BusyError} while another invocation does it
 * @throws what AWS throws when the next delivery may fare better: what is done by then is not done again
 */
export async function runDaily(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const due = listDueWaivers(pipeline.policy, pipeline.clock());
  const granted = await listDueGranted(createLookUp(pipeline.records), pipeline.policy, pipeline.clock());
  const steps = [
    () => tellUnarmed(pipeline, delivery),
    () => tellDue(pipeline, [...due, ...granted.map(({ notice }) => notice)], delivery),
    ...listVerifications(pipeline, due).map(
      (action) => () => handleAction(pipeline, action, delivery, { kind: 'verify' }),
    ),
    ...granted
      .filter(({ notice }) => notice.state === 'expired')
      .map((one) => () => verifyEnded(pipeline, one, delivery)),
  ];
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  // One message or key that has to wait must not keep the others back; the schedule's message returns for it.
  if (failures.length > 0) throw failures[0];
}

async function tellUnarmed(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const { policy, policyDigest } = pipeline;
  const unarmed = listUnarmed(policy);
  if (unarmed.length === 0) return;
  await tellOnce(pipeline, delivery, describePolicyReview(pipeline, unarmed), () => [
    {
      message: writeUnarmedMessage(unarmed, policyDigest, pipeline),
      note: (messageId) => [{ control: 'policy', state: 'lists-empty', messageId }],
    },
  ]);
}

async function tellDue(pipeline: Pipeline, due: readonly WaiverNotice[], delivery: Delivery): Promise<void> {
  if (due.length === 0) return;
  await tellOnce(pipeline, delivery, describeWaiverReview(pipeline, due), () => [
    {
      message: writeWaiverMessage(due, pipeline),
      note: (messageId) => due.map(({ waiver: { control }, state }) => ({ control, state, messageId })),
    },
  ]);
}

const SCHEDULE = 'keywarden (once a day)';

/** The look at the waivers is an action too: its entry says which were due, by the policy of that day. */
const describeWaiverReview = (pipeline: Pipeline, due: readonly WaiverNotice[]): KeyAction =>
  describeReview(pipeline, SCHEDULE, {
    eventId: `daily-${pipeline.clock().toISOString().slice(0, 10)}`,
    api: 'ReviewWaivers',
    subject: WAIVERS,
    request: { due },
  });

/** The same policy file has the same id, on whatever day: it is told once. */
const describePolicyReview = (pipeline: Pipeline, unarmed: readonly Unarmed[]): KeyAction =>
  describeReview(pipeline, SCHEDULE, {
    eventId: `policy-${pipeline.policyDigest}`,
    api: 'ReviewPolicy',
    subject: POLICY,
    request: { unarmed },
  });

/** One verification per key, whose id is the same however often it is asked for. */
function listVerifications(pipeline: Pipeline, due: readonly WaiverNotice[]): readonly KeyAction[] {
  const ended = due.filter(({ state }) => state === 'expired').map(({ waiver }) => waiver);
  const byKey = Map.groupBy(ended, ({ subject }) => subject ?? '');
  return [...byKey]
    .filter(([key]) => isOurKey(key, pipeline))
    .map(([key, waivers]) => {
      const request = {
        key,
        action: 'verify',
        reason: `Expired waivers: ${waivers.map(({ control, ticket, expires }) => `${control} (${ticket}, until ${expires})`).join(', ')}`,
      } as const;
      const orderId = `waiver-expired-${digestOf([key, ...waivers.map(({ expires }) => expires).sort()])}`;
      return toOrderAction({ kind: 'verify', subject: key, actor: EXPIRED, request, orderId }, pipeline);
    });
}

const EXPIRED = nameRequester('keywarden (waiver expired)');

/** What an event had caused is judged as that event, by what is so now. */
async function verifyEnded(pipeline: Pipeline, { granted }: GrantedNotice, delivery: Delivery): Promise<void> {
  const { subject, control, item, until, eventId } = granted;
  const id = findingId(granted);
  const named = { control, ...(item === undefined ? {} : { item }) };
  const request = { key: subject, action: 'verify', ...named, reason: `Expired waiver: ${id}, until ${until}` };
  const orderId = `waiver-expired-${digestOf([subject, id, until, eventId])}`;
  const action = toOrderAction({ kind: 'verify', subject, actor: EXPIRED, request, orderId }, pipeline);
  const finding = (await pipeline.ledger.look(action.eventId, subject, [id])).findings.get(id);
  const origin =
    finding === undefined ? undefined : await findOrigin(createLookUp(pipeline.records), subject, finding.seq);
  const deed = origin?.deed === undefined ? {} : { deed: origin.deed };
  await handleAction(pipeline, action, delivery, { kind: 'verify', ...named, ...deed });
}

/** Other subjects, keys of other accounts and Regions, and keys meant by a tag are verified when something happens to them. */
function isOurKey(subject: string, { account, region }: Pipeline): boolean {
  const name = readKeyName(subject, { account, region });
  return name?.form === 'key' && !name.bare && name.arn.split(':').slice(3, 5).join(':') === `${region}:${account}`;
}
