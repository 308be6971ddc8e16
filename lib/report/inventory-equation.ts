import type { InventoryEntry } from '../ledger/entry.ts';
import type { InventoryEquation, InventoryPoint, Place, TimeWindow } from './pack-data.ts';

/** A list of keys that the ledger names. */
export type Inventory = InventoryEntry['inventory'];

/** A key that came or went. */
export interface KeyChange {
  readonly key: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly what: 'created' | 'destroyed';
}

/** The keys of a list, by ARN; undefined with the reason when the list cannot be had or is not what the ledger names. */
export type KeySet = { readonly keys: ReadonlySet<string> } | { readonly problem: string };

/** The lists of one place that are to be compared, before anybody has read them. */
export interface ChosenLists {
  readonly start?: Inventory;
  readonly end?: Inventory;
}

/** Lists are made once a day: one that is further from the end of the window than two days says little of that end. */
const FARTHEST = 48 * 60 * 60 * 1000;

const MOST_LISTED = 100;

/**
 * Chooses the lists nearest to both ends of the window.
 *
 * @param inventories of one place, in any order
 */
export function chooseLists(window: TimeWindow, inventories: readonly Inventory[]): ChosenLists {
  const start = findNearest(inventories, window.from);
  const end = findNearest(inventories, window.to);
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

function findNearest(inventories: readonly Inventory[], moment: string): Inventory | undefined {
  const distance = ({ at }: Inventory) => Math.abs(Date.parse(at) - Date.parse(moment));
  const [nearest] = inventories.toSorted((one, other) => distance(one) - distance(other));
  return nearest !== undefined && distance(nearest) <= FARTHEST ? nearest : undefined;
}

/**
 * Compares the keys at the start, with what was made and destroyed between the two lists, with the keys at the end.
 *
 * @param changes of the place, of any time; each key is made and destroyed at most once
 */
export function balanceInventory(
  place: Place,
  { start, end }: ChosenLists,
  changes: readonly KeyChange[],
  window: TimeWindow,
  sets: { readonly start?: KeySet; readonly end?: KeySet },
): InventoryEquation {
  const span = { from: start?.at ?? window.from, to: end?.at ?? window.to };
  const between = changes.filter(({ time }) => isWithin(time, span));
  const namesOf = (what: KeyChange['what']) =>
    new Set(between.filter((change) => change.what === what).map(({ key }) => key));
  const [made, destroyed] = [namesOf('created'), namesOf('destroyed')];
  const base = { ...place, created: made.size, destroyed: destroyed.size };
  const points = {
    ...(start === undefined ? {} : { start: toPoint(start) }),
    ...(end === undefined ? {} : { end: toPoint(end) }),
  };
  const reason = explainMissing({ start, end }, sets, window);
  if (reason !== undefined || points.start === undefined || points.end === undefined) {
    return { looked: false, ...base, ...points, reason: reason ?? '' };
  }
  const opening = keysOf(sets.start);
  const closing = keysOf(sets.end);
  const expected = new Set([...opening, ...made].filter((key) => !destroyed.has(key)));
  const differences = listDifferences({ opening, closing, expected, made, destroyed });
  return {
    looked: true,
    ...base,
    start: { ...points.start, keys: opening.size },
    end: { ...points.end, keys: closing.size },
    expected: opening.size + made.size - destroyed.size,
    found: closing.size,
    balanced: differences.length === 0,
    differences: differences.slice(0, MOST_LISTED),
    differencesLeft: Math.max(0, differences.length - MOST_LISTED),
  };
}

const isWithin = (time: string, { from, to }: TimeWindow): boolean =>
  Date.parse(time) >= Date.parse(from) && Date.parse(time) < Date.parse(to);

const keysOf = (set: KeySet | undefined): ReadonlySet<string> =>
  set !== undefined && 'keys' in set ? set.keys : new Set();

const toPoint = ({ at, keys, unread, object, sha256 }: Inventory): InventoryPoint => ({
  at,
  keys,
  listed: keys,
  unread,
  object,
  sha256,
});

interface Sides {
  readonly opening: ReadonlySet<string>;
  readonly closing: ReadonlySet<string>;
  readonly expected: ReadonlySet<string>;
  readonly made: ReadonlySet<string>;
  readonly destroyed: ReadonlySet<string>;
}

/** Every key for which the records and the two lists tell different stories, in the order of their ARNs. */
function listDifferences({ opening, closing, expected, made, destroyed }: Sides) {
  const all = [...new Set([...opening, ...closing, ...made, ...destroyed])].sort();
  return all.flatMap((key) => {
    const what = [
      ...(closing.has(key) && destroyed.has(key)
        ? ['It is in the list at the end, and a record says that it was destroyed.']
        : []),
      ...(closing.has(key) && !expected.has(key) && !destroyed.has(key)
        ? ['It is in the list at the end and not in that at the start, and no record says that it was made.']
        : []),
      ...(!closing.has(key) && expected.has(key)
        ? ['It is not in the list at the end, and no record says that it was destroyed.']
        : []),
      ...(opening.has(key) && made.has(key)
        ? ['It is in the list at the start, and a record says that it was made after it.']
        : []),
      ...(destroyed.has(key) && !opening.has(key) && !made.has(key)
        ? ['A record says that it was destroyed, and it was neither in the list at the start nor made after it.']
        : []),
    ];
    return what.length === 0 ? [] : [{ key, what: what.join(' ') }];
  });
}

function explainMissing(
  { start, end }: { readonly start: Inventory | undefined; readonly end: Inventory | undefined },
  sets: { readonly start?: KeySet; readonly end?: KeySet },
  window: TimeWindow,
): string | undefined {
  const missing = [
    ...(start === undefined ? [`of the start (${window.from})`] : []),
    ...(end === undefined ? [`of the end (${window.to})`] : []),
  ];
  if (missing.length > 0) {
    return `Not looked at: no list of the keys was recorded within two days ${missing.join(' and none ')}.`;
  }
  if (start !== undefined && start === end) {
    return 'Not looked at: the start and the end of the window have the same list of keys nearest to them, so there is nothing to compare.';
  }
  const problems = [
    ...(sets.start !== undefined && 'problem' in sets.start ? [`the list at the start: ${sets.start.problem}`] : []),
    ...(sets.end !== undefined && 'problem' in sets.end ? [`the list at the end: ${sets.end.problem}`] : []),
    ...(sets.start === undefined ? ['the list at the start was not read'] : []),
    ...(sets.end === undefined ? ['the list at the end was not read'] : []),
  ];
  return problems.length === 0 ? undefined : `Not looked at: ${problems.join('; ')}.`;
}
