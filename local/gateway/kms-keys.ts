import { isJson, type Json, textAt } from './call.ts';
import type { Rotation } from './key-material.ts';
import type { KeyStore } from './key-store.ts';
import type { Expiration, ImportParameters } from './kms-import.ts';
import { completeMetadata } from './kms-metadata.ts';
import { askMotoJson } from './moto-client.ts';

/** A KMS key as KMS would describe it. */
export type Key = {
  /** Key ARN. */
  arn: string;
  /** Bare id. */
  id: string;
  region: string;
  /** `Enabled`, `Disabled`, `PendingDeletion` or `PendingImport`. */
  state: string;
  /** `KeyMetadata` of DescribeKey. */
  metadata: Json;
};

/** What moto forgets about a key. Times are milliseconds since 1970. */
export type KeyMemory = {
  rotationPeriodInDays?: number;
  rotationEnabledAt?: number;
  /** When it was created, if that is to be another time than it was. */
  createdAt?: number;
  /** The last time it was used with success. */
  lastUse?: KeyUse;
  pendingImport?: boolean;
  /** What was given out for an import last. */
  importParameters?: ImportParameters;
  /** A hash of the material that was imported, which a later import must have again. */
  importedHash?: string;
  expiration?: Expiration;
  deleted?: boolean;
};

/** A use of a key. */
export type KeyUse = {
  /** Such as `Decrypt`. */
  operation: string;
  /** Milliseconds since 1970. */
  at: number;
  /** `eventID` of its record. */
  eventId: string;
  requestId: string;
};

/** What moto forgets about a grant. */
export type GrantMemory = {
  grantId: string;
  token: string;
  keyArn: string;
  /** ARN of the key's account, which issued the grant. */
  issuingAccount: string;
  /** Seconds since 1970, as KMS sends dates. */
  creationDate: number;
};

/** The keys of one gateway. */
export type KmsKeys = {
  /** Finds a key by id, ARN, alias name or alias ARN; `undefined` if there is none in this Region. */
  find(region: string, identifier: string): Promise<Key | undefined>;
  memoryOf(keyArn: string): KeyMemory;
  /** Deletes a key for good, with its aliases and grants. */
  remove(key: Key): Promise<void>;
  /** The rotations of a key, or of a set of multi-Region keys, by bare key id, oldest first. */
  rotationsOf(keyId: string): Rotation[];
  /** Since when KMS tracks uses, in milliseconds since 1970. */
  tracking: { since: number };
  /** Custom key stores by id. */
  keyStores: Map<string, KeyStore>;
  /** Grants by id. */
  grants: Map<string, GrantMemory>;
};

/**
 * Makes the register of what moto forgets, and reads the rest from moto.
 *
 * @param started from when uses of keys are tracked
 */
export function createKmsKeys(motoUrl: string, started: Date): KmsKeys {
  const memories = new Map<string, KeyMemory>();
  const rotations = new Map<string, Rotation[]>();
  const rotationsOf = (id: string): Rotation[] => {
    const known = rotations.get(id) ?? [];
    rotations.set(id, known);
    return known;
  };
  const memoryOf = (arn: string): KeyMemory => {
    const memory = memories.get(arn) ?? {};
    memories.set(arn, memory);
    return memory;
  };
  const grants = new Map<string, GrantMemory>();
  return {
    memoryOf,
    rotationsOf,
    tracking: { since: started.getTime() },
    keyStores: new Map(),
    grants,
    async remove(key) {
      await removeWhatBelongsTo(key, motoUrl);
      for (const [id, { keyArn }] of grants) if (keyArn === key.arn) grants.delete(id);
      memoryOf(key.arn).deleted = true;
    },
    async find(region, identifier) {
      const target = 'TrentService.DescribeKey';
      const answer = await askMotoJson(motoUrl, { service: 'kms', region, target, input: { KeyId: identifier } });
      const described = answer?.KeyMetadata;
      const arn = isJson(described) ? textAt(described, 'Arn') : undefined;
      if (!isJson(described) || arn === undefined) return undefined;
      const memory = memoryOf(arn);
      if (memory.deleted === true) return undefined;
      const id = textAt(described, 'KeyId') ?? '';
      const metadata = completeMetadata(described, memory, rotationsOf(id));
      return { arn, id, region, state: textAt(metadata, 'KeyState') ?? '', metadata };
    },
  };
}

/** moto keeps the key itself: it can only be made to forget it by waiting. */
async function removeWhatBelongsTo({ id, region }: Key, motoUrl: string): Promise<void> {
  const ask = (operation: string, input: Json) =>
    askMotoJson(motoUrl, { service: 'kms', region, target: `TrentService.${operation}`, input });
  for (const alias of listOf((await ask('ListAliases', { KeyId: id }))?.Aliases)) {
    await ask('DeleteAlias', { AliasName: alias.AliasName });
  }
  for (const grant of listOf((await ask('ListGrants', { KeyId: id }))?.Grants)) {
    await ask('RevokeGrant', { KeyId: id, GrantId: grant.GrantId });
  }
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** A key as it is named outside of AWS calls. */
export type NamedKey = {
  /** Key id or key ARN. */
  key: string;
  /** Where the key is, if `key` is no ARN. Default: `us-east-1`. */
  region?: string;
};

/**
 * Finds a key that must be there.
 *
 * @throws RangeError that names it if it is not
 */
export async function findNamedKey(named: NamedKey, keys: KmsKeys): Promise<Key> {
  const region = /^arn:[^:]+:kms:([^:]+):/.exec(named.key)?.[1] ?? named.region ?? 'us-east-1';
  const key = await keys.find(region, named.key);
  if (key !== undefined) return key;
  throw new RangeError(`key is ${JSON.stringify(named.key)}; there is no such key in ${region}.`);
}

const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const KMS_ARN = /^arn:aws[^:]*:kms:([^:]*):(\d*):(key|alias)\/(.+)$/;

/** The forms of an identifier: what KMS takes a text for. `alias` covers alias names and alias ARNs. */
export type Identifier = { form: 'key' | 'alias' | 'neither'; region?: string };

/** Reads which form a key identifier has, and the Region of an ARN. */
export function readIdentifier(text: string): Identifier {
  if (text.startsWith('alias/')) return { form: 'alias' };
  const [, region, , kind] = KMS_ARN.exec(text) ?? [];
  if (region !== undefined) return { form: kind === 'alias' ? 'alias' : 'key', region };
  return { form: KEY_ID.test(text) ? 'key' : 'neither' };
}
