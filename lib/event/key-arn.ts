/** Where a bare key id or alias name is completed: KMS takes those only for the caller's own account and Region. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** Region prefixes of the partitions; every other Region is in `aws`. */
const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
];

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export const partitionOf = (region: string): string =>
  PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';

/** Our own ARN for an action that names nothing which has an ARN, so that it still has a place in the ledger. */
export const arnOf = (service: string, { region, account }: Place, resource: string): string =>
  `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;

const KMS_ARN = 'arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]{1,32}:\\d{12}';
const KEY = 'key/[A-Za-z0-9-]{1,256}';
const ALIAS = 'alias/[A-Za-z0-9/_-]{1,250}';

const KEY_ID = /^[A-Za-z0-9-]{1,256}$/;
const KEY_ARN = new RegExp(`^${KMS_ARN}:${KEY}$`);
const ALIAS_NAME = new RegExp(`^${ALIAS}$`);
const ALIAS_ARN = new RegExp(`^${KMS_ARN}:${ALIAS}$`);

/** One of the four ways to name a key, read. */
export type KeyName = { readonly form: 'key' | 'alias'; readonly arn: string; readonly bare: boolean };

/**
 * Reads a key id, key ARN, alias name or alias ARN. A multi-Region id (`mrk-`) is a key id like any other.
 * Key ids are taken leniently (KMS may invent new forms), but nothing that could forge an ARN or a ledger key passes.
 *
 * @returns undefined for text of any other form
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
export function readKeyName(text: unknown, place: Place): KeyName | undefined {
  if (typeof text !== 'string') return undefined;
  if (KEY_ARN.test(text)) return { form: 'key', arn: text, bare: false };
  if (ALIAS_ARN.test(text)) return { form: 'alias', arn: text, bare: false };
  if (ALIAS_NAME.test(text)) return { form: 'alias', arn: arnOf('kms', place, text), bare: true };
  if (KEY_ID.test(text)) return { form: 'key', arn: arnOf('kms', place, `key/${text}`), bare: true };
  return undefined;
}

/**
 * Where KMS and IAM put the key into an error message: at its start ("<arn> is pending deletion."), behind the first
 * word there ("Key '<arn>' does not exist"), or behind "on resource: " in IAM's sentence. Nowhere else: other messages
 * repeat what the caller typed, and the caller's own name is in IAM's sentence, where the path of an IAM user may spell
 * an ARN (but no blank).
 */
const ARN_IN_MESSAGE = new RegExp(
  `^(?:|Key '|Alias |User: .+? is not authorized to perform: kms:\\w+ on resource: )(${KMS_ARN}:(?:${KEY}|${ALIAS}))(?=$|[\\s'.,])`,
);

/**
 * Finds the key in the message of a refused call; for a denied one it stands nowhere else in the record.
 *
 * @returns the key or alias ARN as text; undefined when the message names none (newer messages may not)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export const findArnInMessage = (message: string): string | undefined => ARN_IN_MESSAGE.exec(message)?.[1];
