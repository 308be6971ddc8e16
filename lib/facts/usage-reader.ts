import { GetKeyLastUsageCommand, type GetKeyLastUsageCommandOutput, type KMSClient } from '@aws-sdk/client-kms';
import { attemptRead, describeGone, nameOf, type ReadTarget } from './attempt-read.ts';
import { type Fact, known, type Usage, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';

/**
 * Reads when a key was last used for cryptography. KMS counts successful operations only, in this Region only, shows them
 * up to an hour late, and knows nothing of the time before it began to keep count. GenerateRandom and GetPublicKey do not
 * count.
 *
 * @param arn ARN of the key; KMS takes no alias, and keys of the own account only
 * @throws {TransientReadError} with `onTransient: 'throw'`
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-keys-determining-usage.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
 */
export const readUsage = (options: ReadTarget & { readonly kms: KMSClient }, arn: string): Promise<Fact<Usage>> =>
  attemptRead<Usage>(options, 'GetKeyLastUsage', describeGone(options), async () => {
    const answer = await options.kms.send(new GetKeyLastUsageCommand({ KeyId: arn }));
    return () => describeUsage(answer, arn);
  });

/** Without the day from which KMS counts, "no use" would say nothing, and must not look as if it did. */
function describeUsage({ TrackingStartDate, KeyLastUsage }: GetKeyLastUsageCommandOutput, arn: string): Fact<Usage> {
  if (TrackingStartDate === undefined) {
    return unread(
      `KMS did not say since when it counts the uses of key ${showText(nameOf(arn))}; verify the key again later`,
    );
  }
  const trackedSince = TrackingStartDate.toISOString();
  const { Timestamp, Operation } = KeyLastUsage ?? {};
  if (Timestamp === undefined) return known({ trackedSince });
  return known({
    trackedSince,
    last: { at: Timestamp.toISOString(), operation: Operation ?? 'an operation that KMS does not name' },
  });
}
