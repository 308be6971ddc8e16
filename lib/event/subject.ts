import { arnOf, findArnInMessage, type KeyName, type Place, readKeyName } from './key-arn.ts';
import { fieldOf, type JsonObject, objectOf, textOf } from './plain-json.ts';

/** What of a KMS record can name a key. */
export interface Naming {
  readonly api: string;
  readonly place: Place;
  readonly resources: unknown;
  readonly request: JsonObject;
  readonly response: JsonObject;
  readonly errorMessage: string;
}

/** What an action is about, and every key it names. */
export interface Subject {
  readonly subject: string;
  readonly keys: readonly string[];
}

/**
 * Says what a KMS action is about. The first of these that the record names:
 * 1. a key: `resources`, the response, the request, the error message, in this order. ReplicateKey is about the
 *    primary key (its replica comes second in `keys`), CreateKey about the new key, ReEncrypt about the source key;
 * 2. an alias, when nothing tells its key;
 * 3. for key store operations `arn:<partition>:kms:<region>:<account>:custom-key-store/<id>`. KMS gives key stores
 *    no ARN; this form is our own;
 * 4. `arn:<partition>:kms:<region>:<account>:unidentified`, e.g. a refused CreateKey.
 * Text of an unknown form is passed over, so that no caller can forge an ARN; it stays readable in `request`.
 */
export function findSubject(naming: Naming): Subject {
  const { api, place, errorMessage } = naming;
  const names = readNames(listNames(naming), place);
  const keys = listKeys(names);
  if (keys.length === 0) {
    const [inMessage] = readNames([findArnInMessage(errorMessage)], place);
    if (inMessage?.form === 'key') return { subject: inMessage.arn, keys: [inMessage.arn] };
    if (inMessage !== undefined) names.push(inMessage);
  }
  const alias = names.find(({ form }) => form === 'alias')?.arn;
  const store = api.endsWith('CustomKeyStore') || api.endsWith('CustomKeyStores') ? findStore(naming) : undefined;
  return { subject: keys[0] ?? alias ?? store ?? arnOf('kms', place, 'unidentified'), keys };
}

/**
 * Every place that may name a key, the most reliable first: `resources` holds resolved ARNs, the response what KMS
 * acted on, the request what the caller typed. A replica is named only in the response, and must not come first.
 */
function listNames({ resources, request, response, place }: Naming): unknown[] {
  return [
    ...listResources(resources),
    fieldOf(response, 'keyId'),
    nameNewKey(objectOf(response, 'keyMetadata'), place),
    ...REQUEST_FIELDS.map((name) => fieldOf(request, name)),
    fieldOf(objectOf(response, 'replicaKeyMetadata'), 'arn'),
  ];
}

/** ReEncrypt names two keys, the source first; the alias operations name the key as `targetKeyId`. */
const REQUEST_FIELDS = ['keyId', 'targetKeyId', 'sourceKeyId', 'destinationKeyId', 'aliasName'];

/** The ARNs in `resources` of a CloudTrail record, in its order; undefined for an entry that has none. */
export function listResources(resources: unknown): (string | undefined)[] {
  if (!Array.isArray(resources)) return [];
  return resources.map((resource: unknown) =>
    typeof resource === 'object' && resource !== null
      ? (textOf(resource as JsonObject, 'ARN') ?? textOf(resource as JsonObject, 'arn'))
      : undefined,
  );
}

/** The ARN of a created key; made from its parts when the response has no `arn`. */
function nameNewKey(metadata: JsonObject | undefined, { region, account }: Place): string | undefined {
  const arn = textOf(metadata, 'arn');
  const keyId = textOf(metadata, 'keyId');
  if (arn !== undefined || keyId === undefined) return arn;
  return readKeyName(keyId, { region, account: readMetadataAccount(metadata) ?? account })?.arn;
}

/** The guide and real records spell it `aWSAccountId`, one example of the guide `AWSAccountId`. */
function readMetadataAccount(metadata: JsonObject | undefined): string | undefined {
  const name = Object.keys(metadata ?? {})
    .sort()
    .find((field) => field.toLowerCase() === 'awsaccountid');
  const account = name === undefined ? undefined : textOf(metadata, name);
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

const readNames = (names: readonly unknown[], place: Place): KeyName[] =>
  names.map((name) => readKeyName(name, place)).filter((name) => name !== undefined);

/** A bare id says nothing new when an ARN ends with it; completing it could name a key in the wrong Region. */
function listKeys(names: readonly KeyName[]): string[] {
  const keys = names.filter(({ form }) => form === 'key');
  const ids = new Set(keys.filter(({ bare }) => !bare).map(({ arn }) => idOf(arn)));
  return [...new Set(keys.filter(({ arn, bare }) => !bare || !ids.has(idOf(arn))).map(({ arn }) => arn))];
}

const idOf = (keyArn: string): string => keyArn.slice(keyArn.lastIndexOf('/') + 1);

function findStore({ request, response, place }: Naming): string {
  const id = textOf(response, 'customKeyStoreId') ?? textOf(request, 'customKeyStoreId') ?? '';
  return arnOf('kms', place, `custom-key-store/${/^[A-Za-z0-9-]{1,64}$/.test(id) ? id : 'unidentified'}`);
}

/** What of a record of another service can say what it is about. */
export interface ForeignNaming {
  readonly eventSource: string;
  readonly place: Place;
  readonly resources: unknown;
}

const FOREIGN_ARN =
  /^arn:aws(?:-[a-z]+)*:[a-z0-9-]{1,63}:[a-z0-9-]{0,32}:(?:\d{12}|aws)?:[A-Za-z0-9+=,.@_/:-]{1,1011}$/;

/**
 * Says what an action of another service is about: the first ARN in `resources`; without one
 * `arn:<partition>:<service>:<region>:<account>:unidentified`. Every key ARN in `resources` is in `keys`.
 */
export function findForeignSubject({ eventSource, place, resources }: ForeignNaming): Subject {
  const arns = listResources(resources).filter((arn) => arn !== undefined);
  const service = /^[a-z0-9-]{1,63}/.exec(eventSource.toLowerCase())?.[0] ?? 'unidentified';
  const subject = arns.find((arn) => FOREIGN_ARN.test(arn)) ?? arnOf(service, place, 'unidentified');
  return { subject, keys: listKeys(readNames(arns, place).filter(({ bare }) => !bare)) };
}
