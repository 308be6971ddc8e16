import { sortFailure } from '../aws/failure.ts';
import type { Entry } from '../ledger/entry.ts';
import { SWEEPS } from '../ledger/keys.ts';
import { openEntry, readEntries } from '../ledger/read.ts';
import { CHECK_SECONDS, KEYS_AT_ONCE, LONGEST_SWEEP, type SweepContext } from './context.ts';
import { endSweep, mustEnd } from './end-sweep.ts';
import { listKeys } from './list-keys.ts';
import type { KeysMessage, SweepMessage } from './message.ts';
import {
  addTallies,
  beginSweep,
  crossOff,
  dropLease,
  isWhole,
  type KeyResult,
  NO_TALLY,
  putResult,
  putTrouble,
  readCurrent,
  readDone,
  readSweep,
  type Sweep,
  takeLease,
  type Walk,
} from './store.ts';
import { sweepKey } from './sweep-key.ts';

/** What became of the order to look at all keys. */
export interface SweepStarted {
  /** `started`: a new one; `running`: one that was begun before is not over, and goes on. */
  readonly status: 'started' | 'running';
  readonly sweep: string;
  readonly message: string;
}

/**
 * Begins a look at all keys, unless one is under way; then that one goes on. A sweep that has taken too long is ended first, with
 * what it has.
 *
 * @throws what AWS throws; a repeated invocation goes on
 */
export async function startSweep(context: SweepContext): Promise<SweepStarted> {
  const { pipeline, table } = context;
  const now = pipeline.clock();
  const before = await readCurrent(table);
  if (before !== undefined && before.endedAt === undefined) {
    if (!mustEnd(before, now, LONGEST_SWEEP)) return goOn(context, before, 'running');
    await endSweep(context, before);
  }
  const sweep = await describeSweep(context, now, before);
  if (!(await beginSweep(table, sweep, before?.id))) {
    const other = await readCurrent(table);
    if (other === undefined)
      throw new Error('Another invocation begins a sweep at the same time; this one is repeated.');
    return goOn(context, other, 'running');
  }
  return goOn(context, sweep, 'started');
}

/** The check is sent before anything is listed: it takes up a list whose maker died. */
async function goOn(context: SweepContext, sweep: Sweep, status: SweepStarted['status']): Promise<SweepStarted> {
  await context.send([{ check: { sweep: sweep.id } }], CHECK_SECONDS);
  await takeUpList(context, sweep);
  const which = status === 'started' ? 'was begun' : 'is under way since';
  return {
    status,
    sweep: sweep.id,
    message: `A look at all keys ${which} ${sweep.startedAt}. Its result will be in the ledger: keywarden ledger show sweeps`,
  };
}

async function describeSweep(context: SweepContext, now: Date, before: Sweep | undefined): Promise<Sweep> {
  const startedAt = now.toISOString();
  const past = await readPast(context);
  const previous = before?.pages === undefined ? before?.previous : before.id;
  return {
    id: startedAt.replace(/[-:]|\.\d+/g, ''),
    startedAt,
    baseline: !past.hasWhole,
    firstStartedAt: past.firstStartedAt ?? startedAt,
    ...(previous === undefined ? {} : { previous }),
  };
}

/**
 * What the ledger says of earlier sweeps. As long as none of them came to every key, what is found may have been so before
 * Keywarden was there.
 */
async function readPast({
  ledgerTable,
}: SweepContext): Promise<{ readonly firstStartedAt?: string; readonly hasWhole: boolean }> {
  let firstStartedAt: string | undefined;
  for await (const stored of readEntries(ledgerTable, SWEEPS)) {
    const entry: Entry | undefined = openEntry(stored);
    if (entry?.type !== 'sweep') continue;
    firstStartedAt ??= entry.sweep.startedAt;
    if (entry.sweep.complete || entry.sweep.counts.notReached === 0) return { firstStartedAt, hasWhole: true };
  }
  return { ...(firstStartedAt === undefined ? {} : { firstStartedAt }), hasWhole: false };
}

/** Lists, unless somebody else does; what is left when the time is used up is done by a check that comes at once. */
async function takeUpList(context: SweepContext, sweep: Sweep): Promise<void> {
  const { table, pipeline, delivery, send } = context;
  if (sweep.pages !== undefined) return;
  const { owner, leaseUntil } = delivery.writer;
  if (!(await takeLease(table, sweep.id, 'lister', owner, leaseUntil, pipeline.clock().getTime()))) return;
  const whole = await listKeys(context, sweep);
  await dropLease(table, sweep.id, 'lister', owner);
  if (whole === undefined) await send([{ check: { sweep: sweep.id } }]);
  else if (isWhole(whole)) await endSweep(context, whole);
}

/**
 * Does what a message of the sweep's queue says.
 *
 * @throws what AWS throws, and for keys that failed: the message must return
 */
export async function handleSweepMessage(context: SweepContext, message: SweepMessage): Promise<void> {
  const id = 'keys' in message ? message.keys.sweep : message.check.sweep;
  const sweep = await readSweep(context.table, id);
  // Its time is over: what it had to say is on record.
  if (sweep === undefined || sweep.endedAt !== undefined) return;
  if ('keys' in message) await takeKeys(context, sweep, message.keys);
  else await check(context, sweep);
}

/** Ends the sweep when it is time, goes on with its list when that is not whole, and looks again later while it runs. */
async function check(context: SweepContext, sweep: Sweep): Promise<void> {
  if (mustEnd(sweep, context.pipeline.clock(), LONGEST_SWEEP)) {
    await endSweep(context, sweep);
    const now = await readSweep(context.table, sweep.id);
    if (now?.endedAt !== undefined) return;
  } else {
    await takeUpList(context, sweep);
  }
  await context.send([{ check: { sweep: sweep.id } }], CHECK_SECONDS);
}

/** A key that failed. The message returns, and only what is not done is done again. */
export class SweepKeysError extends Error {
  override name = 'SweepKeysError';
}

async function takeKeys(context: SweepContext, sweep: Sweep, message: KeysMessage): Promise<void> {
  const { table, pipeline, send } = context;
  const { arns, kind } = message;
  const done = await readDone(table, sweep.id, arns, pipeline.pause);
  const wanted = arns.filter((arn) => !done.results.has(arn));
  const ends = await takeEach(context, sweep, wanted.values(), kind, done.walks);
  const failed = ends.filter((end) => end.kind === 'failed');
  if (failed.length > 0) {
    throw new SweepKeysError(`${failed.length} of ${arns.length} keys failed, the first one: ${failed[0]?.reason}.`);
  }
  // A new message: what takes long has not failed, and must not count as an attempt.
  if (ends.some((end) => end.kind === 'unfinished')) return send([{ keys: message }]);
  const after = await crossOff(table, sweep, message);
  if (after !== undefined && isWhole(after)) await endSweep(context, after);
}

type End = { readonly kind: 'done' | 'unfinished' } | { readonly kind: 'failed'; readonly reason: string };

async function takeEach(
  context: SweepContext,
  sweep: Sweep,
  arns: Iterator<string> & Iterable<string>,
  kind: KeysMessage['kind'],
  walks: ReadonlyMap<string, Walk>,
): Promise<readonly End[]> {
  const ends: End[] = [];
  const takeFrom = async () => {
    for (const arn of arns) ends.push(await takeKey(context, sweep, arn, kind, walks.get(arn)));
  };
  await Promise.all(Array.from({ length: KEYS_AT_ONCE }, takeFrom));
  return ends;
}

/** One key that fails never stops the others. After the last attempt it is on record as not reached, with the reason. */
async function takeKey(
  context: SweepContext,
  sweep: Sweep,
  arn: string,
  kind: KeysMessage['kind'],
  walk: Walk | undefined,
): Promise<End> {
  if (context.outOfTime()) return { kind: 'unfinished' };
  const { counter, table, delivery, pipeline } = context;
  try {
    const { result, calls } = await counter.count(() => sweepKey(context, sweep, arn, kind, walk));
    if (result === undefined) return { kind: 'unfinished' };
    await putResult(table, sweep, arn, { ...result, tally: addTallies(result.tally, { ...NO_TALLY, calls }) });
    return { kind: 'done' };
  } catch (error) {
    const { reason } = sortFailure(error);
    pipeline.log.warn('a key was not looked at', { sweep: sweep.id, key: arn, reason });
    if (!delivery.last) {
      await putTrouble(table, sweep, arn, reason);
      return { kind: 'failed', reason };
    }
    const result: KeyResult = { outcome: 'not-reached', reason, tally: NO_TALLY };
    await putResult(table, sweep, arn, result);
    return { kind: 'done' };
  }
}
