import { isJson, type Json, textAt } from './call.ts';
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
  rotationsOnDemand?: number;
  pendingImport?: boolean;
  deleted?: boolean;
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
  /** Grants by id. */
  grants: Map<string, GrantMemory>;
};

/** Makes the register of what moto forgets, and reads the rest from moto. */
export function createKmsKeys(motoUrl: string): KmsKeys {
  const memories = new Map<string, KeyMemory>();
  const memoryOf = (arn: string): KeyMemory => {
    const memory = memories.get(arn) ?? {};
    memories.set(arn, memory);
    return memory;
  };
  return {
    memoryOf,
    grants: new Map(),
    async find(region, identifier) {
      const target = 'TrentService.DescribeKey';
      const answer = await askMotoJson(motoUrl, { service: 'kms', region, target, input: { KeyId: identifier } });
      const described = answer?.KeyMetadata;
      const arn = isJson(described) ? textAt(described, 'Arn') : undefined;
      if (!isJson(described) || arn === undefined) return undefined;
      const memory = memoryOf(arn);
      if (memory.deleted === true) return undefined;
      const metadata = completeMetadata(described, memory);
      return { arn, id: textAt(metadata, 'KeyId') ?? '', region, state: textAt(metadata, 'KeyState') ?? '', metadata };
    },
  };
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
