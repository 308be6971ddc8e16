import { sortFailure } from '../aws/failure.ts';
import { type Fact, type KeyHistory, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';
import { TransientReadError } from './read-error.ts';

/** Tells what the record of a key, by its ARN, says of its past; throws what the store throws. */
export type ReadHistory = (arn: string) => Promise<Fact<KeyHistory>>;

/** Who keeps the record of keys, and what to do when it cannot be read now. */
export interface PastOptions {
  /** Absent: nobody keeps one. */
  readonly readHistory?: ReadHistory | undefined;
  readonly onTransient: 'throw' | 'unread';
}

/**
 * Reads the past of one key.
 *
 * @param arn of the key, never of an alias
 * @throws {TransientReadError} when the store fails in a way that passes, with `onTransient: 'throw'`
 */
export async function readPast({ readHistory, onTransient }: PastOptions, arn: string): Promise<Fact<KeyHistory>> {
  if (readHistory === undefined) return unread('nobody keeps a record of the past of keys here');
  try {
    return await readHistory(arn);
  } catch (cause) {
    const { kind, reason } = sortFailure(cause);
    const id = showText(arn.slice(arn.lastIndexOf('/') + 1));
    const said = `the record of key ${id} could not be read (${showText(reason)}); verify the key again`;
    if (kind === 'transient' && onTransient === 'throw') throw new TransientReadError(`${said}.`, { cause });
    return unread(said);
  }
}
