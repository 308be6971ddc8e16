import { join } from 'node:path';
import { type Collector, createCollector } from './collect.ts';
import type { FileReport } from './read/file-report.ts';
import { scanFile } from './read/scan-file.ts';
import type { Source } from './read/source.ts';
import { AUDITED_SOURCES } from './read/wanted.ts';
import { writeRun } from './runs/run-file.ts';
import { makeRunFolder } from './runs/run-store.ts';
import { createShortCut } from './take-alike.ts';
import type { Tally } from './tally.ts';
import type { WorkerData } from './worker-data.ts';

/** What one file gave. Plain data, so that it can be sent between threads. */
export interface SourceResult {
  readonly report: FileReport;
  readonly tally: Tally;
  /** Sorted. */
  readonly lines: readonly string[];
  /** Files of further sorted lines. */
  readonly runs: readonly string[];
}

/**
 * Makes the function that reads one file after the other.
 *
 * @param name tells the files of this thread from those of others
 */
export function createSourceReader(data: WorkerData, name: string): (source: Source) => Promise<SourceResult> {
  let written = 0;
  let current: Collector | undefined;
  // One for all files: what it learns in one serves in the next.
  const shortCut = createShortCut((sorted, place) => current?.put(sorted, place));
  return async (source) => {
    const runs: string[] = [];
    const collector = createCollector(data, data.characters, (sorted) => {
      makeRunFolder(data.folder);
      const file = join(data.folder, `${name}-${written}`);
      written += 1;
      writeRun(file, sorted);
      runs.push(file);
    });
    current = collector;
    const report = await scanFile(source, AUDITED_SOURCES, collector.add, shortCut);
    return { report, ...collector.end(), runs };
  };
}
