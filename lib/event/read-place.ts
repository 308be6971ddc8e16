import type { Place } from './key-arn.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { fieldOf, type JsonObject, objectOf, textOf } from './plain-json.ts';
import { listResources } from './subject.ts';

const ACCOUNT = /^\d{12}$/;
const REGION = /^[a-z0-9-]{1,32}$/;
const ARN_PLACE = /^arn:[^:]*:[^:]*:([^:]*):([^:]*):/;

/**
 * Says which account and Region received a record. The first of these that has the right form:
 * - account: `recipientAccountId`, the account of the envelope, `userIdentity.accountId`, the owner of a resource
 *   (its `accountId` can be the text `AWS Internal`), the account in the ARN of a resource;
 * - Region: `awsRegion`, the Region of the envelope, the Region in the ARN of a resource.
 *
 * @param record a CloudTrail record
 * @param envelope account and Region of the EventBridge event that carried it, if one did
 * @throws {MalformedEventError} `missing-field` or `invalid-field` when there is none
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function readPlace(record: JsonObject, envelope: Partial<Place>): Place {
  const resources = fieldOf(record, 'resources');
  const inArns = listResources(resources).map((arn) => ARN_PLACE.exec(arn ?? ''));
  return {
    account: requireOne(
      record,
      'recipientAccountId',
      [
        envelope.account,
        textOf(objectOf(record, 'userIdentity'), 'accountId'),
        ...listOwners(resources),
        ...inArns.map((match) => match?.[2]),
      ],
      ACCOUNT,
      'the 12 digits of the account that received the record',
    ),
    region: requireOne(
      record,
      'awsRegion',
      [envelope.region, ...inArns.map((match) => match?.[1])],
      REGION,
      'the Region of the record, e.g. "us-west-2"',
    ),
  };
}

function requireOne(
  record: JsonObject,
  field: string,
  others: readonly (string | undefined)[],
  form: RegExp,
  expected: string,
): string {
  const found = [textOf(record, field), ...others].find((text) => text !== undefined && form.test(text));
  if (found !== undefined) return found;
  const value = fieldOf(record, field);
  throw new MalformedEventError(value === undefined ? 'missing-field' : 'invalid-field', { field, value, expected });
}

const listOwners = (resources: unknown): (string | undefined)[] =>
  Array.isArray(resources)
    ? resources.map((resource: unknown) => textOf(objectOf({ resource }, 'resource'), 'accountId'))
    : [];
