import type { KeyObject } from 'node:crypto';
import { openCheckpoint } from '../ledger/checkpoint.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { type NumberedCheckpoint, readNewestCheckpoints } from './checkpoint-items.ts';

type Keys = ReadonlyMap<string, KeyObject>;

/** As `openCheckpoint`; and it must be the checkpoint of this number, and not a copy of another one. */
export function openNumbered(signed: NumberedCheckpoint, keys: Keys): ReturnType<typeof openCheckpoint> {
  const opened = openCheckpoint(signed, keys);
  if (!('checkpoint' in opened) || opened.checkpoint.number === signed.number) return opened;
  return { problem: `forged: it is checkpoint ${opened.checkpoint.number}, which somebody put there again` };
}

/**
 * Finds the checkpoint that the next one must follow. What nobody signed and stands behind a gap is passed over: a number that
 * somebody made up would else be the last one, and leave none for those to come.
 *
 * @returns `strays`: what was passed over
 */
export async function findLast(
  table: LedgerTable,
  keys: Keys,
): Promise<{ readonly last: NumberedCheckpoint | undefined; readonly strays: readonly NumberedCheckpoint[] }> {
  const doubtful: NumberedCheckpoint[] = [];
  for await (const one of readNewestCheckpoints(table)) {
    const above = doubtful.at(-1);
    // Its place is taken, so that the next one can only follow it.
    if (above?.number === one.number + 1) return { last: above, strays: doubtful.slice(0, -1) };
    if ('checkpoint' in openNumbered(one, keys)) return { last: one, strays: doubtful };
    doubtful.push(one);
  }
  const [newest] = doubtful;
  const first = doubtful.at(-1);
  return first?.number === 1 ? { last: first, strays: doubtful.slice(0, -1) } : { last: newest, strays: [] };
}
