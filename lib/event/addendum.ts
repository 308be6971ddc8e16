import type { Addendum } from './key-action.ts';
import { fieldOf, type JsonObject, objectOf, present, textOf } from './plain-json.ts';

/**
 * Reads what a record says of its own delivery. The guide does not say whether `updatedFields` is a text or a list of them, so
 * that both are taken.
 *
 * @param record a CloudTrail record
 * @returns undefined when the record says nothing of the kind. An addendum without a reason has the reason `unknown`, so that
 *   it is kept
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (addendum)
 */
export function readAddendum(record: JsonObject): Addendum | undefined {
  const addendum = objectOf(record, 'addendum');
  if (addendum === undefined) return undefined;
  return {
    reason: textOf(addendum, 'reason') ?? 'unknown',
    ...present({
      updatedFields: readNames(fieldOf(addendum, 'updatedFields')),
      originalRequestId: textOf(addendum, 'originalRequestID'),
      originalEventId: textOf(addendum, 'originalEventID'),
    }),
  };
}

function readNames(value: unknown): string | undefined {
  const names = [value].flat().filter((name) => typeof name === 'string' && name !== '');
  return names.length === 0 ? undefined : names.join(', ');
}
