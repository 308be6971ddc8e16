import { parseAwsDate } from '../../event/aws-date.ts';
import type { KeyAction } from '../../event/key-action.ts';
import { fieldOf, type JsonObject, objectOf, present, textOf } from '../../event/plain-json.ts';
import { describeKey } from '../../facts/key-description.ts';
import type { KeyDescription } from '../../facts/key-facts.ts';

/** What a CreateKey record tells of the key. */
export interface CreatedKey {
  /** Absent when the record leaves out what every key has. */
  readonly key?: KeyDescription;
  readonly customKeyStoreId?: string;
}

/**
 * Reads the key from the answer of CreateKey, as the record has it.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html
 */
export function readCreatedKey({ response, subject, time }: KeyAction): CreatedKey {
  const metadata = objectOf(response, 'keyMetadata');
  if (metadata === undefined) return {};
  const createdAt = parseAwsDate(fieldOf(metadata, 'creationDate')) ?? time;
  const described = describeKey(
    {
      ...spellLikeKms(metadata),
      KeyId: textOf(metadata, 'keyId'),
      Arn: subject,
      CreationDate: new Date(createdAt),
      KeyState: settle(textOf(metadata, 'keyState')),
    } as Parameters<typeof describeKey>[0],
    subject,
  );
  const customKeyStoreId = textOf(metadata, 'customKeyStoreId');
  return { ...(described.known ? { key: described.value } : {}), ...present({ customKeyStoreId }) };
}

/** CloudTrail writes the fields of KMS with a small first letter. */
function spellLikeKms(metadata: JsonObject) {
  const configuration = objectOf(metadata, 'multiRegionConfiguration');
  return {
    KeyManager: textOf(metadata, 'keyManager'),
    KeySpec: textOf(metadata, 'keySpec'),
    CustomerMasterKeySpec: textOf(metadata, 'customerMasterKeySpec'),
    KeyUsage: textOf(metadata, 'keyUsage'),
    Origin: textOf(metadata, 'origin'),
    Description: textOf(metadata, 'description'),
    MultiRegion: fieldOf(metadata, 'multiRegion') === true,
    MultiRegionConfiguration: {
      MultiRegionKeyType: textOf(configuration, 'multiRegionKeyType'),
      PrimaryKey: { Region: textOf(objectOf(configuration, 'primaryKey'), 'region') },
    },
  };
}

/** No record tells when a replica, or a key in a key store, is ready; it is within minutes. */
const settle = (state: string | undefined): string | undefined => (state === 'Creating' ? 'Enabled' : state);
