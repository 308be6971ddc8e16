import { IAM_SOURCE } from '../../event/iam-operations.ts';
import type { KeyAction } from '../../event/key-action.ts';
import { arnOf } from '../../event/key-arn.ts';
import { KMS_SOURCE } from '../../event/operations.ts';
import { textOf } from '../../event/plain-json.ts';
import { TRAIL_SOURCE } from '../../event/trail-operations.ts';
import { isPendingDeletion } from '../../facts/deletion-order.ts';
import type { KeyFacts, Trail } from '../../facts/key-facts.ts';
import type { UseEntry } from '../entry.ts';
import type { PlaceTally } from '../tally.ts';
import {
  describeKeyFacts,
  describePolicyFacts,
  describeTrailFacts,
  OTHER_FACTS,
  type UsesInFiles,
} from './build-facts.ts';
import { listDayRuns } from './coverage-start.ts';
import { addToKey, EMPTY_RECORD, type KeyRecord, stateOf, tellUsed } from './key-record.ts';
import { addUses, findLastUse, type KeyUses } from './key-uses.ts';
import { addToPolicy, type PolicyRecord } from './policy-record.ts';
import { changeStore, readReplica } from './related-keys.ts';
import { addToTrail, listTrails } from './trail-record.ts';

/** What the records so far tell, of every key, policy and trail. Grows with their number, not with that of the records. */
export interface RecordedState {
  /** Adds the uses of a key; a minute of uses before the actions of that minute. */
  addUse(entry: UseEntry): void;
  /** Adds an action; actions come in the order of time. Only one that succeeded changes anything. */
  add(action: KeyAction): void;
  /** What is known of what an action is about, at its time. */
  factsOf(action: KeyAction): KeyFacts;
  /** Whether a key is pending deletion by the records so far; undefined when none tells. */
  isPending(keyArn: string): boolean | undefined;
  /** Names of the aliases of a key, for people. */
  aliasesOf(keyArn: string): readonly string[];
}

/**
 * @param places how far the records of each account and Region reach, by `<account> <Region>`
 * @param quietDays days without use after which a key counts as unused, of the policy
 */
export function createRecordedState(places: ReadonlyMap<string, PlaceTally>, quietDays: number): RecordedState {
  const keys = new Map<string, KeyRecord>();
  const uses = new Map<string, KeyUses>();
  const policies = new Map<string, PolicyRecord>();
  const trails = new Map<string, Trail>();
  /** ARN of an alias -> ARN of its key. */
  const aliases = new Map<string, string>();
  /** `<account> <Region>` -> when one of its key stores was disconnected last. */
  const disconnected = new Map<string, string>();
  const runs = new Map([...places].map(([name, { days }]) => [name, listDayRuns(days)]));

  /** A key that may be in a store that was disconnected since counts as used no more. */
  const isUsedBefore = (action: KeyAction): boolean => {
    const { at } = findLastUse(uses.get(action.subject), action.time) ?? {};
    return at !== undefined && Date.parse(at) > Date.parse(disconnected.get(placeOf(action)) ?? '0001-01-01T00:00:00Z');
  };

  const addKms = (action: KeyAction): void => {
    const { subject, api } = action;
    if (api.endsWith('CustomKeyStore')) changeStore(keys, action);
    if (api === 'DisconnectCustomKeyStore') disconnected.set(placeOf(action), action.time);
    if (!subject.includes(':key/')) return;
    moveAlias(keys, aliases, action);
    const before = keys.get(subject) ?? EMPTY_RECORD;
    keys.set(subject, addToKey(isUsedBefore(action) ? tellUsed(before, subject) : before, action));
    const replica = readReplica(action, keys);
    if (replica !== undefined) keys.set(replica.arn, replica.record);
  };

  const usesOf = (arn: string, time: string): UsesInFiles => {
    const [, , , region = '', account = ''] = arn.split(':');
    const name = `${account} ${region}`;
    const last = findLastUse(uses.get(arn), time);
    return { place: places.get(name), runs: runs.get(name) ?? [], last, quietDays };
  };

  return {
    addUse: (entry) => {
      uses.set(entry.key, addUses(uses.get(entry.key), entry));
    },
    add: (action) => {
      const { eventSource, outcome, subject } = action;
      if (outcome !== 'succeeded') return;
      if (eventSource === KMS_SOURCE) addKms(action);
      if (eventSource === IAM_SOURCE && subject.includes(':policy/')) {
        policies.set(subject, addToPolicy(policies.get(subject), action));
      }
      if (eventSource === TRAIL_SOURCE && subject.includes(':trail/')) {
        const trail = addToTrail(trails.get(subject), action);
        if (trail === undefined) trails.delete(subject);
        else trails.set(subject, trail);
      }
    },
    factsOf: (action) => {
      const { eventSource, subject, time } = action;
      if (eventSource === TRAIL_SOURCE) return describeTrailFacts(listTrails(trails.values(), action));
      if (eventSource === IAM_SOURCE) return describePolicyFacts(action, policies.get(subject));
      if (eventSource !== KMS_SOURCE || !subject.includes(':key/')) return OTHER_FACTS;
      return describeKeyFacts(action, keys.get(subject) ?? EMPTY_RECORD, usesOf(subject, time));
    },
    isPending: (arn) => isPending(keys.get(arn)),
    aliasesOf: (arn) => [...(keys.get(arn)?.aliases ?? [])].sort(),
  };
}

const placeOf = ({ account, region }: KeyAction): string => `${account} ${region}`;

function isPending(record: KeyRecord | undefined): boolean | undefined {
  const state = record === undefined ? undefined : stateOf(record);
  return state === undefined ? undefined : isPendingDeletion({ state });
}

/** An alias belongs to one key at a time: https://docs.aws.amazon.com/kms/latest/developerguide/alias-manage.html */
function moveAlias(keys: Map<string, KeyRecord>, aliases: Map<string, string>, action: KeyAction): void {
  const name = textOf(action.request, 'aliasName');
  if (name === undefined || !/^(Create|Update|Delete)Alias$/.test(action.api)) return;
  const arn = arnOf('kms', action, name);
  const before = aliases.get(arn);
  if (before !== undefined) changeAliases(keys, before, (all) => all.delete(name));
  if (action.api === 'DeleteAlias') {
    aliases.delete(arn);
    changeAliases(keys, action.subject, (all) => all.delete(name));
  } else {
    aliases.set(arn, action.subject);
    changeAliases(keys, action.subject, (all) => all.add(name));
  }
}

function changeAliases(keys: Map<string, KeyRecord>, key: string, change: (all: Set<string>) => unknown): void {
  const record = keys.get(key) ?? EMPTY_RECORD;
  const all = new Set(record.aliases);
  change(all);
  keys.set(key, { ...record, aliases: all });
}
