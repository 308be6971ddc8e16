import type { KeyObject } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ReadPublicKeys } from '../../aws/public-keys.ts';
import type { Gap } from '../../reconcile/record-source.ts';
import type { Archive } from '../archive.ts';
import { listDays, readDigestName } from '../file-name.ts';
import { createGapList } from '../gaps.ts';
import { mapInOrder } from '../map-in-order.ts';
import { type ChainProblem, type Found, followChains } from './chain.ts';
import { findHoles, holds, joinSpans, type Span } from './coverage.ts';
import { openDigest, type StoredDigest } from './digest.ts';

/** What the digests of one account and Region prove. */
export interface Validation {
  readonly validated: number;
  /** Digests that are altered, moved, signed by nobody known, or missing. */
  readonly invalid: number;
  /** sha256 (hex) of the unpacked content of each log file that a valid digest names, by the name of its object. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether valid digests name every file that CloudTrail delivered around this time (ISO 8601 UTC, to the minute). */
  covers(at: string): boolean;
  /** ISO 8601 UTC; undefined when no digest is valid. */
  readonly lastEnd: string | undefined;
  readonly gaps: readonly Gap[];
}

/** Which digests are asked for, and where. */
export interface DigestQuestion {
  readonly archive: Archive;
  /** Name of the bucket. */
  readonly bucket: string;
  readonly account: string;
  readonly region: string;
  /** Files that CloudTrail delivered in this time are to be proven. */
  readonly delivered: Span;
  readonly readPublicKeys: ReadPublicKeys;
  readonly outOfTime?: () => boolean;
}

/**
 * A digest comes after its hour; one that ended later than this after the last file cannot name it first.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
 */
const AFTER = 2 * 3_600_000;
/** A key is looked up for so long around the time when a late digest was made. */
const AROUND = 3_600_000;
/** So many are fetched at once. */
const AT_ONCE = 8;
/** Whether a file of the first minutes has a digest shows in those of the minutes before. */
const BEFORE = 10 * 60_000;
/** A file's name has its minute; the digest that names it may be that of the neighbouring minute. */
const NEAR = 5 * 60_000;

/**
 * Validates the digests of a time. What cannot be read or proven is a gap, not an error.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 */
export async function validateDigests(question: DigestQuestion): Promise<Validation> {
  const { archive, region, delivered } = question;
  const gaps = createGapList(`digests of ${region}`);
  const tell = ({ key, reason }: ChainProblem) => gaps.add({ what: archive.nameFile(key), reason });
  const listed = await listDigests(question, gaps.add);
  const keys = listed.length === 0 ? undefined : await readKeys(question, delivered, gaps.add);
  const found: Found[] = [];
  let invalid = 0;
  for await (const { name, key, result } of openAll(question, keys === undefined ? [] : listed, keys ?? new Map())) {
    if (question.outOfTime?.() === true) {
      gaps.add({
        what: archive.nameFile(key),
        reason: 'The time of this run was used up before it and those after it were read.',
      });
      break;
    }
    found.push({ key, name, ...('digest' in result ? { digest: result.digest } : {}) });
    if ('digest' in result) continue;
    invalid += 1;
    tell({ key, reason: result.problem });
  }
  for (const problem of followChains(found, toIso(Date.parse(delivered.from) - BEFORE))) {
    invalid += 1;
    tell(problem);
  }
  const valid = found.flatMap(({ digest }) => digest ?? []);
  const spans = joinSpans(
    found.flatMap(({ digest, name }) =>
      digest === undefined || name.backfill ? [] : { from: digest.start, to: digest.end },
    ),
  );
  for (const hole of findHoles(spans, delivered)) gaps.add(describeHole(question, hole, listed.length > 0));
  return {
    validated: valid.length,
    invalid,
    files: new Map(
      valid.flatMap(({ files }) =>
        files.filter((file) => file.bucket === question.bucket).map(({ key, hash }) => [key, hash]),
      ),
    ),
    covers: (at) => {
      const time = Date.parse(at);
      return holds(spans, { from: toIso(time - NEAR), to: toIso(time + NEAR) });
    },
    lastEnd: spans.at(-1)?.to,
    gaps: gaps.list(),
  };
}

type Listed = Pick<Found, 'key' | 'name'>;

async function listDigests(
  { archive, account, region, delivered }: DigestQuestion,
  tell: (gap: Gap) => void,
): Promise<Listed[]> {
  const [from, to] = [Date.parse(delivered.from) - BEFORE, Date.parse(delivered.to) + AFTER];
  const listed: Listed[] = [];
  try {
    for (const day of listDays(toIso(from), toIso(to))) {
      for await (const key of archive.list('CloudTrail-Digest', account, region, day)) {
        const name = readDigestName(key);
        // A late digest is called by the hour that it is about.
        if (name === undefined || Date.parse(name.at) <= from || Date.parse(name.at) > to) continue;
        listed.push({ key, name });
      }
    }
  } catch (error) {
    tell({
      what: `${archive.name}${account}/CloudTrail-Digest/${region}/`,
      reason: `It cannot be listed: ${explain(error)}`,
    });
  }
  return listed;
}

/** @returns undefined when they cannot be read: then nothing is said of any digest */
async function readKeys(
  { region, readPublicKeys }: DigestQuestion,
  { from, to }: Span,
  tell: (gap: Gap) => void,
): Promise<ReadonlyMap<string, KeyObject> | undefined> {
  try {
    return await readPublicKeys(region, new Date(from), new Date(Date.parse(to) + AFTER));
  } catch (error) {
    const reason = `CloudTrail's public keys cannot be read, so no digest was validated: ${explain(error)} Allow cloudtrail:ListPublicKeys.`;
    tell({ what: `digests of ${region}`, reason });
    return undefined;
  }
}

type Opened = ReturnType<typeof openDigest>;
type Keys = ReadonlyMap<string, KeyObject>;

const openAll = (question: DigestQuestion, listed: readonly Listed[], keys: Keys) =>
  mapInOrder(listed, AT_ONCE, async (one) => ({ ...one, result: await openOne(question, one.key, keys) }));

async function openOne(question: DigestQuestion, key: string, keys: ReadonlyMap<string, KeyObject>): Promise<Opened> {
  const { archive, bucket } = question;
  try {
    const { metadata, body } = await archive.open(key);
    const stored: StoredDigest = { bucket, key, metadata, text: await unpack(await buffer(body)) };
    const made = metadata['backfill-generation-timestamp'];
    const late = made === undefined ? new Map<string, KeyObject>() : await readLateKeys(question, made);
    return openDigest(stored, new Map([...keys, ...late]));
  } catch (error) {
    return { problem: `It cannot be read: ${explain(error)}` };
  }
}

/** What is delivered late is signed with the key of the day on which it was made. */
async function readLateKeys({ region, readPublicKeys }: DigestQuestion, made: string) {
  const at = Date.parse(made);
  if (Number.isNaN(at)) return new Map<string, KeyObject>();
  return readPublicKeys(region, new Date(at - AROUND), new Date(at + AROUND));
}

/** A digest names the files of an hour; this is room for more than a hundred thousand. */
const LARGEST_DIGEST = 64 * 1024 * 1024;

const unpackAll = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const unpack = (packed: Buffer): Promise<Buffer> => unpackAll(packed, { maxOutputLength: LARGEST_DIGEST });

function describeHole({ archive, account, region }: DigestQuestion, { from, to }: Span, hasSome: boolean): Gap {
  const what = `${archive.name}${account}/CloudTrail-Digest/${region}/`;
  const advice = hasSome
    ? 'The trail did not log then, had no log file validation, or its digests were removed; the newest come about an hour late.'
    : 'There is none at all: turn log file validation of the trail on, or say that files are to be taken without it.';
  return {
    what,
    reason: `No valid digest is about the files that CloudTrail delivered from ${from} to ${to}. ${advice}`,
  };
}

const toIso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

/** As a sentence. */
export function explain(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return `${name}: ${message}`.replace(/[.\s]*$/, '.');
}
