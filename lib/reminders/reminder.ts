import type { Due, DueFindings, Window } from './list-due.ts';

/** What one run tells, as it is recorded before anything is sent. */
export interface Reminder extends Window {
  readonly reminders: Told;
  readonly escalations: Told;
}

/** The findings of one message. */
export interface Told {
  /** All of them, also those that are not listed. */
  readonly count: number;
  /** Gravest severity of all. */
  readonly severity: string;
  readonly listed: readonly Due[];
  /** What was so before Keywarden was there is told as a number, by the look at all keys that found it. */
  readonly baselines: readonly { readonly id: string; readonly count: number }[];
}

/** How many are listed, so that neither entry nor message grows beyond its limit; `keywarden findings` has all of them. */
export const MOST_LISTED = 30;

/** Sums up what is due. */
export const toReminder = ({ reminders, escalations }: DueFindings, window: Window): Reminder => ({
  ...window,
  reminders: sumUp(reminders),
  escalations: sumUp(escalations),
});

function sumUp(due: readonly Due[]): Told {
  const counts = new Map<string, number>();
  for (const { baseline } of due) if (baseline !== undefined) counts.set(baseline, (counts.get(baseline) ?? 0) + 1);
  return {
    count: due.length,
    severity: due[0]?.severity ?? 'low',
    listed: due.filter(({ baseline }) => baseline === undefined).slice(0, MOST_LISTED),
    baselines: [...counts].map(([id, count]) => ({ id, count })),
  };
}
