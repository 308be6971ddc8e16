import type { Entry } from '../../lib/ledger/entry.ts';

/** A verdict on which the live Keywarden and an audit of the same records do not agree. */
export interface Difference {
  readonly eventId: string;
  readonly control: string;
  readonly live: string;
  /** `absent`: the audit has no such event, or the control said nothing of it. */
  readonly audit: string;
}

interface AuditLine {
  readonly eventId: string;
  readonly verdicts: ReadonlyArray<{ readonly control: string; readonly verdict: string }>;
}

/**
 * Compares what the ledger of a live run holds with the lines of an audit of its records. What the files cannot tell
 * (`unknown`) is no difference; that an event, or a control, is missing is one.
 *
 * @param entries of any number of subjects; only those of actions are compared
 * @param ndjson of `keywarden audit --format ndjson`
 */
export function compareVerdicts(entries: readonly Entry[], ndjson: string): readonly Difference[] {
  const lines = ndjson.split('\n').filter((line) => line !== '');
  const audited = new Map(
    lines
      .map((line) => JSON.parse(line) as AuditLine)
      .map(({ eventId, verdicts }) => [eventId, new Map(verdicts.map(({ control, verdict }) => [control, verdict]))]),
  );
  return entries.flatMap((entry) => {
    if (entry.type !== 'action') return [];
    const { action, verdicts } = entry;
    return verdicts.flatMap(({ control, verdict: live }): Difference[] => {
      const audit = audited.get(action.eventId)?.get(control) ?? 'absent';
      return audit === live || audit === 'unknown' ? [] : [{ eventId: action.eventId, control, live, audit }];
    });
  });
}
