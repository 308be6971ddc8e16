import type { KeyAction, Origin } from '../event/key-action.ts';
import { MalformedEventError } from '../event/malformed-event-error.ts';
import { malformedId } from '../event/malformed-id.ts';
import { type JsonObject, readJsonObject, textOf } from '../event/plain-json.ts';
import { readPlainRecord } from '../event/read-record.ts';
import type { Work } from '../ledger/items.ts';
import type { Pipeline } from '../pipeline.ts';
import { createExpected, type IsExpected, WATCHED_SOURCES } from './expected.ts';
import type { Gap, ReadPart, Window } from './record-source.ts';

/** A record that the ledger must have. */
export type Expected =
  | { readonly eventId: string; readonly action: KeyAction }
  | { readonly eventId: string; readonly body: string; readonly error: MalformedEventError };

/** What a window holds. */
export interface WindowContent {
  /** Records that the source gave, repeated ones counted each time. */
  readonly read: number;
  /** Records that the ledger must have: how many, each counted once. */
  readonly expected: number;
  /**
   * Ids of what CloudTrail knows of the services of which the ledger has records, also of what it need not have: rules of an
   * earlier version may have delivered more, and what CloudTrail knows is not invented.
   */
  readonly known: ReadonlySet<string>;
  /** Those that the ledger does not have. */
  readonly missing: readonly Expected[];
  /** Those that it has, and whose work somebody began and did not end. */
  readonly unfinished: readonly Expected[];
  readonly gaps: readonly Gap[];
}

/** Looks up which events the ledger has. */
export type FindRecorded = (eventIds: readonly string[]) => Promise<ReadonlyMap<string, Work>>;

/** So many ids are looked up at once, which bounds what is held of a window: its ids, and what is missing. */
const LOOKED_UP = 100;

/**
 * Reads a window of CloudTrail and says what of it the ledger lacks. Changes nothing.
 *
 * @param parts what the source gives, in any order and with repetitions
 * @throws what `findRecorded` throws
 */
export async function readWindow(
  parts: AsyncIterable<ReadPart>,
  window: Window,
  pipeline: Pick<Pipeline, 'account' | 'selfRoleArns' | 'ownResources' | 'clock'>,
  findRecorded: FindRecorded,
): Promise<WindowContent> {
  const isExpected = createExpected(pipeline.ownResources);
  const known = new Set<string>();
  const expected = new Set<string>();
  const content = { missing: [] as Expected[], unfinished: [] as Expected[], gaps: [] as Gap[] };
  let read = 0;
  let pending: Expected[] = [];
  const lookUp = async () => {
    const recorded = await findRecorded(pending.map(({ eventId }) => eventId));
    for (const one of pending) {
      const work = recorded.get(one.eventId);
      if (work === undefined) content.missing.push(one);
      else if (isAbandoned(work, pipeline.clock())) content.unfinished.push(one);
    }
    pending = [];
  };
  for await (const part of parts) {
    if ('gap' in part) {
      content.gaps.push(part.gap);
      continue;
    }
    read += 1;
    const { id, one } = readPart(part.record, window, isExpected, pipeline);
    if (id !== undefined) known.add(id);
    if (one === undefined || expected.has(one.eventId)) continue;
    expected.add(one.eventId);
    pending.push(one);
    if (pending.length === LOOKED_UP) await lookUp();
  }
  await lookUp();
  return { read, expected: expected.size, known, ...content };
}

/** Recorded, and not carried out: whoever began it has died, and perhaps its message with it. */
const isAbandoned = (work: Work, now: Date): boolean => work.stage === 'recorded' && work.leaseUntil < now.getTime();

const ORIGIN: Origin = 'reconcile';

/** @returns no `one` for a record that the ledger need not have, or that belongs to another window or account */
function readPart(
  record: unknown,
  window: Window,
  isExpected: IsExpected,
  { account, selfRoleArns, ownResources }: Pick<Pipeline, 'account' | 'selfRoleArns' | 'ownResources'>,
): { readonly id?: string; readonly one?: Expected } {
  try {
    const plain = readJsonObject(record, 'the record');
    const id = textOf(plain, 'eventID');
    const known = id !== undefined && WATCHED_SOURCES.has(textOf(plain, 'eventSource') ?? '') ? { id } : {};
    if (!isExpected(plain)) return known;
    const action = readPlainRecord(plain, { origin: ORIGIN, selfRoleArns, ownResources });
    if (!isWithin(action.time, window) || action.account !== account) return known;
    return { ...known, one: { eventId: action.eventId, action } };
  } catch (error) {
    if (!(error instanceof MalformedEventError)) throw error;
    const body = typeof record === 'string' ? record : JSON.stringify(record as JsonObject);
    return { one: { eventId: malformedId(body), body, error } };
  }
}

/** Whether a time is in a window, to which its end does not belong. */
export function isWithin(time: string, { from, to }: Window): boolean {
  const at = Date.parse(time);
  return at >= Date.parse(from) && at < Date.parse(to);
}
