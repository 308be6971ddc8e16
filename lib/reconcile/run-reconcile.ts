import { z } from 'zod';
import type { CompletenessStatement } from '../ledger/entry.ts';
import { findFirstTime } from '../ledger/recorded.ts';
import { readStatements } from '../ledger/statements.ts';
import type { ReconcileContext } from './context.ts';
import { planWindows, reachOf } from './plan-windows.ts';
import { reconcileWindow } from './reconcile-window.ts';
import type { RecordSource, Window } from './record-source.ts';

/** What a run of comparisons came to. */
export type ReconcileResult = ReconcileRefused | ReconcileDone;

/** Nothing was compared. */
export interface ReconcileRefused {
  readonly status: 'refused';
  /** What is wrong, and what to send instead. */
  readonly message: string;
}

export interface ReconcileDone {
  /** `complete`: every window was compared without a gap, and nothing failed. */
  readonly status: 'complete' | 'incomplete';
  readonly message: string;
  readonly statements: readonly CompletenessStatement[];
  /** Of all the statements, what the ledger lacked; a statement lists 200 at most. */
  readonly missing: CompletenessStatement['missing'];
  readonly extra: CompletenessStatement['extra'];
  /** Windows for which the time was too short; the next run of the schedule goes on, or ask for them again. */
  readonly notDone: readonly Window[];
}

/** The comparison of the schedule came to an end, and not all of it could be looked at or put into the ledger. */
export class ReconcileIncompleteError extends Error {
  override name = 'ReconcileIncompleteError';
}

const time = z.iso.datetime('a time in UTC, such as 2026-08-03T09:00:00Z');
const archiveSchema = z.strictObject({
  place: z.string().min(1),
  organization: z
    .string()
    .regex(/^o-[a-z0-9]{10,32}$/)
    .optional(),
  // CloudTrail tries for 30 days to deliver a file.
  lookAheadHours: z.int().min(0).max(720).default(24),
  digests: z.boolean().default(true),
});
const inputSchema = z.union([
  z.strictObject({}),
  z.strictObject({ from: time, to: time, archive: archiveSchema.optional() }),
]);

/** Log files that are to be read instead of Event history. */
export type AskedArchive = z.infer<typeof archiveSchema>;

/** A time that somebody wants compared. */
export interface Asked extends Window {
  readonly archive?: AskedArchive;
}

/**
 * Reads what a run is to do.
 *
 * @param settleMinutes how long CloudTrail may take to deliver: what is younger cannot be compared yet
 * @returns the schedule's windows, one window, or a sentence that says what to send instead
 */
export function readReconcileInput(
  input: unknown,
  now: Date,
  settleMinutes: number,
): 'schedule' | Asked | ReconcileRefused {
  const result = inputSchema.safeParse(input);
  if (!result.success) return refuse(`The input is ${show(input)}.`);
  if (!('from' in result.data)) return 'schedule';
  const { from, to, archive } = result.data;
  const [start, end] = [toSecond(from), toSecond(to)];
  if (Date.parse(start) >= Date.parse(end))
    return refuse(`from is ${show(from)}, which is not before to (${show(to)}).`);
  const settled = new Date(now.getTime() - settleMinutes * MINUTE);
  if (Date.parse(end) > settled.getTime())
    return refuse(
      `to is ${show(to)}; CloudTrail may take ${settleMinutes} minutes to deliver, so that only what was before ${settled.toISOString()} can be compared now.`,
    );
  return { from: start, to: end, ...(archive === undefined ? {} : { archive }) };
}

/** @param what is wrong, as a sentence */
export const refuse = (what: string): ReconcileRefused => ({
  status: 'refused',
  message: `${what} Send { "from": "2026-08-03T09:00:00Z", "to": "2026-08-03T10:00:00Z" } to have that time compared, with "archive": { "place": "s3://bucket/prefix" } by the log files of a trail, or {} to go on where the schedule is.`,
});

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const toSecond = (text: string): string =>
  new Date(Math.floor(Date.parse(text) / 1000) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Goes on where the schedule is: compares every window since then, tries again what was not complete, and reads old windows once
 * more for late records; as far as the time allows.
 *
 * @throws {ReconcileIncompleteError} when everything is recorded and something is not complete, or was not come to: an alarm must tell somebody
 * @throws what DynamoDB throws
 */
export async function runSchedule(context: ReconcileContext, source: RecordSource): Promise<ReconcileDone> {
  const { pipeline, table } = context;
  const now = pipeline.clock();
  const settings = pipeline.policy.reconcile;
  const statements = await readRecent(context, source, reachOf(settings, now));
  const isFirst = !statements.some(({ occasion }) => occasion === 'schedule');
  const first = isFirst ? findFirst(await findFirstTime(table, now), now, settings.settleMinutes) : now;
  const planned = planWindows({ statements, first, now, settings });
  const result = await compareAll(context, source, planned);
  // Also when the time was too short: a comparison that never catches up must not look like one that does.
  if (result.status === 'incomplete') throw new ReconcileIncompleteError(result.message);
  return result;
}

/**
 * Compares a time that somebody asked for, in windows of an hour each; in windows of a day by log files, because each window reads
 * the files that were delivered after it too.
 *
 * @throws what DynamoDB throws
 */
export function runAsked(context: ReconcileContext, source: RecordSource, window: Window): Promise<ReconcileDone> {
  return compareAll(
    context,
    source,
    slice(window, source.source === 'archive' ? DAY : HOUR).map((one) => ({ window: one, occasion: 'asked' as const })),
  );
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;

function slice({ from, to }: Window, length: number): readonly Window[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const count = Math.ceil((end - start) / length);
  return Array.from({ length: count }, (_, place) => ({
    from: toSecond(new Date(start + place * length).toISOString()),
    to: toSecond(new Date(Math.min(start + (place + 1) * length, end)).toISOString()),
  }));
}

async function readRecent(
  { table, pipeline }: ReconcileContext,
  source: RecordSource,
  reach: Date,
): Promise<readonly CompletenessStatement[]> {
  const recent: CompletenessStatement[] = [];
  for await (const statement of readStatements(table)) {
    const isOurs = statement.source === source.source && statement.region === source.region;
    if (!isOurs || statement.account !== pipeline.account) continue;
    recent.push(statement);
    const isOld = Date.parse(statement.endedAt) < reach.getTime();
    if (isOld && recent.some(({ occasion }) => occasion === 'schedule')) break;
  }
  return recent;
}

/**
 * Where the first run of all begins: with the first entry of the ledger, because what was before Keywarden is not its business;
 * at most a day back, because an update must not act on what is long over; and an hour back when there is no entry at all, for
 * the first run comes an hour after the schedule was made.
 */
function findFirst(firstTime: Date | 'older' | undefined, now: Date, settleMinutes: number): Date {
  if (firstTime === undefined) return new Date(now.getTime() - settleMinutes * MINUTE - HOUR);
  return firstTime === 'older' ? new Date(now.getTime() - 24 * HOUR) : firstTime;
}

async function compareAll(
  context: ReconcileContext,
  source: RecordSource,
  planned: readonly { readonly window: Window; readonly occasion: CompletenessStatement['occasion'] }[],
): Promise<ReconcileDone> {
  const statements: CompletenessStatement[] = [];
  const notDone: Window[] = [];
  for (const { window, occasion } of planned) {
    if (context.outOfTime()) {
      notDone.push(window);
      continue;
    }
    const again = occasion === 'retry' ? { ...context, delivery: { ...context.delivery, last: true } } : context;
    statements.push(await reconcileWindow(again, source, window, occasion));
  }
  return summarise(statements, notDone);
}

function summarise(statements: readonly CompletenessStatement[], notDone: readonly Window[]): ReconcileDone {
  const sum = (name: keyof CompletenessStatement['counts']) =>
    statements.reduce((total, { counts }) => total + counts[name], 0);
  const bad = statements.filter(({ complete }) => !complete);
  const isComplete = bad.length === 0 && notDone.length === 0;
  const gaps = bad.flatMap(({ gaps: list }) => list);
  const sentences = [
    `${statements.length} windows compared: CloudTrail has ${sum('expected')} events that the ledger must have; the ledger had ${sum('recorded')}, ${sum('backfilled')} were back-filled, ${sum('failed')} failed; ${sum('extra')} entries are unknown to CloudTrail.`,
    ...(gaps.length === 0 ? [] : [`${gaps.length} gaps, the first one: ${gaps[0]?.what}: ${gaps[0]?.reason}.`]),
    ...(notDone.length === 0
      ? []
      : [`The time was too short for ${notDone.length} windows, from ${notDone[0]?.from} on.`]),
  ];
  return {
    status: isComplete ? 'complete' : 'incomplete',
    message: sentences.join(' '),
    statements,
    missing: statements.flatMap(({ missing }) => missing),
    extra: statements.flatMap(({ extra }) => extra),
    notDone,
  };
}
