import { KMS_SOURCE } from '../event/operations.ts';
import { writeActionLine, writeUseLine } from './entry.ts';
import type { Place } from './read/file-report.ts';
import type { Use } from './read-plain.ts';
import { type SortContext, type Sorted, sortRecord } from './sort-record.ts';

import { noteBadRecord, notePlace, startTally, type Tally } from './tally.ts';

/** Takes records, and holds what is kept of them. */
export interface Collector {
  add(record: unknown, place: Place): void;
  /** The same for a record that was sorted already. */
  put(sorted: Sorted, place: Place): void;
  /** Ends it: what was not spilled, sorted, and the counts. */
  end(): { readonly lines: readonly string[]; readonly tally: Tally };
}

/**
 * Collects lines from records, and hands them out as soon as they are many: memory does not grow with the records.
 *
 * @param limit characters of lines that are held at most
 * @param spill takes sorted lines out of memory
 */
export function createCollector(
  context: SortContext,
  limit: number,
  spill: (sorted: readonly string[]) => void,
): Collector {
  const tally = startTally();
  let lines: string[] = [];
  let uses = new Map<string, Map<number, string>>();
  let held = 0;

  const takeAll = (): readonly string[] => {
    for (const [name, seconds] of uses) {
      const [key = '', minute = ''] = name.split(' ');
      lines.push(writeUseLine({ key, minute, seconds }));
    }
    const sorted = lines.sort();
    [lines, uses, held] = [[], new Map(), 0];
    return sorted;
  };

  const hold = (characters: number): void => {
    held += characters;
    if (held >= limit) spill(takeAll());
  };

  const addUse = ({ keys, time, operation }: Use): void => {
    const second = Number(time.slice(17, 19));
    for (const key of keys) {
      const name = `${key} ${time.slice(0, 16)}`;
      const seconds = uses.get(name);
      if (seconds === undefined) {
        uses.set(name, new Map([[second, operation]]));
        hold(name.length * 2);
      } else if (operation > (seconds.get(second) ?? '')) seconds.set(second, operation);
    }
  };

  const put = (sorted: Sorted, place: Place): void => {
    switch (sorted.kind) {
      case 'use': {
        const { account, region, time } = sorted.use;
        tally.kms += 1;
        tally.uses += 1;
        notePlace(tally, account, region, time, true);
        addUse(sorted.use);
        return;
      }
      case 'action': {
        const { action } = sorted;
        tally.kms += action.eventSource === KMS_SOURCE ? 1 : 0;
        tally.actions += 1;
        const used = action.kind === 'use' && action.outcome === 'succeeded';
        notePlace(tally, action.account, action.region, action.time, used);
        if (used) addUse({ ...action, operation: action.api });
        const line = writeActionLine(action);
        lines.push(line);
        hold(line.length);
        return;
      }
      case 'counted':
        tally.kms += sorted.isKms ? 1 : 0;
        tally[sorted.as] += 1;
        if (sorted.from !== undefined) {
          const { account, region, time } = sorted.from;
          notePlace(tally, account, region, time, sorted.as === 'uses');
        }
        return;
      case 'malformed':
        tally.kms += sorted.isKms ? 1 : 0;
        noteBadRecord(tally, { file: place.file, byte: place.byte, reason: sorted.reason });
    }
  };

  return {
    add: (record, place) => put(sortRecord(record, context), place),
    put,
    end: () => ({ lines: takeAll(), tally }),
  };
}
