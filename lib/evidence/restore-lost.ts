import { openCheckpoint } from '../ledger/checkpoint.ts';
import { addCheckpoint, noteFinished } from './checkpoint-items.ts';
import { checkpointName } from './names.ts';
import { readKept } from './read-kept.ts';
import { CANNOT_KEEP, complain, follow, need, type Run } from './run.ts';

/**
 * A checkpoint that is in the bucket and not in the table was lost from the table: by a restore from a backup, or by somebody
 * who wants entries to be forgotten. It is put back, and it shows what else is missing.
 */
export async function restoreLost(run: Run): Promise<'lost-race' | 'out-of-time' | undefined> {
  const { table, store, bucket, hasTime } = run.evidence;
  for (;;) {
    const number = run.number + 1;
    const kept = await need(CANNOT_KEEP, store.get(checkpointName(number)));
    if (kept === undefined) break;
    const signed = readKept(kept);
    const opened = signed === undefined ? undefined : openCheckpoint(signed, run.keys);
    const checkpoint = opened !== undefined && 'checkpoint' in opened ? opened.checkpoint : undefined;
    if (signed === undefined || checkpoint?.number !== number || checkpoint.previous !== run.digest) {
      complain(
        run,
        bucket,
        number,
        'forged: the bucket has a checkpoint that does not follow the last one of the table',
      );
      break;
    }
    if (!(await addCheckpoint(table, { number, ...signed }))) return 'lost-race';
    complain(
      run,
      table.table,
      number,
      'missing: the checkpoint was in the bucket only; it was put back into the table',
    );
    run.restored.push(number);
    follow(run, number, signed);
    // Years of them may be lost; what was put back must be told all the same.
    if (!hasTime()) return 'out-of-time';
  }
  if (run.finished > run.number) {
    const what = `truncated: checkpoint ${run.number + 1} was made, and is neither in the table nor in the bucket`;
    complain(run, table.table, run.number + 1, what);
    await noteFinished(table, run.number, run.finished);
    run.finished = run.number;
  }
  return undefined;
}
