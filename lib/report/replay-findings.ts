import type { Entry } from '../ledger/entry.ts';
import type { Finding } from '../ledger/finding.ts';
import { findingId } from '../ledger/finding.ts';
import { changeByEntry } from '../ledger/projection.ts';
import type { TimeWindow } from './pack-data.ts';

/** Follows the findings of the ledger from its beginning to the end of the window. */
export interface FindingsReplay {
  /** Entries of one subject after another, each chain from its beginning. */
  take(entry: Entry): void;
  finish(): {
    readonly atStart: number;
    readonly opened: number;
    readonly closed: number;
    readonly open: readonly Finding[];
  };
}

/** By when entries were recorded: what was recorded after the window is not followed. */
export function createFindingsReplay(window: TimeWindow): FindingsReplay {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const open: Finding[] = [];
  const count = { atStart: 0, opened: 0, closed: 0 };
  let subject = '';
  let findings = new Map<string, Finding>();
  let ended = new Set<number>();

  function leave(): void {
    open.push(...[...findings.values()].filter(isOpen));
    findings = new Map();
    ended = new Set();
  }

  return {
    take(entry) {
      if (entry.subject !== subject) leave();
      subject = entry.subject;
      const at = Date.parse(entry.recordedAt);
      if (!(at < to)) return;
      for (const { finding, replaces } of changeByEntry(entry, findings, ended)) {
        const [before, after] = [replaces !== undefined && isOpen(replaces), isOpen(finding)];
        if (at < from) count.atStart += Number(after) - Number(before);
        else if (before !== after) count[after ? 'opened' : 'closed'] += 1;
        findings.set(findingId(finding), finding);
      }
      if (entry.type === 'outcome') ended.add(entry.of);
    },
    finish() {
      leave();
      return { ...count, open: open.toSorted(compareGravity) };
    },
  };
}

const isOpen = ({ status }: Finding): boolean => status === 'open';

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** The gravest first, then the oldest. */
const compareGravity = (one: Finding, other: Finding): number =>
  SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
  Date.parse(one.openedAt) - Date.parse(other.openedAt);
