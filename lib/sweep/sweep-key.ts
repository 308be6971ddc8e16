import { KEY_READABLE } from '../built-in-controls.ts';
import type { FactReader } from '../facts/fact-reader.ts';
import { type KeyDescription, known, type Unread, unread } from '../facts/key-facts.ts';
import { presetFacts } from '../facts/preset-reader.ts';
import type { Order } from '../judge.ts';
import type { RecordedVerdict } from '../ledger/entry.ts';
import { openEntry, readEntries } from '../ledger/read.ts';
import type { SweepContext } from './context.ts';
import { judgeCreation } from './judge-creation.ts';
import { judgeQuietly } from './judge-quietly.ts';
import { addTallies, type KeyResult, NO_TALLY, type Sweep, type Tally, type Walk } from './store.ts';
import { keyIdOf, sweepEventId, toSweepAction } from './sweep-action.ts';
import { closeGrants, type GrantPage, listGrants, walkGrants } from './walk-grants.ts';

/** The creation of a key stands at the beginning of its chain; what came before it were its tags and grants, told earlier. */
const OLDEST = 200;

/**
 * Looks at one key: judges its state by every control, and each of its grants.
 *
 * @param kind whether KMS listed it
 * @param walk how far an earlier part came with its grants; then the key itself was judged before
 * @returns undefined when the time was too short for all of its grants; how far it is, is on record
 * @throws {BusyError}, {TransientReadError} and what AWS throws, when the next delivery may fare better
 */
export async function sweepKey(
  context: SweepContext,
  sweep: Sweep,
  arn: string,
  kind: 'listed' | 'gone',
  walk: Walk | undefined,
): Promise<KeyResult | undefined> {
  const { pipeline, delivery } = context;
  const base = pipeline.factsOf(arn, delivery.last ? 'unread' : 'throw');
  const { key } = await base.read(['key']);
  if (!key.known) return tellUnread(context, sweep, arn, base, key);
  if (key.value === 'missing') return takeGone(context, sweep, arn, base, kind);
  // Nobody can change them, and AWS makes and ends their grants.
  if (key.value.manager === 'AWS') return { outcome: 'aws', tally: NO_TALLY };
  const page = await listGrants(context.kms, arn, walk?.marker, delivery.last ? 'unread' : 'throw');
  if (!page.known) return tellUnread(context, sweep, arn, base, page);
  const tally = walk?.tally ?? (await judgeKey(context, sweep, key.value, base));
  return finishGrants(context, sweep, key.value, base, page.value, tally);
}

async function finishGrants(
  context: SweepContext,
  sweep: Sweep,
  key: KeyDescription,
  base: FactReader,
  page: GrantPage,
  tally: Tally,
): Promise<KeyResult | undefined> {
  const walked = await walkGrants(context, sweep, { key, page, tally });
  if (walked.kind === 'stopped') return undefined;
  if (walked.kind === 'done') return { outcome: 'judged', tally: walked.tally };
  const result = await tellUnread(context, sweep, key.arn, base, unread(walked.reason));
  return { ...result, tally: addTallies(walked.tally, result.tally) };
}

async function judgeKey(context: SweepContext, sweep: Sweep, key: KeyDescription, base: FactReader): Promise<Tally> {
  const { pipeline, trails } = context;
  const isWaiting = key.state === 'PendingDeletion' || key.state === 'PendingReplicaDeletion';
  const reader = presetFacts(base, {
    key: async () => known(key),
    trails: () => trails(async () => (await base.read(['trails'])).trails),
    // Five calls a second is all that KMS allows, and only the deletion of a key asks for its use.
    ...(isWaiting ? {} : { usage: async () => unread('the key is not pending deletion, so that nobody asked') }),
  });
  const found = [
    toVerdict('compliant', `Key ${key.keyId} and its grants could be read.`),
    ...(await judgeBirth(context, sweep, key, base)),
  ];
  const order: Order = { kind: 'sweep', found, ...(sweep.baseline ? { baseline: sweep.id } : {}) };
  return judgeQuietly(context, toSweepAction(pipeline, sweep, key.arn), reader, order);
}

async function judgeBirth(
  context: SweepContext,
  { firstStartedAt }: Sweep,
  key: KeyDescription,
  base: FactReader,
): Promise<readonly RecordedVerdict[]> {
  const { pipeline } = context;
  const { history } = await base.read(['history']);
  const { settleMinutes } = pipeline.policy.reconcile;
  const verdicts = judgeCreation({ key, history, firstStartedAt, settleMinutes, now: pipeline.clock() });
  const isMissing = verdicts.some(({ verdict }) => verdict === 'violation');
  // The past of a key with a long record is read from its end.
  return isMissing && (await findCreation(context, key.arn)) ? [] : verdicts;
}

async function findCreation({ ledgerTable }: SweepContext, arn: string): Promise<boolean> {
  let count = 0;
  for await (const stored of readEntries(ledgerTable, arn)) {
    const entry = openEntry(stored);
    if (entry?.type === 'action' && entry.action.api === 'CreateKey' && entry.action.outcome === 'succeeded')
      return true;
    count += 1;
    if (count === OLDEST) return false;
  }
  return false;
}

/**
 * A key that KMS does not list and does not know is gone: what was open about it is closed. One that KMS has just listed and does
 * not know may be so new, or so lately gone, that KMS does not agree with itself; the next sweep knows more.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
 */
async function takeGone(
  context: SweepContext,
  sweep: Sweep,
  arn: string,
  base: FactReader,
  kind: 'listed' | 'gone',
): Promise<KeyResult> {
  if (kind === 'listed')
    return { outcome: 'gone', reason: 'KMS listed it and did not know it a moment later.', tally: NO_TALLY };
  const { pipeline, trails } = context;
  const reader = presetFacts(base, { trails: () => trails(async () => (await base.read(['trails'])).trails) });
  const found = [toVerdict('not-applicable', `Key ${keyIdOf(arn)} does not exist any more.`)];
  const action = toSweepAction(pipeline, sweep, arn);
  const tally = await judgeQuietly(context, action, reader, { kind: 'sweep', found });
  return { outcome: 'gone', tally: addTallies(tally, await closeGrants(context, sweep, arn)) };
}

/** One finding instead of one of every control: none of them can say more than that the key could not be read. */
async function tellUnread(
  context: SweepContext,
  sweep: Sweep,
  arn: string,
  base: FactReader,
  { reason }: Unread,
): Promise<KeyResult> {
  const found = [toVerdict('unknown', `Key ${keyIdOf(arn)} cannot be judged because ${reason}.`)];
  const order: Order = { kind: 'none', found, ...(sweep.baseline ? { baseline: sweep.id } : {}) };
  // Its own id: the key itself may have been judged before its grants could not be listed to their end.
  const action = { ...toSweepAction(context.pipeline, sweep, arn), eventId: sweepEventId(sweep, arn, 'unread') };
  return { outcome: 'unread', reason, tally: await judgeQuietly(context, action, base, order) };
}

const toVerdict = (verdict: string, reason: string): RecordedVerdict => ({
  control: KEY_READABLE.id,
  step: KEY_READABLE.step,
  severity: KEY_READABLE.severity,
  verdict,
  reason,
});
