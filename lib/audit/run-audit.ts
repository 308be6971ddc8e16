import { createRecordedState, type RecordedState } from './facts/recorded-state.ts';
import { type AuditCourt, type JudgedAction, judgeEntries } from './judge-entries.ts';
import type { Problem } from './read/file-report.ts';
import { listSources } from './read/list-sources.ts';
import { runInWorkers } from './read/run-in-workers.ts';
import type { Skipped, Source } from './read/source.ts';
import type { SourceResult } from './read-source.ts';
import type { RunStore } from './runs/run-store.ts';
import { addTally, startTally, type Tally } from './tally.ts';
import type { WorkerData } from './worker-data.ts';

/** A file that could not be read, or not to its end. */
export interface UnreadFile extends Problem {
  readonly file: string;
}

/** What was read, all files together. */
export interface Coverage {
  files: number;
  /** Decompressed, and as they are. */
  bytes: number;
  compressedBytes: number;
  records: number;
  /** What was passed over because it holds no records: how many, and the first of them. */
  skippedFiles: number;
  readonly skipped: Skipped[];
  /** What could not be read: how many places, and the first of them by file and byte. */
  unreadPlaces: number;
  unread: UnreadFile[];
  readonly tally: Tally;
}

/** What a reading is done with. */
export interface AuditOptions extends AuditCourt {
  /** The module of the threads. */
  readonly workerUrl: URL;
  readonly threads?: number;
  /** Characters of lines that one thread holds at most. */
  readonly characters: number;
  /** Told after each file. */
  readonly onProgress?: (coverage: Coverage) => void;
}

/**
 * Reads files on all cores, and keeps what is to be judged in the store.
 *
 * @param paths files, folders, or `-` for the standard input
 * @returns how much was read, and what could not be
 */
export async function readArchive(paths: Iterable<string>, store: RunStore, options: AuditOptions): Promise<Coverage> {
  const coverage = startCoverage();
  const data: WorkerData = {
    selfRoleArns: options.ownRoles,
    ownResources: options.ownResources,
    folder: store.folder,
    characters: options.characters,
  };
  const pool = { data, ...(options.threads === undefined ? {} : { threads: options.threads }) };
  await runInWorkers<SourceResult>(findSources(paths, coverage), options.workerUrl, pool, (outcome) => {
    if ('lost' in outcome) {
      coverage.files += 1;
      noteUnread(coverage, { file: outcome.source.file, byte: 0, message: outcome.lost });
    } else for (const result of outcome.messages) addResult(coverage, store, result);
    options.onProgress?.(coverage);
  });
  return coverage;
}

/** More would fill the memory, and nobody would read them. */
const MOST_EXAMPLES = 100;

function noteUnread(coverage: Coverage, unread: UnreadFile): void {
  coverage.unreadPlaces += 1;
  coverage.unread.push(unread);
  if (coverage.unread.length > 2 * MOST_EXAMPLES) coverage.unread = pickFirst(coverage.unread);
}

const pickFirst = (unread: readonly UnreadFile[]): UnreadFile[] =>
  unread
    .toSorted((one, other) => (one.file === other.file ? one.byte - other.byte : one.file < other.file ? -1 : 1))
    .slice(0, MOST_EXAMPLES);

/** Of nothing read yet. */
export const startCoverage = (): Coverage => ({
  files: 0,
  bytes: 0,
  compressedBytes: 0,
  records: 0,
  skippedFiles: 0,
  skipped: [],
  unreadPlaces: 0,
  unread: [],
  tally: startTally(),
});

async function* findSources(paths: Iterable<string>, coverage: Coverage): AsyncGenerator<Source> {
  for await (const found of listSources(paths)) {
    if (found.kind === 'source') yield found;
    else if (found.unreadable) noteUnread(coverage, { file: found.file, byte: 0, message: found.reason });
    else {
      coverage.skippedFiles += 1;
      if (coverage.skipped.length < MOST_EXAMPLES) coverage.skipped.push(found);
    }
  }
}

function addResult(coverage: Coverage, store: RunStore, { report, tally, lines, runs }: SourceResult): void {
  coverage.files += 1;
  coverage.bytes += report.bytes;
  coverage.compressedBytes += report.compressedBytes;
  coverage.records += report.records;
  for (const problem of report.problems) noteUnread(coverage, { file: report.file, ...problem });
  addTally(coverage.tally, tally);
  store.add(lines);
  for (const run of runs) store.addFile(run);
}

/**
 * Judges what the store holds, in the order of time.
 *
 * @returns each action once, with the state after it
 */
export async function* judgeArchive(
  store: RunStore,
  { tally }: Coverage,
  court: AuditCourt,
): AsyncGenerator<JudgedAction, RecordedState> {
  const state = createRecordedState(tally.places, court.policy.deletion.quietDays);
  yield* judgeEntries(store.merge(), state, court);
  return state;
}
