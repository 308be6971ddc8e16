import type { KeyMetadata } from '@aws-sdk/client-kms';

/** One key of an inventory, as one line of JSON has it. */
export interface InventoryLine {
  readonly arn: string;
  /** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
  readonly state: string;
  /** `AWS` or `CUSTOMER`. */
  readonly manager: string;
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** ISO 8601 UTC; only while the deletion is scheduled. */
  readonly deletionDate?: string;
  readonly multiRegion: boolean;
  /** ARN of the primary key; only for multi-Region keys. */
  readonly primary?: string;
  /** `alias/...`, sorted. */
  readonly aliases: readonly string[];
}

/** A key that was listed and could not be described: it exists, and nobody can say what it is. */
export interface UnreadLine {
  readonly arn: string;
  readonly unread: string;
}

/**
 * @param metadata what DescribeKey answered
 * @throws {TypeError} when the answer lacks what every key has
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
 */
export function toInventoryLine(metadata: KeyMetadata | undefined, aliases: readonly string[]): InventoryLine {
  const { Arn, KeyState, KeyManager, KeySpec, KeyUsage, Origin, CreationDate, DeletionDate } = metadata ?? {};
  const primary = metadata?.MultiRegionConfiguration?.PrimaryKey?.Arn;
  return {
    arn: need('Arn', Arn),
    state: need('KeyState', KeyState),
    manager: need('KeyManager', KeyManager),
    spec: need('KeySpec', KeySpec),
    usage: need('KeyUsage', KeyUsage),
    origin: need('Origin', Origin),
    createdAt: need('CreationDate', CreationDate).toISOString(),
    ...(DeletionDate === undefined ? {} : { deletionDate: DeletionDate.toISOString() }),
    multiRegion: metadata?.MultiRegion === true,
    ...(primary === undefined ? {} : { primary }),
    aliases: aliases.toSorted(),
  };
}

function need<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new TypeError(`KMS answered no ${name}.`);
  return value;
}
