import { writeBaselineMessage, writeIncompleteSweepMessage } from '../alert/sweep-message.ts';
import type { SweepEntry } from '../ledger/entry.ts';
import { SWEEPS } from '../ledger/keys.ts';
import { recordNote } from '../ledger/note.ts';
import { readOpenFindings } from '../ledger/read.ts';
import type { SweepContext } from './context.ts';
import {
  addTallies,
  dropLease,
  isWhole,
  type KeyResult,
  markEnded,
  NO_TALLY,
  readPages,
  readResults,
  readTroubles,
  type Sweep,
  type Tally,
  takeLease,
} from './store.ts';
import { keyIdOf } from './sweep-action.ts';

/** An entry has its limits, and an officer too. */
const MOST_LISTED = 50;

/**
 * Ends a sweep: puts on record what it looked at and what not, tells the officer of what it could not look at, and of what the first
 * one of all found. Done once, by one invocation; when that one dies, another does what it did not come to.
 *
 * @returns the record; undefined when somebody else is at it, or it was over before
 * @throws what AWS throws; the next attempt goes on
 */
export async function endSweep(context: SweepContext, sweep: Sweep): Promise<SweepEntry['sweep'] | undefined> {
  const { pipeline, table, delivery } = context;
  const { owner, leaseUntil } = delivery.writer;
  if (sweep.endedAt !== undefined) return undefined;
  const now = pipeline.clock();
  if (!(await takeLease(table, sweep.id, 'end', owner, leaseUntil, now.getTime()))) return undefined;
  const record = await summarise(context, sweep, now);
  const draft = { type: 'sweep', sweep: record } as const;
  await recordNote(pipeline.ledger, { subject: SWEEPS, eventId: `sweep-${sweep.id}`, draft }, delivery.writer);
  await tell(context, record);
  await markEnded(table, sweep.id, record.endedAt);
  // The alarms of the stack look at these.
  pipeline.count('SweepEnded');
  if (!record.complete) pipeline.count('SweepIncomplete');
  pipeline.log.info('The look at all keys is over.', { sweep: record });
  await dropLease(table, sweep.id, 'end', owner);
  return record;
}

async function summarise(
  { pipeline, table, version }: SweepContext,
  sweep: Sweep,
  now: Date,
): Promise<SweepEntry['sweep']> {
  const seen = await countResults(table, sweep);
  const { listed, vanished, arns } = await readKeysOf(table, sweep);
  const notReached = [...arns.keys()].filter((id) => !seen.ids.has(id));
  const why = await readWhy(table, sweep, new Set(notReached));
  const { tally, outcomes, notJudged } = seen;
  const { calls, ...counts } = tally;
  const missed = notReached.map((id) => ({ key: arns.get(id) ?? id, reason: why.get(id) ?? NOBODY_CAME }));
  const failed = notReached.length + outcomes['not-reached'];
  return {
    id: sweep.id,
    startedAt: sweep.startedAt,
    endedAt: now.toISOString(),
    account: pipeline.account,
    region: pipeline.region,
    baseline: sweep.baseline,
    counts: {
      listed,
      vanished,
      judged: outcomes.judged,
      managedByAws: outcomes.aws,
      unread: outcomes.unread,
      notReached: failed,
      ...counts,
      calls: Object.values(calls).reduce((sum, count) => sum + count, 0),
    },
    notJudged: [...notJudged.map(({ id, reason }) => ({ key: arns.get(id) ?? id, reason })), ...missed].slice(
      0,
      MOST_LISTED,
    ),
    complete: sweep.pages !== undefined && failed === 0 && outcomes.unread === 0,
    version,
  };
}

const NOBODY_CAME = 'Its turn did not come before the sweep had to end.';

interface Results {
  readonly tally: Tally;
  readonly outcomes: Readonly<Record<KeyResult['outcome'], number>>;
  /** Some of them. */
  readonly notJudged: readonly { readonly id: string; readonly reason: string }[];
  readonly ids: ReadonlySet<string>;
}

async function countResults(table: SweepContext['table'], { id }: Sweep): Promise<Results> {
  let tally = NO_TALLY;
  const outcomes = { judged: 0, aws: 0, gone: 0, unread: 0, 'not-reached': 0 };
  const notJudged: { readonly id: string; readonly reason: string }[] = [];
  const ids = new Set<string>();
  for await (const result of readResults(table, id)) {
    ids.add(result.keyId);
    outcomes[result.outcome] += 1;
    tally = addTallies(tally, result.tally);
    if (result.reason !== undefined && notJudged.length < MOST_LISTED)
      notJudged.push({ id: result.keyId, reason: result.reason });
  }
  return { tally, outcomes, notJudged, ids };
}

/** What was listed, by the last part of the ARN. */
async function readKeysOf(table: SweepContext['table'], { id }: Sweep) {
  const arns = new Map<string, string>();
  const count = { listed: 0, gone: 0 };
  for await (const { kind, keys } of readPages(table, id)) {
    count[kind] += keys.length;
    for (const arn of keys) arns.set(keyIdOf(arn), arn);
  }
  return { listed: count.listed, vanished: count.gone, arns };
}

async function readWhy(
  table: SweepContext['table'],
  { id }: Sweep,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const why = new Map<string, string>();
  if (wanted.size === 0) return why;
  for await (const { keyId, reason } of readTroubles(table, id)) if (wanted.has(keyId)) why.set(keyId, reason);
  return why;
}

/** A crash before the end repeats a message; it never loses one. */
async function tell({ pipeline, ledgerTable }: SweepContext, record: SweepEntry['sweep']): Promise<void> {
  if (!record.complete) await pipeline.tell(writeIncompleteSweepMessage(record));
  if (!record.baseline) return;
  const found = await countBaseline(ledgerTable, record.id);
  if (found.length > 0) await pipeline.tell(writeBaselineMessage(record, found));
}

/** What the first look at all keys found, by control. */
export interface BaselineCount {
  readonly control: string;
  readonly findings: number;
  /** How many of them Keywarden could put right once a person approves. */
  readonly askable: number;
  /** Some of the keys. */
  readonly examples: readonly string[];
}

const MOST_EXAMPLES = 3;
const NONE: readonly string[] = [];

async function countBaseline(ledgerTable: SweepContext['ledgerTable'], id: string): Promise<readonly BaselineCount[]> {
  const counts = new Map<string, BaselineCount>();
  for await (const { baseline, control, decision, subject } of readOpenFindings(ledgerTable)) {
    if (baseline !== id) continue;
    const { findings, askable, examples } = counts.get(control) ?? { control, findings: 0, askable: 0, examples: NONE };
    counts.set(control, {
      control,
      findings: findings + 1,
      askable: askable + (decision === 'ask' ? 1 : 0),
      examples: examples.length < MOST_EXAMPLES && !examples.includes(subject) ? [...examples, subject] : examples,
    });
  }
  return [...counts.values()].sort(
    (one, other) => other.findings - one.findings || (one.control < other.control ? -1 : 1),
  );
}

/** Whether a sweep has to end now. */
export const mustEnd = (sweep: Sweep, now: Date, longest: number): boolean =>
  isWhole(sweep) || now.getTime() - Date.parse(sweep.startedAt) > longest;
