import type { Checkpoint } from '../ledger/checkpoint.ts';
import { writeMark } from './chain-marks.ts';
import { type NumberedCheckpoint, noteFinished, readCheckpoint } from './checkpoint-items.ts';
import { openNumbered } from './find-last.ts';
import { mapAhead } from './map-ahead.ts';
import { checkpointName } from './names.ts';
import { complain, keep, type Run } from './run.ts';

const MARKS_AT_A_TIME = 16;

/** Brings to an end what was begun: chains are marked as covered before anybody asks what is not. */
export async function finishLeft(run: Run): Promise<'out-of-time' | undefined> {
  const { table, hasTime } = run.evidence;
  for (let number = run.finished + 1; number <= run.number; number += 1) {
    if (!hasTime()) return 'out-of-time';
    const signed = await readCheckpoint(table, number);
    if (signed === undefined) complain(run, table.table, number, `missing: checkpoint ${number} is not there`);
    else {
      const opened = openNumbered(signed, run.keys);
      if ('checkpoint' in opened) {
        run.earlier.push(...opened.checkpoint.problems);
        await finish(run, signed, opened.checkpoint);
      } else complain(run, table.table, number, opened.problem);
      run.completed.push(number);
    }
    await noteFinished(table, number, run.finished);
    run.finished = number;
  }
  return undefined;
}

/** Everything that comes after the put into the table, and may be done twice. */
export async function finish(
  run: Run,
  { number, text, signature }: NumberedCheckpoint,
  checkpoint: Checkpoint,
): Promise<void> {
  const { table, bucket } = run.evidence;
  const body = JSON.stringify({ text, signature });
  const kept = await keep(run.evidence, checkpointName(number), body, 'application/json');
  if (kept === 'different') {
    complain(run, bucket, number, 'forked: the bucket has another checkpoint with this number than the table');
  }
  const marks = mapAhead(checkpoint.ranges, MARKS_AT_A_TIME, ({ subject, from, hashes }) => {
    const covered = { seq: from + hashes.length - 1, hash: hashes.at(-1) ?? '' };
    return writeMark(table, { subject, covered, at: checkpoint.at });
  });
  for await (const _mark of marks);
}
