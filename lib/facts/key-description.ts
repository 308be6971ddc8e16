import type { KeyMetadata } from '@aws-sdk/client-kms';
import { type Fact, type KeyDescription, known, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';

/**
 * Turns the answer of DescribeKey into what controls judge. Enumerations that this version has never heard of pass as
 * text: the control that judges them says so.
 *
 * @param name how the key is called in a reason
 * @returns Unread when KMS left out a field that every key has: without it nothing can be said about the key
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
 */
export function describeKey(metadata: KeyMetadata | undefined, name: string): Fact<KeyDescription> {
  const arn = metadata?.Arn ?? '';
  const [, , , region = '', account = ''] = arn.split(':');
  const fields = {
    Arn: arn,
    KeyId: metadata?.KeyId,
    KeyManager: metadata?.KeyManager,
    // Answers from before 2021 spell it the old way only.
    KeySpec: metadata?.KeySpec ?? metadata?.CustomerMasterKeySpec,
    KeyUsage: metadata?.KeyUsage,
    Origin: metadata?.Origin,
    KeyState: metadata?.KeyState,
    MultiRegionConfiguration: readMultiRegion(metadata),
  };
  const { KeyId, KeyManager, KeySpec, KeyUsage, Origin, KeyState, MultiRegionConfiguration } = fields;
  if (!arn || !KeyId || !KeyManager || !KeySpec || !KeyUsage || !Origin || !KeyState || !MultiRegionConfiguration) {
    return unread(
      `KMS described key ${showText(name)} without ${listAbsent(fields).join(', ')}; verify the key again later`,
    );
  }
  return known({
    arn,
    keyId: KeyId,
    account,
    region,
    manager: KeyManager,
    spec: KeySpec,
    usage: KeyUsage,
    origin: Origin,
    state: KeyState,
    ...MultiRegionConfiguration,
    ...readDeletion(metadata),
    ...(metadata?.CreationDate === undefined ? {} : { createdAt: metadata.CreationDate.toISOString() }),
    description: metadata?.Description ?? '',
  });
}

const listAbsent = (fields: object): string[] =>
  Object.entries(fields)
    .filter(([, value]) => !value)
    .map(([name]) => name);

type MultiRegion = Pick<KeyDescription, 'multiRegion' | 'primaryRegion'>;

/** @returns undefined when KMS says that the key is multi-Region and not which of them it is */
function readMultiRegion(metadata: KeyMetadata | undefined): MultiRegion | undefined {
  if (metadata?.MultiRegion !== true) return { multiRegion: 'no' };
  const { MultiRegionKeyType: type, PrimaryKey: primary } = metadata.MultiRegionConfiguration ?? {};
  if (type !== 'PRIMARY' && type !== 'REPLICA') return undefined;
  return {
    multiRegion: type === 'PRIMARY' ? 'primary' : 'replica',
    ...(primary?.Region === undefined ? {} : { primaryRegion: primary.Region }),
  };
}

function readDeletion(metadata: KeyMetadata | undefined): Pick<KeyDescription, 'deletionAt' | 'deletionWindowInDays'> {
  const { DeletionDate: date, PendingDeletionWindowInDays: days } = metadata ?? {};
  return {
    ...(date === undefined ? {} : { deletionAt: date.toISOString() }),
    ...(days === undefined ? {} : { deletionWindowInDays: days }),
  };
}
