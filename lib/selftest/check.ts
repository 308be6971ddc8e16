import { sortFailure } from '../aws/failure.ts';

/** What was found of one part of the way from a rule to the officer. Plain JSON: it is recorded as it is. */
export interface Check {
  /** e.g. `officer-topic` */
  readonly name: string;
  /** `unknown`: it could not be looked at, which is not the same as in order. */
  readonly ok: true | false | 'unknown';
  /** What was found, as a sentence. */
  readonly what: string;
  /** What a person must do, as a sentence; absent when it is in order. */
  readonly whatToDo?: string;
}

/** What a look found, without the name. */
export type Found = Omit<Check, 'name'>;

export const inOrder = (what: string): Found => ({ ok: true, what });
export const wrong = (what: string, whatToDo: string): Found => ({ ok: false, what, whatToDo });
export const unclear = (what: string, whatToDo: string): Found => ({ ok: 'unknown', what, whatToDo });

/**
 * Looks at one part. What AWS says is not there is wrong; any other error means that nobody knows.
 *
 * @param look what is looked at; it may throw what AWS throws
 */
export async function check(name: string, look: () => Promise<Found>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const { kind, reason } = sortFailure(error);
    if (error instanceof Error && NOT_THERE.test(error.name)) {
      return { name, ...wrong(`It is not there (${reason}).`, 'Deploy the stack of Keywarden again.') };
    }
    const whatToDo =
      kind === 'denied'
        ? 'Give the role of the selftest function back what the stack gives it: deploy the stack again.'
        : 'Run the selftest again in some minutes.';
    return { name, ...unclear(`It could not be looked at (${reason}).`, whatToDo) };
  }
}

/** As SNS, KMS, EventBridge, Lambda and SQS call what does not exist. */
const NOT_THERE =
  /^(NotFound|NotFoundException|ResourceNotFoundException|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)$/;
