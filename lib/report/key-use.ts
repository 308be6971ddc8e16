import type { UseRow } from '../key-use/count.ts';
import type { KeyUseSummary, Place, TimeWindow } from './pack-data.ts';
import type { Tables } from './tables.ts';

/** Where the uses of keys are read from; what it throws is why they cannot be. */
export interface KeyUseSource {
  uses(window: TimeWindow): AsyncIterable<UseRow>;
  /** Hours of which at least one file was looked at. */
  hours(window: TimeWindow): AsyncIterable<Place & { readonly partial: number; readonly unread: number }>;
}

const HOUR = 3_600_000;

/**
 * Writes the uses of the window. What cannot be read is said, and is no reason to make no pack.
 *
 * @param places of the ledger: of one without any file, no hour was looked at
 */
export async function collectKeyUse(
  source: KeyUseSource | { readonly problem: string },
  window: TimeWindow,
  tables: Tables,
  places: readonly Place[],
): Promise<KeyUseSummary> {
  if ('problem' in source) return { collected: false, reason: `Not collected: ${source.problem}` };
  try {
    const counted = await writeUses(source, window, tables);
    const hours = await countHours(source, window, places);
    if (hours.hours.length === 0) return { collected: false, reason: NOTHING_READ };
    return { collected: true, ...counted, ...hours, table: tables.show('key-use') };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    return { collected: false, reason: `The uses of keys could not be read (${name}: ${message}).` };
  }
}

async function writeUses(source: KeyUseSource, window: TimeWindow, tables: Tables) {
  const keys = new Set<string>();
  let [uses, number] = [0, 0];
  for await (const use of source.uses(window)) {
    number += 1;
    keys.add(use.key);
    uses += use.succeeded + use.denied + use.failed + use.dryRuns;
    tables.add('key-use', { ...use, id: `${use.key}#${use.hour}#${number}` });
  }
  return { uses, keys: keys.size };
}

const NOTHING_READ = 'Not collected: no log file of CloudTrail about this time was read.';

async function countHours(source: KeyUseSource, window: TimeWindow, places: readonly Place[]) {
  const all = Math.ceil((Date.parse(window.to) - Date.parse(window.from)) / HOUR);
  const looked = new Map(places.map((place) => [`${place.account} ${place.region}`, { ...place, looked: 0 }]));
  let unreadFiles = 0;
  for await (const { account, region, partial, unread } of source.hours(window)) {
    unreadFiles += partial + unread;
    const place = looked.get(`${account} ${region}`) ?? { account, region, looked: 0 };
    looked.set(`${account} ${region}`, { ...place, looked: place.looked + (partial + unread === 0 ? 1 : 0) });
  }
  const hours = [...looked.values()].map((place) => ({ ...place, notLooked: Math.max(0, all - place.looked) }));
  return { hours, unreadFiles };
}
