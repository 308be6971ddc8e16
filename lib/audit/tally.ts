/** A record that could not be judged, and where it is. */
export interface BadRecord {
  readonly file: string;
  /** Offset of its first byte in the decompressed text. */
  readonly byte: number;
  readonly reason: string;
}

/** What the records of one account and Region tell about how far they reach. */
export interface PlaceTally {
  /** ISO 8601 UTC. */
  first: string;
  last: string;
  /** Days (`2026-08-03`) with at least one record of a service that is looked at. */
  readonly days: Set<string>;
  /** Successful uses of keys are among the records. */
  hasUses: boolean;
}

/** What was counted. Plain data, so that it can be sent between threads. */
export interface Tally {
  /** Records of KMS. */
  kms: number;
  /** Lifecycle actions, before duplicates are taken out. */
  actions: number;
  /** Successful uses of keys, by the records: one that is delivered twice counts twice. */
  uses: number;
  /** Uses and reads that KMS refused, other than those of keys that are pending deletion, which are actions. */
  refused: number;
  /** Reads that no control looks at. */
  reads: number;
  /** Records of services that are looked at, about something else. */
  otherServices: number;
  /** Data, Insights and network activity records. */
  notManagement: number;
  malformed: number;
  /** The first of them by file and byte, see `MOST_BAD_RECORDS`. */
  bad: BadRecord[];
  /** By account and Region, with a blank between. */
  readonly places: Map<string, PlaceTally>;
}

/** What a record can count as. */
export type Counted = 'actions' | 'uses' | 'refused' | 'reads' | 'otherServices' | 'notManagement';

/** A file of nothing but broken records must not fill the memory. */
export const MOST_BAD_RECORDS = 100;

/** A tally of nothing. */
export const startTally = (): Tally => ({
  kms: 0,
  actions: 0,
  uses: 0,
  refused: 0,
  reads: 0,
  otherServices: 0,
  notManagement: 0,
  malformed: 0,
  bad: [],
  places: new Map(),
});

/** Notes when and where a record is from. */
export function notePlace({ places }: Tally, account: string, region: string, time: string, isUse: boolean): void {
  const name = `${account} ${region}`;
  const place = places.get(name);
  const day = time.slice(0, 'yyyy-mm-dd'.length);
  if (place === undefined) places.set(name, { first: time, last: time, days: new Set([day]), hasUses: isUse });
  else {
    if (time < place.first) place.first = time;
    if (time > place.last) place.last = time;
    place.days.add(day);
    place.hasUses ||= isUse;
  }
}

/** Notes a record that cannot be read. */
export function noteBadRecord(tally: Tally, bad: BadRecord): void {
  tally.malformed += 1;
  if (tally.bad.length < MOST_BAD_RECORDS) tally.bad.push(bad);
}

/** Adds a tally to a sum. The order in which tallies are added does not matter. */
export function addTally(sum: Tally, other: Tally): void {
  for (const name of NUMBERS) sum[name] += other[name];
  if (other.bad.length > 0) sum.bad = [...sum.bad, ...other.bad].sort(byPlace).slice(0, MOST_BAD_RECORDS);
  for (const [name, place] of other.places) addPlace(sum.places, name, place);
}

const NUMBERS = [
  'kms',
  'actions',
  'uses',
  'refused',
  'reads',
  'otherServices',
  'notManagement',
  'malformed',
] as const satisfies readonly (keyof Tally)[];

const byPlace = (one: BadRecord, other: BadRecord): number =>
  one.file === other.file ? one.byte - other.byte : one.file < other.file ? -1 : 1;

function addPlace(places: Tally['places'], name: string, place: PlaceTally): void {
  const before = places.get(name);
  if (before === undefined) {
    places.set(name, place);
    return;
  }
  if (place.first < before.first) before.first = place.first;
  if (place.last > before.last) before.last = place.last;
  for (const day of place.days) before.days.add(day);
  before.hasUses ||= place.hasUses;
}
