import { GetKeyLastUsageCommand, type GetKeyLastUsageCommandOutput, type KMSClient } from '@aws-sdk/client-kms';
import { sortFailure } from '../aws/failure.ts';
import { attemptRead, describeGone, nameOf, type ReadTarget } from './attempt-read.ts';
import { type Fact, known, type SeenUse, type Usage, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';
import { TransientReadError } from './read-error.ts';

/** Tells the last use of a key, by its ARN, that log files of CloudTrail show; throws what the store throws. */
export type ReadLastUse = (arn: string) => Promise<SeenUse | undefined>;

/**
 * Reads when a key was last used for cryptography. KMS counts successful operations only, in this Region only, shows them
 * up to an hour late, and knows nothing of the time before it began to keep count. GenerateRandom and GetPublicKey do not
 * count. What log files of CloudTrail show besides is added: the uses of the last hour, and those from before KMS began. Of
 * hours whose files nobody read they show nothing, so that without KMS's count they do not say that a key is unused.
 *
 * @param arn ARN of the key; KMS takes no alias, and keys of the own account only
 * @throws {TransientReadError} with `onTransient: 'throw'`
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-keys-determining-usage.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
 */
export async function readUsage(options: UsageTarget, arn: string): Promise<Fact<Usage>> {
  const counted = await readCounted(options, arn);
  if (options.readLastUse === undefined) return counted;
  const shown = await readShown(options, options.readLastUse, arn);
  if (counted.known)
    return known(shown.known ? addShown(counted.value, shown.value) : { ...counted.value, unasked: shown.reason });
  // That a key was in use is worth saying even if KMS does not tell what came after.
  return shown.known && shown.value !== undefined
    ? unread(
        `${counted.reason}; log files of CloudTrail show a use (${shown.value.operation}) on ${shown.value.at}, and perhaps not the last one`,
      )
    : counted;
}

/** What reading the usage takes. */
export interface UsageTarget extends ReadTarget {
  readonly kms: KMSClient;
  /** Absent: nobody reads log files. */
  readonly readLastUse?: ReadLastUse | undefined;
}

const readCounted = (options: UsageTarget, arn: string): Promise<Fact<Usage>> =>
  attemptRead<Usage>(options, 'GetKeyLastUsage', describeGone(options), async () => {
    const answer = await options.kms.send(new GetKeyLastUsageCommand({ KeyId: arn }));
    return () => describeUsage(answer, arn);
  });

async function readShown(
  { onTransient }: ReadTarget,
  readLastUse: ReadLastUse,
  arn: string,
): Promise<Fact<SeenUse | undefined>> {
  try {
    return known(await readLastUse(arn));
  } catch (cause) {
    const { kind, reason } = sortFailure(cause);
    const said = `the uses of key ${showText(nameOf(arn))} in log files could not be read (${showText(reason)}); verify the key again`;
    if (kind === 'transient' && onTransient === 'throw') throw new TransientReadError(`${said}.`, { cause });
    return unread(said);
  }
}

/** The newer one counts: KMS shows a use up to an hour late, and files come within minutes. */
function addShown(usage: Usage, shown: SeenUse | undefined): Usage {
  if (shown === undefined || Date.parse(shown.at) <= Date.parse(usage.last?.at ?? '1970-01-01T00:00:00Z')) return usage;
  const seen: SeenUse = { ...shown, from: 'log-files' };
  return Date.parse(seen.at) < Date.parse(usage.trackedSince) ? { ...usage, before: seen } : { ...usage, last: seen };
}

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
