import { type Fact, type Unread, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';
import { classifyReadError, TransientReadError } from './read-error.ts';

/** Which key is read, and what to do about failures that pass by themselves. */
export interface ReadTarget {
  /** ARN of the key, or of an alias of it. */
  readonly arn: string;
  readonly onTransient: 'throw' | 'unread';
}

/** What people call a key: the key id, or `alias/<name>`. */
export function nameOf(arn: string): string {
  const resource = arn.split(':').slice(5).join(':');
  return resource.startsWith('key/') ? resource.slice('key/'.length) : resource;
}

/** What every fact of a key is that KMS no longer knows. */
export const describeGone = ({ arn }: ReadTarget): Unread => unread(`key ${showText(nameOf(arn))} no longer exists`);

/**
 * Makes a read and gives failures their meaning. What the read returns is run outside the `try`: an error of our own
 * code must not look like one of KMS.
 *
 * @param operation as in the API reference, e.g. `DescribeKey`
 * @param missing the fact when KMS answers that there is no such key
 * @throws {TransientReadError} with `onTransient: 'throw'`
 */
export async function attemptRead<T>(
  { arn, onTransient }: ReadTarget,
  operation: string,
  missing: Fact<T>,
  send: () => Promise<() => Fact<T>>,
): Promise<Fact<T>> {
  let describe: () => Fact<T>;
  try {
    describe = await send();
  } catch (cause) {
    const { kind, reason } = classifyReadError(cause, operation, nameOf(arn));
    if (kind === 'missing') return missing;
    if (kind === 'transient' && onTransient === 'throw') throw new TransientReadError(`${reason}.`, { cause });
    return unread(reason);
  }
  return describe();
}
