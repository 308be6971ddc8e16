import { EVENT_IN_CLOUDTRAIL } from '../built-in-controls.ts';
import { digestOf } from '../event/digest.ts';
import type { KeyAction } from '../event/key-action.ts';
import { finish } from '../finish.ts';
import type { ActionEntry, RecordedDecision, RecordedVerdict } from '../ledger/entry.ts';
import { findingId } from '../ledger/finding.ts';
import { fitAction } from '../ledger/fit.ts';
import { BusyError, type Looked } from '../ledger/ledger.ts';
import { changeByAction } from '../ledger/projection.ts';
import type { Pipeline } from '../pipeline.ts';
import type { ReconcileContext } from './context.ts';
import type { RecordSource } from './record-source.ts';

/** Id of the entry that says of an event that CloudTrail does not know it. */
export const unknownId = (eventId: string): string => `unknown-to-cloudtrail-${eventId}`;

/**
 * Opens a finding about an entry that CloudTrail does not know of, and tells the officer, once however often it is found.
 *
 * @throws {BusyError} while another invocation does it, and what AWS throws
 */
export async function tellExtra(context: ReconcileContext, extra: ActionEntry, source: RecordSource): Promise<void> {
  const reason = `Entry ${extra.seq} says that ${extra.action.api} happened at ${extra.action.time} (event ${extra.eventId}), and CloudTrail in ${source.region} has no record of it.`;
  await conclude(context, extra.action, { eventId: unknownId(extra.eventId), verdict: 'violation', reason });
}

/** Closes that finding when CloudTrail has delivered the record after all. */
export async function tellKnown(context: ReconcileContext, action: KeyAction, source: RecordSource): Promise<void> {
  const reason = `CloudTrail in ${source.region} has the record of event ${action.eventId} by now.`;
  await conclude(context, action, { eventId: `known-to-cloudtrail-${action.eventId}`, verdict: 'compliant', reason });
}

interface Conclusion {
  readonly eventId: string;
  readonly verdict: 'violation' | 'compliant';
  readonly reason: string;
}

async function conclude(
  { pipeline, delivery }: ReconcileContext,
  about: KeyAction,
  conclusion: Conclusion,
): Promise<void> {
  const { ledger } = pipeline;
  const { eventId } = conclusion;
  const { subject } = about;
  const verdict = toVerdict(about, conclusion);
  const id = findingId(verdict);
  const looked = await ledger.look(eventId, subject, [id]);
  if (looked.work !== undefined && looked.work.stage !== 'recorded') return;
  const entry =
    looked.work === undefined
      ? await record(pipeline, about, conclusion, verdict, looked, delivery)
      : ((await ledger.resume(looked.work, delivery.writer)) as ActionEntry);
  const reader = pipeline.factsOf(subject, 'unread');
  const now = await ledger.look(eventId, subject, [id]);
  await finish(pipeline, entry, reader, now, delivery, looked.work !== undefined);
}

async function record(
  pipeline: Pipeline,
  about: KeyAction,
  conclusion: Conclusion,
  verdict: RecordedVerdict,
  looked: Looked,
  { writer }: ReconcileContext['delivery'],
): Promise<ActionEntry> {
  const action = describeComparison(pipeline, about, conclusion);
  const { control, item } = verdict;
  const decision: RecordedDecision = {
    control,
    ...(item === undefined ? {} : { item }),
    decision: conclusion.verdict === 'violation' ? 'tell' : 'none',
    reason: 'Nobody can put right what did not happen; find out who sent it.',
  };
  const judged = { verdicts: [verdict], decisions: conclusion.verdict === 'violation' ? [decision] : [] };
  const recorded = await pipeline.ledger.record(
    {
      subject: about.subject,
      eventId: conclusion.eventId,
      draft: fitAction({ type: 'action', action, policy: pipeline.policyDigest, ...judged }),
      controls: [findingId(verdict)],
      findings: (previous, source) => changeByAction({ action, ...judged }, previous, source),
      stage: (changes) => (changes.length > 0 ? 'recorded' : 'done'),
    },
    writer,
    looked,
  );
  if (recorded.result === 'written') return recorded.sealed.entry as ActionEntry;
  throw new BusyError(`${conclusion.eventId} was recorded by another run at the same time; the next run goes on.`);
}

const toVerdict = ({ eventId }: KeyAction, { verdict, reason }: Conclusion): RecordedVerdict => ({
  control: EVENT_IN_CLOUDTRAIL.id,
  item: eventId,
  step: EVENT_IN_CLOUDTRAIL.step,
  severity: EVENT_IN_CLOUDTRAIL.severity,
  verdict,
  reason,
});

/** The comparison is an action too, of Keywarden: its entry says what was found. */
const describeComparison = (
  { account, region, clock }: Pipeline,
  about: KeyAction,
  { eventId, reason }: Conclusion,
): KeyAction => ({
  eventId,
  time: clock().toISOString(),
  api: 'CompareWithCloudTrail',
  eventSource: 'keywarden',
  kind: 'lifecycle',
  step: EVENT_IN_CLOUDTRAIL.step,
  subject: about.subject,
  keys: about.keys,
  account,
  region,
  actor: { type: 'Schedule', person: 'keywarden (comparison with CloudTrail)', bySelf: false },
  request: { eventId: about.eventId, api: about.api, time: about.time },
  response: {},
  outcome: 'succeeded',
  origin: 'on-demand',
  digest: digestOf({ eventId, reason }),
});
