import type { KeyAction } from '../event/key-action.ts';
import { type Fact, type KeyHistory, known, type Unread, unread } from '../facts/key-facts.ts';
import { EMPTY_HISTORY, nextHistory, tellsHistory } from '../facts/key-history.ts';
import type { ActionEntry, Entry } from './entry.ts';
import { type LedgerTable, openEntry, readEntriesBack, type StoredEntry } from './read.ts';

/** A key whose grants come and go has a longer record; what is older than this many entries is not looked at. */
const MOST_ENTRIES = 5_000;

/**
 * Makes the reader of a key's past from its chain in the ledger. An entry that does not fit its hash, or does not follow the
 * one before it, makes the whole past unread: by it Keywarden would decide about the destruction of keys.
 *
 * @param table of the ledger
 * @param most entries that are read, the newest first; what is told of a longer chain begins with them, and says nothing of
 *   how the key was made
 * @returns a function of a key's ARN; it throws what DynamoDB throws
 */
export const createHistoryReader =
  (table: LedgerTable, most: number = MOST_ENTRIES) =>
  async (arn: string): Promise<Fact<KeyHistory>> => {
    const actions: KeyAction[] = [];
    let newer: Entry | undefined;
    let count = 0;
    for await (const stored of readEntriesBack(table, arn)) {
      if (count === most) break;
      const entry = openNext(stored, newer);
      if ('known' in entry) return entry;
      if (entry.type === 'action' && !isRepeated(entry) && tellsHistory(entry.action)) {
        if (entry.omitted?.includes('action.request') === true) return describeShortened(entry);
        actions.push(withPossibleTime(entry));
      }
      newer = entry;
      count += 1;
    }
    return known(foldActions(actions.reverse()));
  };

/** A second record of an action has a time of its own, and must not count as something that happened then. */
const isRepeated = ({ sameAs, verdicts }: ActionEntry): boolean => sameAs !== undefined && verdicts.length === 0;

/**
 * Nothing is recorded before it happens. A record whose clock was ahead would outdo everything that comes after it, for as long
 * as it was ahead; it counts from when it was recorded.
 */
function withPossibleTime({ action, recordedAt }: ActionEntry): KeyAction {
  const ahead = Date.parse(action.time) - Date.parse(recordedAt);
  return ahead > MOST_AHEAD ? { ...action, time: recordedAt } : action;
}

/** Clocks of AWS agree within seconds (Network Time Protocol, says the guide of CloudTrail on eventTime). */
const MOST_AHEAD = 5 * 60_000;

/** Records come late and out of order; within one second their order in the ledger counts. */
const foldActions = (actions: readonly KeyAction[]): KeyHistory =>
  actions.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time)).reduce(nextHistory, EMPTY_HISTORY);

/** @param newer the entry that follows it in the chain; undefined for the newest */
function openNext(stored: StoredEntry, newer: Entry | undefined): Entry | Unread {
  const place = newer === undefined ? 'the newest entry' : `entry ${newer.seq - 1}`;
  const broken = unread(
    `${place} of its ledger does not fit its hash or the entry after it; find out who changed the table with "keywarden ledger verify"`,
  );
  const entry = openEntry(stored);
  if (entry === undefined) return broken;
  if (newer !== undefined && (newer.prevHash !== stored.hash || newer.seq !== entry.seq + 1)) return broken;
  if (entry.v === 1) return entry;
  return unread(`${place} of its ledger was written by another version of Keywarden; update Keywarden`);
}

const describeShortened = ({ seq, action }: Extract<Entry, { type: 'action' }>): Unread =>
  unread(
    `entry ${seq} of its ledger leaves out the request of a ${action.api} that was too long to keep; read CloudTrail record ${action.eventId}`,
  );
