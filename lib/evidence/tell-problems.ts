import {
  LEDGER_INTEGRITY,
  writeIntegrityMessage,
  writeNoCheckpointMessage,
  writeUnlockedMessage,
} from '../alert/evidence-message.ts';
import type { Message } from '../alert/message.ts';
import { digestOf } from '../event/digest.ts';
import type { IntegrityEntry, Link } from '../ledger/entry.ts';
import { INTEGRITY } from '../ledger/keys.ts';
import { BusyError, type Writer } from '../ledger/ledger.ts';
import { recordNote } from '../ledger/note.ts';
import { noteProblem, readNoted } from './checkpoint-items.ts';
import type { Evidence, Problem } from './evidence.ts';

type Draft = Omit<IntegrityEntry, keyof Link>;

/** Problems of one entry. Each may have 3 KB of names, and an entry no more than 400 KB. */
const MOST_IN_ENTRY = 100;

/**
 * Records problems that are new, and tells the officer of them in one message. A problem is recorded and told once, however
 * often it is found; a crash half way repeats the message, never the entry.
 *
 * @param checkpoint number of the newest checkpoint
 * @returns how many were new
 * @throws {BusyError} while another run does it; the next run will
 */
export async function tellProblems(
  evidence: Evidence,
  writer: Writer,
  problems: readonly Problem[],
  checkpoint: number,
): Promise<number> {
  const byDigest = new Map(problems.map((problem) => [digestOf(problem), problem]));
  const noted = await readNoted(evidence.table, [...byDigest.keys()], evidence.pause);
  const fresh = [...byDigest].filter(([digest]) => !noted.has(digest));
  if (fresh.length === 0) return 0;
  const all = fresh.map(([, problem]) => problem);
  const drafts = splitIntoDrafts(all, checkpoint);
  for (const draft of drafts.slice(1)) {
    await recordNote(evidence.ledger, { subject: INTEGRITY, eventId: idOf(draft), draft }, writer);
  }
  const [first] = drafts;
  if (first !== undefined) {
    await tellOnce(evidence, writer, idOf(first), first, writeIntegrityMessage(all, checkpoint, evidence));
  }
  for (const [digest] of fresh) await noteProblem(evidence.table, digest, evidence.clock().toISOString());
  return fresh.length;
}

/** The same problems have the same id, so that a second attempt does not record them again. */
const idOf = ({ problems }: Draft): string => `integrity-${digestOf(problems)}`;

function splitIntoDrafts(problems: readonly Problem[], checkpoint: number): readonly Draft[] {
  const drafts: Draft[] = [];
  for (let at = 0; at < problems.length; at += MOST_IN_ENTRY) {
    drafts.push({ type: 'integrity', checkpoint, problems: problems.slice(at, at + MOST_IN_ENTRY) });
  }
  return drafts;
}

/** Records and tells, once a day, that no checkpoint is made. */
export async function tellNoCheckpoint(
  evidence: Evidence,
  writer: Writer,
  {
    since,
    reason,
    checkpoint,
  }: { readonly since: string | undefined; readonly reason: string; readonly checkpoint: number },
): Promise<void> {
  const what = `no checkpoint ${since === undefined ? 'was ever made' : `since ${since}`}: ${reason}`;
  const draft: Draft = { type: 'integrity', checkpoint, problems: [{ subject: 'checkpoints', seq: checkpoint, what }] };
  const message = writeNoCheckpointMessage(since, reason, evidence);
  await tellOnce(evidence, writer, `no-checkpoint-${today(evidence)}`, draft, message);
}

/** Records and tells, once a day, that the bucket does not keep what is put into it. */
export async function tellUnlocked(
  evidence: Evidence,
  writer: Writer,
  { reason, checkpoint }: { readonly reason: string; readonly checkpoint: number },
): Promise<void> {
  const problem = {
    subject: evidence.bucket,
    seq: 0,
    what: `the evidence bucket is not locked as it must be: ${reason}`,
  };
  const draft: Draft = { type: 'integrity', checkpoint, problems: [problem] };
  const message = writeUnlockedMessage(evidence.bucket, reason, evidence);
  await tellOnce(evidence, writer, `bucket-not-locked-${today(evidence)}`, draft, message);
}

const today = ({ clock }: Evidence): string => clock().toISOString().slice(0, 10);

/** Records, sends the message, and records that; a crash before the end repeats the message, never the entry. */
async function tellOnce(
  { ledger, tell }: Evidence,
  writer: Writer,
  eventId: string,
  draft: Draft,
  message: Message,
): Promise<void> {
  const base = { subject: INTEGRITY, eventId, controls: [], findings: () => [] };
  const { work } = await ledger.look(eventId, INTEGRITY, []);
  if (work?.stage === 'done') return;
  let seq = work?.seq;
  if (work === undefined) {
    const recorded = await ledger.record({ ...base, draft, stage: () => 'recorded' }, writer);
    if (recorded.result !== 'written') {
      throw new BusyError(`Entry ${eventId} was recorded by another run at the same time; the next run goes on.`);
    }
    seq = recorded.sealed.entry.seq;
  } else await ledger.resume(work, writer);
  const told = [{ control: LEDGER_INTEGRITY, state: message.attributes.state ?? '', messageId: await tell(message) }];
  await ledger.close(
    { ...base, draft: { type: 'outcome', of: seq ?? 0, remediations: [], told }, stage: () => 'done' },
    writer,
  );
}
