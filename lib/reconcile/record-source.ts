import type { KeyAction } from '../event/key-action.ts';
import type { CompletenessStatement } from '../ledger/entry.ts';

/** ISO 8601 UTC; records from `from` on, and before `to`. */
export type Window = CompletenessStatement['window'];

/** What could not be read, and why. */
export type Gap = CompletenessStatement['gaps'][number];

/** One thing that a source gives: a record, or that it could not look. After a gap it may go on. */
export type ReadPart = { readonly record: unknown } | { readonly gap: Gap };

/** Where CloudTrail's records of one account and Region are read from: Event history, or log files in S3. */
export interface RecordSource {
  readonly source: CompletenessStatement['source'];
  readonly account: string;
  /** The Region whose records are read. */
  readonly region: string;
  /** What is asked, in words that somebody can repeat. */
  readonly queries: readonly string[];
  /** What the ledger must have and this source is not asked for, each with the reason; empty when it is asked for all of it. */
  readonly notAsked: readonly string[];
  /**
   * Whether this source, asked for the window that an action is in, gives the record of the action. An entry of the ledger
   * that CloudTrail does not know of is a finding only when CloudTrail was asked for it.
   */
  covers(action: KeyAction): boolean;
  /** The records come with the newest first; of those of one second, the last one that is given happened first. */
  readonly newestFirst?: true;
  /**
   * Reads the records of a window, in any order; the same record may come more than once, and records from outside of the
   * window may be among them. A record is an object, or its JSON text.
   *
   * @throws nothing for what cannot be read: that is a gap. Only what is no answer about a window (a wrong argument) throws
   */
  read(window: Window): AsyncIterable<ReadPart>;
  /** Whether the log files are those that CloudTrail wrote; complete once `read` has ended. Only for `archive`. */
  digests?(): NonNullable<CompletenessStatement['digests']>;
}
