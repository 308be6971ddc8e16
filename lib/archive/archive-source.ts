import type { ReadPublicKeys } from '../aws/public-keys.ts';
import { IAM_SOURCE } from '../event/iam-operations.ts';
import { fieldOf, isObject } from '../event/plain-json.ts';
import { isDirect } from '../event/same-action.ts';
import type { CompletenessStatement } from '../ledger/entry.ts';
import { findGlobalRegion } from '../reconcile/global-region.ts';
import type { Gap, ReadPart, RecordSource, Window } from '../reconcile/record-source.ts';
import type { Archive } from './archive.ts';
import { explain, type Validation, validateDigests } from './digest/validate-digests.ts';
import { listDays, readLogName } from './file-name.ts';
import { createGapList, type GapList } from './gaps.ts';
import { mapInOrder } from './map-in-order.ts';
import { type LogContent, readLog } from './read-log.ts';

/** What an archive is read for. */
export interface ArchiveOptions {
  readonly archive: Archive;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /**
   * How long after the window files are still looked at, in hours: CloudTrail delivers most records within minutes, and some
   * up to 30 days late. Default: 24.
   */
  readonly lookAheadHours?: number;
  /** Absent: files are taken without validation, because the caller says so. */
  readonly readPublicKeys?: ReadPublicKeys;
  readonly clock: () => Date;
  /** Whether to stop, because what is still to be done needs the time that is left. Default: never. */
  readonly outOfTime?: () => boolean;
}

const NOTHING = { validated: 0, invalid: 0, filesValidated: 0, filesInvalid: 0, filesWithoutDigest: 0 };

type Digests = NonNullable<CompletenessStatement['digests']>;

const HOUR = 3_600_000;
/** A record can be in a file of the same minute. */
const BEFORE = 5 * 60_000;
/** A file so young may have no digest yet: digests come hourly. */
const YOUNG = 2 * HOUR;
/** So many files are fetched at once. */
const AT_ONCE = 4;
const OUT_OF_TIME = 'The time of this run was used up before they were read; ask for a shorter window.';

/**
 * Makes the source that reads CloudTrail's log files, of any age. Of the Region of global services, if that is another one, only
 * the records of IAM are read.
 *
 * A file that is known not to be as CloudTrail wrote it (its content is another one, or no digest of its time names it) is named
 * as a gap, and none of its records is given: they would get into the ledger as if they were CloudTrail's. A file of which nothing
 * can be proven is a gap too, and its records are given.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html (global service events)
 */
export function createArchiveSource(options: ArchiveOptions): RecordSource {
  const { archive, account, region, lookAheadHours = 24 } = options;
  const globalRegion = findGlobalRegion(region);
  let counts = { ...NOTHING };
  const nameFolder = (one: string) =>
    `${archive.name}${archive.bucket === undefined ? ', files of ' : ''}${account}/CloudTrail/${one}/`;
  const described = `log files delivered in the window and ${lookAheadHours} hours after it`;
  return {
    source: 'archive',
    account,
    region,
    queries: [
      `${nameFolder(region)}: ${described}; records of KMS, IAM, CloudTrail and what Keywarden is made of, without successful uses and reads of keys`,
      ...(globalRegion === region ? [] : [`${nameFolder(globalRegion)}: ${described}; records of IAM`]),
      options.readPublicKeys === undefined
        ? 'log files were taken as they are, without the digests of CloudTrail'
        : `${archive.name}${account}/CloudTrail-Digest/: digests of the same time, with the public keys of ListPublicKeys`,
    ],
    notAsked: options.readPublicKeys === undefined ? [...NOT_ASKED, NOT_PROVEN] : NOT_ASKED,
    covers: (action) =>
      action.account === account &&
      !isDirect(action) &&
      (action.region === region || (action.region === globalRegion && action.eventSource === IAM_SOURCE)),
    async *read(window) {
      checkWindow(window);
      counts = { ...NOTHING };
      const shared = { ...options, lookAheadHours, window, counts };
      yield* readRegion(region, () => true, shared);
      if (globalRegion !== region) yield* readRegion(globalRegion, isOfIam, shared);
    },
    ...(options.readPublicKeys === undefined ? {} : { digests: () => ({ ...counts }) }),
  };
}

const NOT_ASKED: readonly string[] = [
  'What KMS tells EventBridge itself (rotation, expiration, deletion): such an event has an id of its own, and CloudTrail has a record of the same happening, which is compared.',
];

const NOT_PROVEN =
  'Whether log files are missing or altered: only the digests of CloudTrail show that, and they were not read. What a file that is not there has told nobody knows.';

/** @throws {RangeError} for a window that is none */
function checkWindow({ from, to }: Window): void {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (Number.isNaN(start) || Number.isNaN(end) || start >= end) {
    throw new RangeError(
      `The window is from ${from} to ${to}; give two times in UTC, the first one before the second.`,
    );
  }
}

const isOfIam = (record: unknown): boolean => isObject(record) && fieldOf(record, 'eventSource') === IAM_SOURCE;

interface Reading extends ArchiveOptions {
  readonly lookAheadHours: number;
  readonly window: Window;
  /** Kept up to date while files are read. */
  readonly counts: { -readonly [Name in keyof Digests]: Digests[Name] };
}

async function* readRegion(
  region: string,
  isAsked: (record: unknown) => boolean,
  reading: Reading,
): AsyncGenerator<ReadPart> {
  const { archive, counts, window } = reading;
  const gaps = createGapList(`log files of ${region}`);
  const delivered = findDelivered(reading);
  const validation = await validate(region, delivered, reading, gaps);
  for (const gap of validation?.gaps ?? []) yield { gap };
  const keys = await listLogs(region, delivered, reading, gaps);
  if (keys !== undefined && keys.length === 0 && !isProvenEmpty(validation)) gaps.add(describeNothing(region, reading));
  if (keys !== undefined) tellMissing(keys, validation, delivered, reading, gaps);
  const contents = mapInOrder(keys ?? [], AT_ONCE, async (key) => ({ key, content: await readLog(archive, key) }));
  for await (const { key, content } of contents) {
    if (reading.outOfTime?.() === true) {
      gaps.add({ what: `log files of ${region} from ${archive.nameFile(key)} on`, reason: OUT_OF_TIME });
      break;
    }
    const records = content.records.filter((record) => isIn(window, record) && isAsked(record));
    const problem = judgeFile(key, content, records.length > 0, validation, reading);
    if (problem !== undefined) gaps.add({ what: archive.nameFile(key), reason: problem.reason });
    if (problem?.withheld === true) counts.filesInvalid += 1;
    else for (const record of records) yield { record };
  }
  for (const gap of gaps.list()) yield { gap };
}

/** Files of which time can have records of the window; never of the future. ISO 8601 UTC. */
function findDelivered({ window, lookAheadHours, clock }: Reading): { from: string; to: string } {
  const last = Math.min(Date.parse(window.to) + lookAheadHours * HOUR, clock().getTime());
  const to = Math.max(last, Date.parse(window.from));
  return { from: window.from, to: toSecond(to) };
}

const toSecond = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

async function validate(
  region: string,
  delivered: { from: string; to: string },
  { archive, account, readPublicKeys, counts, window, clock, outOfTime }: Reading,
  gaps: GapList,
): Promise<Validation | undefined> {
  if (readPublicKeys === undefined) return undefined;
  const { bucket } = archive;
  if (bucket === undefined) {
    const reason =
      'The files of a folder cannot be validated: the signatures of digests are in the metadata of the objects in S3. Read the bucket, or say that files are to be taken without validation.';
    gaps.add({ what: archive.name, reason });
    return undefined;
  }
  // The digest of the last hour or two is not there yet, and what came late in them is not proven to be missing.
  const proven = Math.max(Date.parse(window.to), Math.min(Date.parse(delivered.to), clock().getTime() - YOUNG));
  const span = { from: delivered.from, to: toSecond(proven) };
  const limit = outOfTime === undefined ? {} : { outOfTime };
  const validation = await validateDigests({
    archive,
    bucket,
    account,
    region,
    delivered: span,
    readPublicKeys,
    ...limit,
  });
  counts.validated += validation.validated;
  counts.invalid += validation.invalid;
  return validation;
}

/** @returns undefined when they cannot be listed, which is told */
async function listLogs(
  region: string,
  { from, to }: { from: string; to: string },
  { archive, account }: Reading,
  gaps: GapList,
): Promise<string[] | undefined> {
  const keys: string[] = [];
  const first = Date.parse(from) - BEFORE;
  try {
    for (const day of listDays(toSecond(first), to)) {
      for await (const key of archive.list('CloudTrail', account, region, day)) {
        const name = readLogName(key);
        if (name !== undefined && Date.parse(name.at) >= first && Date.parse(name.at) <= Date.parse(to)) keys.push(key);
      }
    }
    return keys;
  } catch (error) {
    gaps.add({ what: `log files of ${region} in ${archive.name}`, reason: `They cannot be listed: ${explain(error)}` });
    return undefined;
  }
}

/** Digests prove an hour without files, too. */
const isProvenEmpty = (validation: Validation | undefined): boolean =>
  validation !== undefined && validation.validated > 0 && validation.gaps.length === 0;

function describeNothing(region: string, { archive, account, window }: Reading): Gap {
  const reason = `There is no log file of the account ${account} from ${window.from} on. Does the trail record this Region, and is the place right? The files of a trail of an organization lie below its id.`;
  return { what: `log files of ${region} in ${archive.name}`, reason };
}

/** A digest names it, and it is gone. */
function tellMissing(
  keys: readonly string[],
  validation: Validation | undefined,
  delivered: { from: string; to: string },
  { archive, counts }: Reading,
  gaps: GapList,
): void {
  const there = new Set(keys);
  for (const key of validation?.files.keys() ?? []) {
    const at = Date.parse(readLogName(key)?.at ?? delivered.from);
    if (there.has(key) || at < Date.parse(delivered.from) - BEFORE || at > Date.parse(delivered.to)) continue;
    counts.filesInvalid += 1;
    gaps.add({ what: archive.nameFile(key), reason: 'It is missing: a valid digest of CloudTrail names it.' });
  }
}

interface FileProblem {
  readonly reason: string;
  /** None of its records may be used. */
  readonly withheld: boolean;
}

function judgeFile(
  key: string,
  { hash, problems }: LogContent,
  hasRecords: boolean,
  validation: Validation | undefined,
  { counts, clock }: Reading,
): FileProblem | undefined {
  const unread = problems.length === 0 ? undefined : { reason: describeProblems(problems), withheld: false };
  if (validation === undefined) return unread;
  const expected = validation.files.get(key);
  if (expected !== undefined) {
    const said = unread === undefined ? '' : ` ${unread.reason}`;
    if (hash !== expected) {
      return {
        reason: `It was altered: its content is not what CloudTrail's digest says. None of it was used.${said}`,
        withheld: true,
      };
    }
    counts.filesValidated += 1;
    return unread;
  }
  const { at = '' } = readLogName(key) ?? {};
  if (validation.covers(at)) {
    const reason =
      'No digest names it, although digests name all files that CloudTrail delivered at that time. None of it was used.';
    return { reason, withheld: true };
  }
  counts.filesWithoutDigest += 1;
  const isYoung = Date.parse(at) > clock().getTime() - YOUNG;
  if (unread === undefined && isYoung && !hasRecords) return undefined;
  const reason = isYoung
    ? 'No digest names it yet, because digests come hourly; look again in two hours.'
    : 'No valid digest is about the time of its delivery, so nothing proves that it is as CloudTrail wrote it.';
  return { reason: [reason, unread?.reason].filter((one) => one !== undefined).join(' '), withheld: false };
}

/** So many are told of one file. */
const TOLD_PROBLEMS = 3;

function describeProblems(problems: readonly string[]): string {
  const more = problems.length > TOLD_PROBLEMS ? [`There are ${problems.length - TOLD_PROBLEMS} more problems.`] : [];
  return [...problems.slice(0, TOLD_PROBLEMS), ...more].join(' ');
}

/** A record without a time that can be read is for the reader of records to refuse. */
function isIn({ from, to }: Window, record: unknown): boolean {
  const time = isObject(record) ? Date.parse(String(fieldOf(record, 'eventTime'))) : Number.NaN;
  return Number.isNaN(time) || (time >= Date.parse(from) && time < Date.parse(to));
}
