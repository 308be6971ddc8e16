import type { Entry } from '../ledger/entry.ts';
import { SELFTESTS } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Check } from './check.ts';

/** That a run began, as it is recorded. */
export interface Start {
  readonly run: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly requestedBy: string;
  readonly checks: readonly Check[];
  /** Why nothing was changed, and so no message can come; absent when the change was made. */
  readonly notTried?: string;
}

/** How a run ended, as it is recorded. */
export interface Result {
  readonly run: string;
  readonly state: 'passed' | 'failed';
  /** Sentences; of a run that passed, none. */
  readonly reasons: readonly string[];
  /** From the change to the message; absent when none came. */
  readonly seconds?: number;
}

/** A run, as far as it came. */
export interface Run {
  readonly start: Start;
  readonly result?: Result;
}

/** Entries that are read back: those of more than fifty runs. An older one is over, whatever became of it. */
const MOST_ENTRIES = 250;

export const START_API = 'StartSelftest';
export const END_API = 'EndSelftest';

/** The newest runs by id, the newest first. */
export async function readRuns(ledger: Pick<Ledger, 'readNewest'>): Promise<ReadonlyMap<string, Run>> {
  const runs = new Map<string, Run>();
  const results = new Map<string, Result>();
  for await (const entry of ledger.readNewest(SELFTESTS, MOST_ENTRIES)) {
    const result = readRequest<Result>(entry, END_API);
    if (result !== undefined) results.set(result.run, result);
    const start = readRequest<Start>(entry, START_API);
    if (start === undefined) continue;
    const ended = results.get(start.run);
    runs.set(start.run, ended === undefined ? { start } : { start, result: ended });
  }
  return runs;
}

const readRequest = <T>(entry: Entry | undefined, api: string): T | undefined =>
  entry?.type === 'action' && entry.action.api === api ? (entry.action.request as unknown as T) : undefined;
