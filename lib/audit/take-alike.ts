import { readIsoTime } from '../event/aws-date.ts';
import { isObject } from '../event/plain-json.ts';
import type { Place } from './read/file-report.ts';
import type { ShortCut } from './read/short-cut.ts';
import { type Bystander, listKeys, namesNoOther, readBystander, readPlainUse, type Use } from './read-plain.ts';
import { type Sorted, WATCHED_READS } from './sort-record.ts';

/** What all records of a kind have in common. */
export type Alike =
  | ({ readonly kind: 'use' } & Omit<Use, 'time' | 'keys'>)
  | ({ readonly kind: 'bystander' } & Omit<Bystander, 'time'>);

/** Members whose values differ from one use of a key to the next, and from one read to the next. */
export const VARYING = [
  'eventTime',
  'eventID',
  'requestID',
  'sharedEventID',
  'userIdentity',
  'sourceIPAddress',
  'userAgent',
  'requestParameters',
  'resources',
  'additionalEventData',
  'tlsDetails',
  'vpcEndpointId',
  'vpcEndpointAccountId',
  'sessionCredentialFromConsole',
] as const;

/**
 * Takes successful uses of keys, and what is only counted, by their texts: an archive holds thousands that differ in nothing
 * but these members. Anything that is not of the usual form is left to be parsed.
 *
 * @param put gets what such a record is to the audit
 */
export const createShortCut = (put: (sorted: Sorted, place: Place) => void): ShortCut<Alike> => ({
  varying: VARYING,
  learn: learnAlike,
  take: (alike, textOf, place) => {
    const sorted = sortAlike(alike, textOf);
    if (sorted !== undefined) put(sorted, place);
    return sorted !== undefined;
  },
});

function learnAlike(record: unknown): Alike | undefined {
  const use = readPlainUse(record);
  if (use !== undefined && !WATCHED_READS.has(use.operation)) {
    const { account, region, operation } = use;
    return { kind: 'use', account, region, operation };
  }
  const bystander = readBystander(record, WATCHED_READS);
  if (bystander === undefined) return undefined;
  const { as, account, region } = bystander;
  return { kind: 'bystander', as, account, region };
}

type TextOf = (name: string) => string | undefined;

/** @returns undefined when the record has to be parsed after all */
function sortAlike(alike: Alike, textOf: TextOf): Sorted | undefined {
  const time = readIsoTime((textOf('eventTime') ?? '').slice(1, -1));
  if (time === undefined || !/^"[A-Za-z0-9-]{1,128}"$/.test(textOf('eventID') ?? '')) return undefined;
  if (alike.kind === 'bystander') {
    const { as, account, region } = alike;
    return { kind: 'counted', as, isKms: as === 'reads', from: { account, region, time } };
  }
  const request = parse(textOf('requestParameters'));
  const keys = listKeys(parse(textOf('resources')));
  if (keys === undefined || !isObject(request) || request.dryRun !== undefined || !namesNoOther(request, keys)) {
    return undefined;
  }
  const { account, region, operation } = alike;
  return { kind: 'use', use: { account, region, time, operation, keys } };
}

/** Text that is no JSON is told by the reading of the whole record. */
function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
