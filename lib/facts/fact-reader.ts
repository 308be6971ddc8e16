import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type GrantListEntry,
  type KMSClient,
  ListGrantsCommand,
  paginateListAliases,
  paginateListResourceTags,
} from '@aws-sdk/client-kms';
import { type Grant, readListedGrant } from '../iam/grant.ts';
import { attemptRead, describeGone, nameOf } from './attempt-read.ts';
import { describeKey } from './key-description.ts';
import {
  type Fact,
  type FactName,
  factsUnread,
  type KeyDescription,
  type KeyFacts,
  type KeyHistory,
  known,
  type RotationStatus,
  type Rotations,
  type Trail,
  type Unread,
  unread,
} from './key-facts.ts';
import { type ReadHistory, readPast } from './past-reader.ts';
import { showText } from './plain-text.ts';
import { judgeRotationEligibility } from './rotation-eligibility.ts';
import { readRotations } from './rotations-reader.ts';
import type { ReadTrails } from './trail-reader.ts';
import { type ReadLastUse, readUsage } from './usage-reader.ts';

/** Where and how to read. */
export interface FactReaderOptions {
  readonly kms: KMSClient;
  /** ARN of the key, or of an alias of it. Any other text makes every fact Unread. */
  readonly arn: string;
  /** Account and Region where Keywarden runs: the key of another one is left to the Keywarden there. */
  readonly account: string;
  readonly region: string;
  /**
   * What to do when a read fails in a way that passes by itself. `throw` a {@link TransientReadError}, so that the message
   * returns to its queue; or take the fact as `unread`, because this was the last delivery and the rest must be recorded.
   */
  readonly onTransient: 'throw' | 'unread';
  /** Id of the grant that is asked about, when one is. */
  readonly grantId?: string | undefined;
  /** Tells what the record of a key, by its ARN, says of its past; throws what the store throws. Absent: nobody keeps one. */
  readonly readHistory?: ReadHistory | undefined;
  /** Tells the last use of a key that log files of CloudTrail show; absent: nobody reads them. */
  readonly readLastUse?: ReadLastUse | undefined;
  /** Tells which trails record the Region; absent: nobody does. */
  readonly readTrails?: ReadTrails | undefined;
}

/** Reads what is true of one key. A fact that nobody asked for is Unread; a fact is read once until it is re-read. */
export interface FactReader {
  /** @throws {TransientReadError} with `onTransient: 'throw'` */
  read(names: readonly FactName[]): Promise<KeyFacts>;
  /**
   * The same, asking AWS anew for these facts.
   * @throws {TransientReadError} with `onTransient: 'throw'`
   */
  reread(names: readonly FactName[]): Promise<KeyFacts>;
}

/** The facts of one key while they are read; each is a promise, so that two who need the same share one call. */
interface Reading {
  readonly options: FactReaderOptions;
  readonly memo: Map<FactName, Promise<Fact<unknown>>>;
}

/**
 * Reads the facts of one key from KMS, lazily: one call for each fact that is asked for (the lists may have pages), none
 * for a fact that is already known, and none that KMS would refuse (the rotation status of a key that cannot rotate).
 * `rotation` and `rotations` need the key's description and read it first.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html
 */
export function createFactReader(options: FactReaderOptions): FactReader {
  const elsewhere = findWhyElsewhere(options);
  const reading: Reading = { options, memo: new Map() };
  return {
    read: (names) => readAll(reading, names, elsewhere),
    reread: (names) => {
      for (const name of names) reading.memo.delete(name);
      return readAll(reading, names, elsewhere);
    },
  };
}

const KMS_ARN = /^arn:[a-z-]+:kms:([a-z0-9-]+):(\d{12}):(key|alias)\/.+$/;

/** Why the key cannot be read from here; undefined when it can. */
function findWhyElsewhere({ arn, account, region }: FactReaderOptions): Unread | undefined {
  const [, keyRegion, keyAccount] = KMS_ARN.exec(arn) ?? [];
  if (keyRegion === undefined || keyAccount === undefined) {
    return unread(`${showText(arn)} names no key; find the key in the record of the action and verify it by its ARN`);
  }
  if (keyAccount !== account) {
    return unread(
      `key ${showText(nameOf(arn))} belongs to account ${keyAccount} and Keywarden runs in ${account}; verify it in its own account`,
    );
  }
  if (keyRegion !== region) {
    return unread(
      `key ${showText(nameOf(arn))} is in ${keyRegion} and Keywarden runs in ${region}; verify it in its own Region`,
    );
  }
  return undefined;
}

async function readAll(reading: Reading, names: readonly FactName[], elsewhere?: Unread): Promise<KeyFacts> {
  const pick = async <T>(name: FactName, read: (reading: Reading) => Promise<Fact<T>>): Promise<Fact<T>> => {
    if (!names.includes(name)) return unread('it was not read');
    return elsewhere ?? remember(reading, name, read);
  };
  const [key, rotation, rotations, tags, aliases, keyPolicy, grant, usage, history, trails] = await Promise.all([
    pick('key', readKey),
    pick('rotation', readRotation),
    pick('rotations', readRotationsOfKey),
    pick('tags', (it) => readOfKey(it, names, readTags)),
    pick('aliases', (it) => readOfKey(it, names, readAliases)),
    pick('keyPolicy', (it) => readOfKey(it, names, readKeyPolicy)),
    pick('grant', (it) => readOfKey(it, names, readGrant)),
    pick('usage', (it) => readOfKey(it, names, readUsage)),
    pick('history', readPastOfKey),
    pick('trails', readTrailsOfRegion),
  ]);
  const iamPolicy = unread('a key is no IAM policy');
  return { ...NOTHING, key, rotation, rotations, tags, aliases, keyPolicy, grant, usage, history, trails, iamPolicy };
}

const NOTHING = factsUnread('it was not read');

/** Not of the key, but of where it is: its use is logged there or not. */
const readTrailsOfRegion = async ({ options }: Reading): Promise<Fact<readonly Trail[]>> =>
  (await options.readTrails?.(options.onTransient)) ?? unread('nobody looks at the trails of CloudTrail here');

/** A read that threw is forgotten, so that the next one asks again. */
function remember<T>(reading: Reading, name: FactName, read: (reading: Reading) => Promise<Fact<T>>) {
  const before = reading.memo.get(name);
  if (before !== undefined) return before as Promise<Fact<T>>;
  const now = read(reading);
  reading.memo.set(name, now);
  now.catch(() => reading.memo.get(name) === now && reading.memo.delete(name));
  return now;
}

const readKey = ({ options }: Reading): Promise<Fact<KeyDescription | 'missing'>> =>
  attemptRead<KeyDescription | 'missing'>(options, 'DescribeKey', known('missing' as const), async () => {
    const { KeyMetadata } = await options.kms.send(new DescribeKeyCommand({ KeyId: options.arn }));
    return () => describeKey(KeyMetadata, nameOf(options.arn));
  });

/** KMS refuses this call for a key that cannot rotate, and its answer for a key that is pending deletion misleads. */
async function readRotation(reading: Reading): Promise<Fact<RotationStatus>> {
  const { options } = reading;
  const key = await remember(reading, 'key', readKey);
  if (!key.known) return key;
  if (key.value === 'missing') return describeGone(options);
  const { arn, keyId } = key.value;
  const eligibility = judgeRotationEligibility(key.value);
  if (!eligibility.eligible) {
    return unread(`the rotation of key ${showText(keyId)} was not looked up, because ${eligibility.reason}`);
  }
  return attemptRead(options, 'GetKeyRotationStatus', describeGone(options), async () => {
    const answer = await options.kms.send(new GetKeyRotationStatusCommand({ KeyId: arn }));
    return () => describeRotation(answer, keyId);
  });
}

/** Which keys have rotations depends on the key, so its description is read first. */
async function readRotationsOfKey(reading: Reading): Promise<Fact<Rotations>> {
  const { options } = reading;
  const key = await remember(reading, 'key', readKey);
  if (!key.known) return key;
  return key.value === 'missing' ? describeGone(options) : readRotations(options, key.value);
}

interface RotationAnswer {
  readonly KeyRotationEnabled?: boolean | undefined;
  readonly RotationPeriodInDays?: number | undefined;
  readonly NextRotationDate?: Date | undefined;
  readonly OnDemandRotationStartDate?: Date | undefined;
}

function describeRotation(answer: RotationAnswer, keyId: string): Fact<RotationStatus> {
  const { KeyRotationEnabled: enabled, RotationPeriodInDays: days, NextRotationDate: next } = answer;
  const { OnDemandRotationStartDate: started } = answer;
  if (enabled === undefined) {
    return unread(`KMS did not say whether key ${showText(keyId)} rotates; verify the key again later`);
  }
  return known({
    enabled,
    ...(days === undefined ? {} : { periodInDays: days }),
    ...(next === undefined ? {} : { nextAt: next.toISOString() }),
    ...(started === undefined ? {} : { onDemandStartedAt: started.toISOString() }),
  });
}

/** Facts that are read by the description of the key, and the description itself. */
const NEEDS_DESCRIPTION: readonly FactName[] = ['key', 'rotation', 'rotations'];

/**
 * Reads a list of the key. The description comes first when it is asked for too (a key that is gone then costs one call),
 * or when only an alias is at hand, which the list operations do not take.
 */
async function readOfKey<T>(
  reading: Reading,
  names: readonly FactName[],
  read: (options: FactReaderOptions, arn: string) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  const { options, memo } = reading;
  const isAlias = options.arn.includes(':alias/');
  const describesFirst = isAlias || memo.has('key') || NEEDS_DESCRIPTION.some((name) => names.includes(name));
  if (!describesFirst) return read(options, options.arn);
  const key = await remember(reading, 'key', readKey);
  if (key.known) return key.value === 'missing' ? describeGone(options) : read(options, key.value.arn);
  return isAlias ? key : read(options, options.arn);
}

/** 50 is the most that KMS gives on one page of tags, and the most tags a key may have. */
const readTags = (options: FactReaderOptions, arn: string): Promise<Fact<Readonly<Record<string, string>>>> =>
  attemptRead<Readonly<Record<string, string>>>(options, 'ListResourceTags', describeGone(options), async () => {
    const tags = new Map<string, string>();
    for await (const page of paginateListResourceTags({ client: options.kms, pageSize: 50 }, { KeyId: arn })) {
      for (const { TagKey, TagValue } of page.Tags ?? []) if (TagKey !== undefined) tags.set(TagKey, TagValue ?? '');
    }
    return () => known(Object.fromEntries(tags));
  });

const readAliases = (options: FactReaderOptions, arn: string): Promise<Fact<readonly string[]>> =>
  attemptRead<readonly string[]>(options, 'ListAliases', describeGone(options), async () => {
    const names: string[] = [];
    for await (const page of paginateListAliases({ client: options.kms, pageSize: 100 }, { KeyId: arn })) {
      for (const { AliasName } of page.Aliases ?? []) if (AliasName !== undefined) names.push(AliasName);
    }
    return () => known(names);
  });

/** `default` is the only name that a key policy can have. */
const readKeyPolicy = (options: FactReaderOptions, arn: string): Promise<Fact<string>> =>
  attemptRead<string>(options, 'GetKeyPolicy', describeGone(options), async () => {
    const { Policy } = await options.kms.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }));
    return () =>
      Policy === undefined ? unread(`KMS did not give the policy of key ${showText(nameOf(arn))}`) : known(Policy);
  });

/** The record of a key outlives it, and knows it by its ARN only. */
async function readPastOfKey(reading: Reading): Promise<Fact<KeyHistory>> {
  const { options } = reading;
  if (!options.arn.includes(':alias/')) return readPast(options, options.arn);
  const key = await remember(reading, 'key', readKey);
  if (!key.known) return key;
  return key.value === 'missing' ? describeGone(options) : readPast(options, key.value.arn);
}

/** One grant by its id: a key may have 50,000 of them. */
function readGrant(options: FactReaderOptions, arn: string): Promise<Fact<Grant | 'missing'>> {
  const { kms, grantId } = options;
  if (grantId === undefined) return Promise.resolve(unread('no grant was named'));
  return attemptRead<Grant | 'missing'>(options, 'ListGrants', describeGone(options), async () => {
    const entries = await listGrant(kms, arn, grantId);
    return () =>
      toGrant(
        entries.find((entry) => entry.GrantId === grantId),
        arn,
      );
  });
}

/** KMS may refuse the id of a grant that is gone instead of listing nothing. */
async function listGrant(kms: KMSClient, arn: string, grantId: string): Promise<readonly GrantListEntry[]> {
  try {
    return (await kms.send(new ListGrantsCommand({ KeyId: arn, GrantId: grantId }))).Grants ?? [];
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidGrantIdException') return [];
    throw error;
  }
}

function toGrant(entry: unknown, arn: string): Fact<Grant | 'missing'> {
  if (entry === undefined) return known('missing' as const);
  try {
    return known(readListedGrant(entry, arn));
  } catch (error) {
    return unread(`a grant of key ${showText(nameOf(arn))} could not be read: ${showText(String(error))}`);
  }
}
