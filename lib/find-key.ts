import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { sortFailure } from './aws/failure.ts';

/**
 * Asks KMS for the ARN of a key.
 *
 * @param arn of a key or of an alias
 * @returns `missing` when KMS knows no such key; `unreadable` when it does not let Keywarden look
 * @throws what AWS throws when it cannot answer now
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
 */
export async function findKeyArn(
  kms: Pick<KMSClient, 'send'>,
  arn: string,
): Promise<{ readonly arn: string } | 'missing' | 'unreadable'> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
    return KeyMetadata?.Arn === undefined ? 'unreadable' : { arn: KeyMetadata.Arn };
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundException') return 'missing';
    if (sortFailure(error).kind !== 'transient') return 'unreadable';
    throw error;
  }
}
