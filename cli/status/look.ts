import type { SSMClient } from '@aws-sdk/client-ssm';
import { safeText } from '../../lib/alert/safe-text.ts';
import { createKillSwitch } from '../../lib/aws/kill-switch.ts';
import { readLastCheckpoint, readProgress } from '../../lib/evidence/checkpoint-items.ts';
import type { ActionEntry, SweepEntry } from '../../lib/ledger/entry.ts';
import type { Finding } from '../../lib/ledger/finding.ts';
import { POLICY, SELFTESTS, SWEEPS } from '../../lib/ledger/keys.ts';
import { createLookUp } from '../../lib/ledger/look-up.ts';
import { type LedgerTable, readOpenFindings } from '../../lib/ledger/read.ts';
import { readStatements } from '../../lib/ledger/statements.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { listUnarmed, type Unarmed } from '../../lib/policy/unarmed.ts';
import { END_API, type Result } from '../../lib/selftest/read-runs.ts';
import { describeAge } from '../age.ts';
import { readGranted } from '../waivers.ts';
import { type StatusCheck, unknown } from './check.ts';
import {
  judgeCheckpoint,
  judgeFindings,
  judgeKillSwitch,
  judgePolicy,
  judgeReconcile,
  judgeSelftest,
  judgeSweep,
  judgeWaivers,
} from './judge.ts';

/** What is looked at. */
export interface StatusPlace {
  readonly table: LedgerTable;
  readonly ssm: SSMClient;
  /** Name of the SSM parameter. */
  readonly killSwitch: string;
  /** The policy file that is in force, where one was named; else the ledger says what it knows of it. */
  readonly policy?: { readonly policy: Policy; readonly name: string };
  readonly now: Date;
}

/** How many days ahead waivers are looked at. */
const AHEAD = 14;

/** Looks at every part. A part that cannot be looked at is `unknown`, with the reason, and keeps nobody from the others. */
export function lookAtStatus(place: StatusPlace): Promise<readonly StatusCheck[]> {
  const { table, ssm, killSwitch, now } = place;
  const stopped = createKillSwitch(ssm, killSwitch, () => now);
  const looks: readonly (readonly [string, () => Promise<StatusCheck>])[] = [
    ['findings', async () => judgeFindings(await readAllOpen(table))],
    ['checkpoint', () => lookAtCheckpoint(place)],
    ['reconcile', () => lookAtReconcile(place)],
    ['sweep', async () => judgeSweep((await findNewest(table, SWEEPS, isSweep))?.sweep, now)],
    ['selftest', () => lookAtSelftest(place)],
    ['kill-switch', async () => judgeKillSwitch(await stopped('unread'))],
    ['policy', () => lookAtPolicy(place)],
    ['waivers', () => lookAtWaivers(place)],
  ];
  return Promise.all(looks.map(([name, look]) => look().catch((error: unknown) => unknown(name, explain(error)))));
}

function explain(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return `It could not be looked at (${safeText(`${name}: ${message}`, 500)}).`;
}

async function readAllOpen(table: LedgerTable): Promise<readonly Finding[]> {
  const open: Finding[] = [];
  for await (const finding of readOpenFindings(table)) open.push(finding);
  return open;
}

async function lookAtCheckpoint({ table, now }: StatusPlace): Promise<StatusCheck> {
  const [last, { looked }] = await Promise.all([readLastCheckpoint(table), readProgress(table)]);
  const at = last === undefined ? undefined : String((JSON.parse(last.text) as { at?: unknown }).at);
  return judgeCheckpoint(last === undefined || at === undefined ? undefined : { number: last.number, at }, looked, now);
}

async function lookAtReconcile({ table, now }: StatusPlace): Promise<StatusCheck> {
  for await (const statement of readStatements(table)) {
    if (statement.occasion === 'schedule') return judgeReconcile(statement, now);
  }
  return judgeReconcile(undefined, now);
}

const isSweep = (entry: { readonly type: string }): entry is SweepEntry => entry.type === 'sweep';
const isAction = (entry: { readonly type: string }): entry is ActionEntry => entry.type === 'action';

type AnyEntry = ActionEntry | { readonly type: string };

async function findNewest<T>(
  table: LedgerTable,
  subject: string,
  isIt: (entry: AnyEntry) => entry is AnyEntry & T,
): Promise<T | undefined> {
  for await (const entry of createLookUp(table).readBack(subject)) if (isIt(entry)) return entry;
  return undefined;
}

async function lookAtSelftest({ table, now }: StatusPlace): Promise<StatusCheck> {
  const isEnd = (entry: AnyEntry): entry is ActionEntry => isAction(entry) && entry.action.api === END_API;
  const end = await findNewest(table, SELFTESTS, isEnd);
  if (end === undefined) return judgeSelftest(undefined, now);
  const { state, reasons } = end.action.request as unknown as Result;
  return judgeSelftest({ state, reasons: Array.isArray(reasons) ? reasons : [], at: end.recordedAt }, now);
}

/** The function records once a day which lists of its policy are empty; a newer policy of which nothing is recorded has none. */
async function lookAtPolicy({ table, policy, now }: StatusPlace): Promise<StatusCheck> {
  if (policy !== undefined) return judgePolicy(listUnarmed(policy.policy), `by ${policy.name}`);
  const [review, tested] = await Promise.all([
    findNewest(table, POLICY, isAction),
    findNewest(table, SELFTESTS, isAction),
  ]);
  if (review === undefined) return judgePolicy([], 'as far as is recorded');
  const isNewer = tested !== undefined && tested.recordedAt > review.recordedAt && tested.policy !== review.policy;
  if (isNewer) return judgePolicy([], 'as far as is recorded of the policy that is in force now');
  const { unarmed } = review.action.request;
  return judgePolicy(
    Array.isArray(unarmed) ? (unarmed as Unarmed[]) : [],
    `by what was recorded ${describeAge(review.recordedAt, now)} ago`,
  );
}

async function lookAtWaivers({ table, now }: StatusPlace): Promise<StatusCheck> {
  const to = new Date(now.getTime() + AHEAD * 86_400_000).toISOString().slice(0, 'yyyy-mm-dd'.length);
  return judgeWaivers(await readGranted(table, { from: '0000-01-01', to }), AHEAD);
}
