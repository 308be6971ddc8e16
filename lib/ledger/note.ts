import type { ActionEntry, Draft, Link } from './entry.ts';
import type { Ledger, Writer } from './ledger.ts';

/** Something to put on record that is no action: a statement, an inventory, a report. */
export interface Note {
  readonly subject: string;
  /** The same note always has the same id, so that it is recorded once however often it is tried. */
  readonly eventId: string;
  readonly draft: Exclude<Draft, Omit<ActionEntry, keyof Link>>;
}

/**
 * Appends a note to the chain of its subject.
 *
 * @returns false when a note with this id is on record already; then nothing was written
 * @throws {BusyError} when the chain grows under every attempt
 */
export async function recordNote(ledger: Ledger, { subject, eventId, draft }: Note, writer: Writer): Promise<boolean> {
  const append = { subject, eventId, draft, controls: [], findings: () => [], stage: () => 'done' as const };
  const { result } = await ledger.record(append, writer);
  return result === 'written';
}
