import { sortFailure } from '../aws/failure.ts';
import type { Delivery, Pipeline } from '../context.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry, RecordedDecision, RecordedRemediation } from '../ledger/entry.ts';
import { fitAction } from '../ledger/fit.ts';
import { SELFTESTS } from '../ledger/keys.ts';
import { BusyError } from '../ledger/ledger.ts';
import { rememberChanges } from '../own-changes/remember.ts';
import type { AwsRequest } from '../remediations/remedy.ts';
import { describeReview, tellOnce } from '../tell-once.ts';
import type { Check } from './check.ts';
import { endNotTried } from './end-run.ts';
import { type Run, readRuns, START_API, type Start } from './read-runs.ts';
import { SELFTEST_REMEDY, SELFTEST_TAG, startId } from './run-ids.ts';

/** What a run needs. */
export interface Starting {
  readonly pipeline: Pipeline;
  /** Looks at every part; never throws. */
  readonly look: () => Promise<readonly Check[]>;
  /** Of the officer's topic: the run tags it. */
  readonly topicKeyArn: string;
}

/**
 * Begins a run: looks at every part, records that, and makes one harmless change in KMS, whose record in CloudTrail must come
 * the whole way. The intent of the change is recorded as that of every change is, so that it is accounted for.
 *
 * @param run its id; the same id goes on with the same run
 * @param requestedBy for people
 * @throws what DynamoDB throws, and KMS when waiting may help; the next attempt goes on
 */
export async function startRun(starting: Starting, run: string, requestedBy: string, delivery: Delivery): Promise<Run> {
  const { pipeline, topicKeyArn } = starting;
  const start = await recordStart(starting, run, requestedBy, delivery);
  const refused = await tagKey(starting, run, requestedBy, delivery);
  if (refused === undefined) return { start };
  const failed: Run = { start: { ...start, notTried: `The key ${topicKeyArn} was not tagged: ${refused}` } };
  pipeline.log.warn('selftest not tried', { run, reason: refused });
  return { ...failed, result: await endNotTried(pipeline, failed, delivery) };
}

/** What an earlier attempt recorded counts: its checks may be those of another moment. */
async function recordStart(
  { pipeline, look }: Starting,
  run: string,
  requestedBy: string,
  delivery: Delivery,
): Promise<Start> {
  const before = (await readRuns(pipeline.ledger)).get(run)?.start;
  const start = before ?? { run, startedAt: pipeline.clock().toISOString(), requestedBy, checks: await look() };
  const review = describeReview(pipeline, requestedBy, {
    eventId: startId(run),
    api: START_API,
    subject: SELFTESTS,
    request: { ...start },
  });
  await tellOnce(pipeline, delivery, review, () => []);
  return start;
}

/** @returns why it was not done; undefined when it was */
async function tagKey(
  starting: Starting,
  run: string,
  requestedBy: string,
  delivery: Delivery,
): Promise<string | undefined> {
  const { pipeline, topicKeyArn } = starting;
  const looked = await pipeline.ledger.look(run, topicKeyArn, []);
  if (looked.work?.stage === 'done') return undefined;
  const stopped = await pipeline.stopped('unread');
  if (!stopped.known) return `the kill switch could not be read (${stopped.reason}).`;
  if (stopped.value) return 'the kill switch is on, so that Keywarden changes nothing.';
  const entry =
    looked.work === undefined
      ? await recordIntent(starting, run, requestedBy, delivery)
      : ((await pipeline.ledger.resume(looked.work, delivery.writer)) as ActionEntry);
  const done = await carryOut(starting, run);
  await pipeline.ledger.close(
    {
      subject: topicKeyArn,
      eventId: run,
      draft: { type: 'outcome', of: entry.seq, remediations: [done], told: [] },
      controls: [],
      findings: () => [],
      ...rememberChanges(entry, [done], pipeline.region),
      stage: () => 'done',
    },
    delivery.writer,
  );
  return done.reason;
}

async function recordIntent(
  { pipeline, topicKeyArn }: Starting,
  run: string,
  requestedBy: string,
  { writer }: Delivery,
): Promise<ActionEntry> {
  const { ledger, policyDigest: policy, region } = pipeline;
  const action: KeyAction = {
    ...describeReview(pipeline, requestedBy, { eventId: run, api: 'Selftest', subject: topicKeyArn, request: { run } }),
    keys: [topicKeyArn],
  };
  const decisions = [decideToTag(topicKeyArn, run, region)];
  const draft = fitAction({ type: 'action', action, policy, verdicts: [], decisions });
  const append = { subject: topicKeyArn, eventId: run, draft, controls: [], findings: () => [] };
  const recorded = await ledger.record({ ...append, stage: () => 'recorded' as const }, writer);
  if (recorded.result === 'written') return recorded.sealed.entry as ActionEntry;
  throw new BusyError(`Selftest ${run} was recorded by another invocation at the same time; the next attempt goes on.`);
}

const decideToTag = (key: string, run: string, region: string): RecordedDecision => ({
  control: SELFTEST_REMEDY,
  decision: 'act',
  reason: 'A selftest makes one harmless change, whose record must come the whole way.',
  remedy: SELFTEST_REMEDY,
  plan: {
    summary: `Sets the tag ${SELFTEST_TAG} on the key of the officer's topic; it says nothing, and nothing obeys it.`,
    requests: [requestTag(key, run, region)],
    undo: [{ service: 'kms', operation: 'UntagResource', region, parameters: { KeyId: key, TagKeys: [SELFTEST_TAG] } }],
    before: {},
  },
});

const requestTag = (key: string, run: string, region: string): AwsRequest => ({
  service: 'kms',
  operation: 'TagResource',
  region,
  parameters: { KeyId: key, Tags: [{ TagKey: SELFTEST_TAG, TagValue: run }] },
});

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html: a tag that is there gets the new value. */
async function carryOut({ pipeline, topicKeyArn }: Starting, run: string): Promise<RecordedRemediation> {
  const { region, call } = pipeline;
  const { decision: _act, ...decided } = decideToTag(topicKeyArn, run, region);
  const base = { remedy: SELFTEST_REMEDY, controls: [], before: {}, undo: decided.plan?.undo ?? [] };
  try {
    const { operation, requestId } = await call(requestTag(topicKeyArn, run, region));
    const after = { tag: { [SELFTEST_TAG]: run } };
    return { ...base, status: 'confirmed', requestIds: [requestId], calls: [{ operation, region, requestId }], after };
  } catch (error) {
    const failure = sortFailure(error);
    if (failure.kind === 'transient') throw error;
    return { ...base, status: 'failed', requestIds: [], reason: `AWS refused it (${failure.reason}).` };
  }
}
