import type { KeyAction } from '../event/key-action.ts';

/** The uses of one key within one minute: second of the minute -> one operation that was made in it. */
export interface UseEntry {
  readonly kind: 'use';
  readonly key: string;
  /** ISO 8601 UTC to the minute, e.g. `2026-08-03T09:01`. */
  readonly minute: string;
  readonly seconds: ReadonlyMap<number, string>;
}

/** One lifecycle action. */
export interface ActionEntry {
  readonly kind: 'action';
  /** The same for every record of one event: account, Region and eventID, with the time. */
  readonly identity: string;
  readonly action: KeyAction;
}

/** What is kept of the records, in the order of time. */
export type Entry = UseEntry | ActionEntry;

/** Separates the parts of a line. JSON text escapes it, and no other part may hold it. */
const TAB = '\t';

/** CloudTrail gives whole seconds; a time with fractions sorts after the whole one. */
const toSortable = (time: string): string =>
  time.replace(/(?:\.(\d+))?Z$/, (_all, part = '') => `.${part.padEnd(9, '0')}`);

/**
 * What is made comes before what is done to it, within one second: the records do not tell the order there, and this much
 * is sure.
 */
const MAKES: ReadonlySet<string> = new Set(['CreateKey', 'ReplicateKey', 'CreatePolicy', 'CreateTrail']);

/**
 * Writes an action as one line. Lines sort, as text, by the time of the event, then what makes something before the rest,
 * then by the eventID. Two lines of one event begin alike.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventTime)
 */
export function writeActionLine(action: KeyAction): string {
  const { time, api, eventId, account, region } = action;
  return [toSortable(time), MAKES.has(api) ? '1' : '2', eventId, account, region, JSON.stringify(action)].join(TAB);
}

/** Writes the uses of a key within a minute as one line. It sorts before all actions of that minute. */
export const writeUseLine = ({ key, minute, seconds }: Omit<UseEntry, 'kind'>): string =>
  [toSortable(`${minute}:00Z`), '0', key, JSON.stringify([...seconds].sort(([one], [other]) => one - other))].join(TAB);

/**
 * Reads a line back.
 *
 * @throws {TypeError} when it is no such line: a temporary file was changed by somebody else
 */
export function readLine(line: string): Entry {
  const [time = '', rank, ...rest] = line.split(TAB);
  const json = rest.at(-1);
  if (json === undefined)
    throw new TypeError('A temporary file of the audit holds a line that the audit did not write.');
  if (rank === '0') {
    const [key = ''] = rest;
    return {
      kind: 'use',
      key,
      minute: time.slice(0, MINUTE),
      seconds: new Map(JSON.parse(json) as [number, string][]),
    };
  }
  const identity = [time, ...rest.slice(0, -1)].join(TAB);
  return { kind: 'action', identity, action: JSON.parse(json) as KeyAction };
}

/** Characters of `2026-08-03T09:01`. */
const MINUTE = 16;
