import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry } from '../ledger/entry.ts';
import type { LookUp } from '../ledger/look-up.ts';

/** What an order about a finding goes back to. */
export interface Origin {
  /** The action entry that the finding is from: what it says of the finding is what people were told. */
  readonly entry: ActionEntry | undefined;
  /** The event that caused it: judged again by what is so now. Absent when a state was looked at. */
  readonly deed?: KeyAction;
}

/** Orders about one finding follow one another: how far they are followed to the event. */
const MOST_ORDERS = 50;

/**
 * Finds the entry that changed a finding last, and the event behind it: an order says which entry it is about.
 *
 * @param seq of the finding
 * @throws {BrokenChainError} when an entry is not what was written
 */
export async function findOrigin(
  { readEntry }: Pick<LookUp, 'readEntry'>,
  subject: string,
  seq: number,
): Promise<Origin> {
  let entry = await readAction(readEntry, subject, seq);
  const first = entry;
  for (let count = 0; entry !== undefined && count < MOST_ORDERS; count += 1) {
    const { origin } = entry.action;
    if (origin !== 'on-demand' && origin !== 'sweep') return { entry: first, deed: entry.action };
    const before: number | undefined = entry.order?.of;
    if (before === undefined || before >= entry.seq) break;
    entry = await readAction(readEntry, subject, before);
  }
  return { entry: first };
}

/** The outcome of an action changes its findings too. */
async function readAction(
  readEntry: LookUp['readEntry'],
  subject: string,
  seq: number,
): Promise<ActionEntry | undefined> {
  const entry = await readEntry(subject, seq);
  if (entry.type === 'outcome') return readAction(readEntry, subject, entry.of);
  return entry.type === 'action' ? entry : undefined;
}
