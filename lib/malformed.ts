import { writeMalformedMessage } from './alert/malformed-message.ts';
import type { MalformedEventError } from './event/malformed-event-error.ts';
import { malformedId } from './event/malformed-id.ts';
import type { Told } from './ledger/entry.ts';
import { draftMalformed } from './ledger/fit.ts';
import { MALFORMED } from './ledger/keys.ts';
import { BusyError, type Writer } from './ledger/ledger.ts';
import type { Pipeline } from './pipeline.ts';

/** An event that could not be read. */
export interface Malformed {
  /** The message as it arrived. */
  readonly body: string;
  readonly error: MalformedEventError;
}

/** Where a malformed event is kept, while the officer does not know of it yet. */
export interface Kept {
  readonly eventId: string;
  readonly error: string;
  readonly seq: number;
}

/**
 * Keeps an event that could not be read, once, with its body.
 *
 * @returns undefined when an earlier delivery has kept it and told the officer
 * @throws {BusyError} while another invocation works on it
 */
export async function keepMalformed(
  { ledger, log }: Pipeline,
  { body, error }: Malformed,
  writer: Writer,
): Promise<Kept | undefined> {
  const eventId = malformedId(body);
  const looked = await ledger.look(eventId, MALFORMED, []);
  if (looked.work?.stage === 'done') return undefined;
  if (looked.work !== undefined) {
    const { seq } = await ledger.resume(looked.work, writer);
    return { eventId, error: error.message, seq };
  }
  const recorded = await ledger.record(
    {
      subject: MALFORMED,
      eventId,
      draft: draftMalformed(body, { code: error.code, message: error.message }),
      controls: [],
      findings: () => [],
      stage: () => 'recorded',
    },
    writer,
    looked,
  );
  if (recorded.result !== 'written')
    throw new BusyError(`Event ${eventId} was recorded by another delivery at the same time; the message returns.`);
  log.warn('malformed', { eventId, code: error.code, error: error.message });
  return { eventId, error: error.message, seq: recorded.sealed.entry.seq };
}

/** Tells the officer of all of them in one message, and records of each that it was told. */
export async function tellMalformed(pipeline: Pipeline, kept: readonly Kept[], writer: Writer): Promise<void> {
  const messageId = await pipeline.tell(writeMalformedMessage(kept, pipeline));
  const told: Told[] = [{ control: 'event-readable', state: 'opened', messageId }];
  for (const { eventId, seq } of kept) {
    await pipeline.ledger.close(
      {
        subject: MALFORMED,
        eventId,
        draft: { type: 'outcome', of: seq, remediations: [], told },
        controls: [],
        findings: () => [],
        stage: () => 'done',
      },
      writer,
    );
  }
}
