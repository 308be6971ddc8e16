import type { Message } from './alert/frame.ts';
import type { Delivery, Pipeline } from './context.ts';
import { digestOf } from './event/digest.ts';
import type { KeyAction } from './event/key-action.ts';
import type { ActionEntry, Told } from './ledger/entry.ts';
import { fitAction } from './ledger/fit.ts';
import { BusyError } from './ledger/ledger.ts';

/** Something that Keywarden found by itself at some time, and tells once. */
export type Review = Pick<KeyAction, 'eventId' | 'api' | 'subject' | 'request'>;

/** A message, and what the outcome says of it under the id that it was sent with. */
export interface Telling {
  readonly message: Message;
  readonly note: (messageId: string) => readonly Told[];
}

/**
 * Records a review, sends its messages, and records that; a crash before the end repeats the messages, never the entry.
 *
 * @param write the messages, from the review as it is recorded: after a crash that is not the one of now
 * @returns what was told; undefined when it was told before
 * @throws {BusyError} while another invocation does it
 * @throws what SNS or DynamoDB throws; the next attempt goes on
 */
export async function tellOnce(
  pipeline: Pipeline,
  delivery: Delivery,
  action: KeyAction,
  write: (recorded: KeyAction) => readonly Telling[] | Promise<readonly Telling[]>,
): Promise<readonly Told[] | undefined> {
  const { ledger } = pipeline;
  const { eventId, subject } = action;
  const looked = await ledger.look(eventId, subject, []);
  if (looked.work?.stage === 'done') return undefined;
  const entry =
    looked.work === undefined
      ? await record(pipeline, action, delivery)
      : ((await ledger.resume(looked.work, delivery.writer)) as ActionEntry);
  return tellAndClose(pipeline, delivery, entry, await write(entry.action));
}

async function tellAndClose(
  { ledger, tell }: Pipeline,
  { writer }: Delivery,
  { seq, action: { eventId, subject } }: ActionEntry,
  tellings: readonly Telling[],
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const { message, note } of tellings) told.push(...note(await tell(message)));
  const draft = { type: 'outcome', of: seq, remediations: [], told } as const;
  await ledger.close({ subject, eventId, controls: [], findings: () => [], draft, stage: () => 'done' }, writer);
  return told;
}

async function record(
  { ledger, policyDigest }: Pipeline,
  action: KeyAction,
  { writer }: Delivery,
): Promise<ActionEntry> {
  const { eventId, subject } = action;
  const draft = fitAction({ type: 'action', action, policy: policyDigest, verdicts: [], decisions: [] });
  const recorded = await ledger.record(
    { subject, eventId, draft, controls: [], findings: () => [], stage: () => 'recorded' },
    writer,
  );
  if (recorded.result === 'written') return recorded.sealed.entry as ActionEntry;
  throw new BusyError(`Event ${eventId} was recorded by another delivery at the same time; the message returns.`);
}

/**
 * A review is an action too: its entry says what was found, by the policy of that moment.
 *
 * @param person for people: which part of Keywarden did it, e.g. `keywarden (once a day)`
 */
export const describeReview = (
  { account, region, clock }: Pick<Pipeline, 'account' | 'region' | 'clock'>,
  person: string,
  review: Review,
): KeyAction => ({
  ...review,
  time: clock().toISOString(),
  eventSource: 'keywarden',
  kind: 'lifecycle',
  // Section 8 of OP-PROC-001: the security officer oversees the programme.
  step: '8',
  keys: [],
  account,
  region,
  actor: { type: 'Schedule', person, bySelf: false },
  response: {},
  outcome: 'succeeded',
  origin: 'on-demand',
  digest: digestOf(review.request),
});
