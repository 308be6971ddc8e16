import { parseAwsDate } from '../../event/aws-date.ts';
import type { KeyAction } from '../../event/key-action.ts';
import { partitionOf } from '../../event/key-arn.ts';
import { fieldOf, isObject, textOf } from '../../event/plain-json.ts';
import type { KeyDescription, KeyHistory, RotationStatus, Rotations } from '../../facts/key-facts.ts';
import { EMPTY_HISTORY, nextHistory } from '../../facts/key-history.ts';
import { DAY, readWaitingDays } from '../../facts/waiting-period.ts';
import { readCreatedKey } from './created-key.ts';
import { addProof, markTold, startOldKey } from './old-key.ts';
import { proveTraits } from './proven-traits.ts';

/** What the records so far tell of one key. What none of them told is absent. */
export interface KeyRecord {
  /** Of a key that is older than the records, what they prove. */
  readonly key?: KeyDescription | 'missing';
  /** CreateKey is among the records, so that they are the whole life of the key. */
  readonly created: boolean;
  readonly customKeyStoreId?: string;
  readonly rotation?: RotationStatus;
  /** The newest first. */
  readonly rotations: Rotations['done'];
  readonly tags?: ReadonlyMap<string, string>;
  readonly aliases: ReadonlySet<string>;
  readonly keyPolicy?: string;
  readonly history: KeyHistory;
}

/** Of a key that no record told of yet. */
export const EMPTY_RECORD: KeyRecord = {
  created: false,
  rotations: [],
  aliases: new Set(),
  history: EMPTY_HISTORY,
};

type Step = (record: KeyRecord, action: KeyAction) => KeyRecord;

/**
 * Adds a succeeded action on a key to what is known of it.
 *
 * @param action of KMS, about that key
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function addToKey(record: KeyRecord, action: KeyAction): KeyRecord {
  const proven = action.api === 'CreateKey' ? record : prove(record, action);
  const after = STEPS.get(action.api)?.(proven, action) ?? proven;
  return { ...after, history: leaveOutDoubt(nextHistory(record.history, action), record, action) };
}

/** Leaves out who made an older key unusable where somebody may have done so before the records begin. */
function leaveOutDoubt(after: KeyHistory, before: KeyRecord, { api }: KeyAction): KeyHistory {
  if (before.created || isFirstToDisable(before, api)) return after;
  const { disabledBy: _by, materialLost: _lost, ...rest } = after;
  return rest;
}

/**
 * DisableKey of a disabled key succeeds and changes nothing, and so does the deletion of material that is gone. A key that
 * comes back from its deletion is without its imported material when it was so before.
 */
function isFirstToDisable({ history, ...record }: KeyRecord, api: string): boolean {
  const wasUsable = traitOf(record, 'state') === 'Enabled';
  switch (api) {
    case 'DisableKey':
      return wasUsable || history.disabledBy !== undefined;
    case 'DeleteImportedKeyMaterial':
      return wasUsable || history.materialLost !== undefined;
    case 'CancelKeyDeletion':
      return traitOf(record, 'origin') === 'AWS_KMS' || history.materialLost !== undefined;
    default:
      return true;
  }
}

/**
 * Says that a key that was used was enabled, where nothing tells its state yet: a change of it since would be among the records.
 *
 * @param arn of the key
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function tellUsed(record: KeyRecord, arn: string): KeyRecord {
  const { key = startOldKey(arn) } = record;
  return key === 'missing' ? record : { ...record, key: addProof(key, { state: 'Enabled' }) };
}

function prove(record: KeyRecord, action: KeyAction): KeyRecord {
  const { key = startOldKey(action.subject) } = record;
  return key === 'missing' ? record : { ...record, key: addProof(key, proveTraits(action)) };
}

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['CreateKey', create],
  ['EnableKey', (record) => changeState(record, 'Enabled')],
  ['DisableKey', (record) => changeState(record, 'Disabled')],
  ['ScheduleKeyDeletion', schedule],
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
  ['CancelKeyDeletion', (record) => changeState(record, 'Disabled')],
  ['DeleteKey', ({ aliases: _gone, ...record }) => ({ ...record, key: 'missing', aliases: new Set() })],
  ['ImportKeyMaterial', (record) => (stateOf(record) === 'PendingImport' ? changeState(record, 'Enabled') : record)],
  ['DeleteImportedKeyMaterial', loseMaterial],
  ['DeleteExpiredKeyMaterial', loseMaterial],
  ['EnableKeyRotation', startRotation],
  ['DisableKeyRotation', (record) => ({ ...record, rotation: { enabled: false } })],
  ['RotateKeyOnDemand', startRotationOnDemand],
  ['RotateKey', rotate],
  ['PutKeyPolicy', putPolicy],
  ['TagResource', tag],
  ['UntagResource', untag],
  ['UpdateKeyDescription', describe],
  ['UpdatePrimaryRegion', movePrimary],
]);

function create(before: KeyRecord, action: KeyAction): KeyRecord {
  const { key, customKeyStoreId } = readCreatedKey(action);
  // That of a replica may be known already, from the record of ReplicateKey.
  const keyPolicy = readPolicyAtBirth(action, key) ?? (key?.multiRegion === 'replica' ? before.keyPolicy : undefined);
  return {
    created: true,
    ...(key === undefined ? {} : { key }),
    ...(customKeyStoreId === undefined ? {} : { customKeyStoreId }),
    // https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-enable.html: off until somebody enables it.
    rotation: { enabled: false },
    rotations: [],
    tags: new Map(readTags(action)),
    aliases: new Set(),
    ...(keyPolicy === undefined ? {} : { keyPolicy }),
    history: EMPTY_HISTORY,
  };
}

/**
 * The policy that the request gave, or the one that KMS gives when it gave none. A replica gets the policy of ReplicateKey,
 * whose record is in the Region of the primary key.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function readPolicyAtBirth(
  { request, account, region }: KeyAction,
  key: KeyDescription | undefined,
): string | undefined {
  const given = fieldOf(request, 'policy');
  if (given !== undefined) return typeof given === 'string' ? given : undefined;
  if (key === undefined || key.multiRegion === 'replica') return undefined;
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region)}:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}

/** The key state by the records; undefined when none tells, and when the key is gone. */
export const stateOf = (record: KeyRecord): string | undefined => traitOf(record, 'state');

const traitOf = ({ key }: Pick<KeyRecord, 'key'>, trait: 'state' | 'origin'): string | undefined =>
  key === undefined || key === 'missing' || key.untold?.includes(trait) === true ? undefined : key[trait];

function changeKey(record: KeyRecord, change: (key: KeyDescription) => KeyDescription): KeyRecord {
  const { key } = record;
  return key === undefined || key === 'missing' ? record : { ...record, key: change(key) };
}

/** Whatever a deletion had set is over in any other state. */
const changeState = (record: KeyRecord, state: string): KeyRecord =>
  changeKey(record, ({ deletionAt: _at, deletionWindowInDays: _window, ...key }) =>
    markTold({ ...key, state }, ['state', 'deletionAt', 'deletionWindowInDays']),
  );

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
function schedule(record: KeyRecord, action: KeyAction): KeyRecord {
  const days = readWaitingDays(action);
  const waitsForReplicas = textOf(action.response, 'keyState') === 'PendingReplicaDeletion';
  return changeKey(changeState(record, 'PendingDeletion'), (key) => {
    if (waitsForReplicas) {
      return { ...key, state: 'PendingReplicaDeletion', ...(days === undefined ? {} : { deletionWindowInDays: days }) };
    }
    const told = parseAwsDate(fieldOf(action.response, 'deletionDate'));
    const counted = days === undefined ? undefined : new Date(Date.parse(action.time) + days * DAY).toISOString();
    const deletionAt = told ?? counted;
    return deletionAt === undefined ? key : { ...key, deletionAt };
  });
}

/**
 * A key that is pending deletion stays so; one of which no record tells may be.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-delete-key-material.html
 */
function loseMaterial(record: KeyRecord): KeyRecord {
  const state = stateOf(record);
  return state === undefined || ['PendingDeletion', 'PendingReplicaDeletion'].includes(state)
    ? record
    : changeState(record, 'PendingImport');
}

/** 365 days when the request names none: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
function startRotation(record: KeyRecord, { request }: KeyAction): KeyRecord {
  const days = fieldOf(request, 'rotationPeriodInDays') ?? 365;
  return { ...record, rotation: { enabled: true, ...(typeof days === 'number' ? { periodInDays: days } : {}) } };
}

function startRotationOnDemand(record: KeyRecord, { time }: KeyAction): KeyRecord {
  return record.rotation === undefined
    ? record
    : { ...record, rotation: { ...record.rotation, onDemandStartedAt: time } };
}

/** What nobody needs is forgotten: controls look at the last ones, and KMS allows 25 on demand. */
const MOST_ROTATIONS = 50;

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html */
function rotate(record: KeyRecord, { request, time }: KeyAction): KeyRecord {
  const type = textOf(request, 'rotationType') ?? 'AUTOMATIC';
  const rotations = [{ at: time, type }, ...record.rotations].slice(0, MOST_ROTATIONS);
  // That KMS rotates it by itself is told by that; how often is not.
  if (type === 'AUTOMATIC') return { ...record, rotation: record.rotation ?? { enabled: true }, rotations };
  if (record.rotation === undefined) return { ...record, rotations };
  const { onDemandStartedAt: _done, ...rotation } = record.rotation;
  return { ...record, rotation, rotations };
}

/** A policy that CloudTrail left out, because the request had more than 100 KB, is one that nobody knows any more. */
function putPolicy({ keyPolicy: _before, ...record }: KeyRecord, { request }: KeyAction): KeyRecord {
  const policy = fieldOf(request, 'policy');
  return typeof policy === 'string' ? { ...record, keyPolicy: policy } : record;
}

function readTags({ request }: KeyAction): readonly (readonly [name: string, value: string])[] {
  const tags = fieldOf(request, 'tags');
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((one: unknown) => {
    const name = isObject(one) ? textOf(one, 'tagKey') : undefined;
    return isObject(one) && name !== undefined ? [[name, textOf(one, 'tagValue') ?? ''] as const] : [];
  });
}

function tag(record: KeyRecord, action: KeyAction): KeyRecord {
  return record.tags === undefined ? record : { ...record, tags: new Map([...record.tags, ...readTags(action)]) };
}

function untag(record: KeyRecord, { request }: KeyAction): KeyRecord {
  const names = fieldOf(request, 'tagKeys');
  if (record.tags === undefined || !Array.isArray(names)) return record;
  return { ...record, tags: new Map([...record.tags].filter(([name]) => !names.includes(name))) };
}

function describe(record: KeyRecord, { request }: KeyAction): KeyRecord {
  return changeKey(record, (key) =>
    markTold({ ...key, description: textOf(request, 'description') ?? '' }, ['description']),
  );
}

/** Both Regions have a record of it: https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-update.html */
function movePrimary(record: KeyRecord, { request }: KeyAction): KeyRecord {
  const primaryRegion = textOf(request, 'primaryRegion');
  if (primaryRegion === undefined) return record;
  return changeKey(record, (key) => {
    const multiRegion = key.region === primaryRegion ? 'primary' : 'replica';
    return markTold({ ...key, multiRegion, primaryRegion }, ['multiRegion', 'primaryRegion']);
  });
}
