import type { Refusal } from './answer.ts';
import { type AwsCall, type Json, textAt } from './call.ts';
import type { KeyStore } from './key-store.ts';
import { type Key, type KmsKeys, readIdentifier } from './kms-keys.ts';

/** What a KMS call is about. */
export type Subject = {
  key?: Key;
  /** Key that a ReEncrypt decrypts with. */
  sourceKey?: Key;
  alias?: { name: string; arn: string };
  /** Custom key store, as it was before the call. */
  keyStore?: KeyStore;
  /** Grant that a RetireGrant ends. */
  grantId?: string;
  /** What KMS says about an identifier it cannot take; the call goes no further. */
  refusal?: Refusal;
};

/** The operations that accept an alias where others accept only a key id or key ARN. */
const ACCEPTS_ALIAS: ReadonlySet<string> = new Set([
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
]);

/** Where an operation names its key, if it is not in `KeyId`. */
const KEY_PARAMETER: Readonly<Record<string, string>> = {
  CreateAlias: 'TargetKeyId',
  UpdateAlias: 'TargetKeyId',
  ReEncrypt: 'DestinationKeyId',
};

/** The parameter that names the key of this operation. */
export function keyParameterOf(operation: string): string {
  return KEY_PARAMETER[operation] ?? 'KeyId';
}

/**
 * Finds the key and the alias a KMS call is about.
 *
 * @param account twelve digits
 */
export async function findSubject(call: AwsCall, keys: KmsKeys, account: string): Promise<Subject> {
  const store = keys.keyStores.get(textAt(call.input, 'CustomKeyStoreId') ?? '');
  if (call.operation.includes('CustomKeyStore')) return store === undefined ? {} : { keyStore: { ...store } };
  if (call.operation === 'RetireGrant') return findRetiredGrant(call, keys);
  const aliasName = textAt(call.input, 'AliasName');
  const alias =
    aliasName === undefined
      ? {}
      : { alias: { name: aliasName, arn: `arn:aws:kms:${call.region}:${account}:${aliasName}` } };
  if (call.operation === 'DeleteAlias' && aliasName !== undefined) {
    const key = await keys.find(call.region, aliasName);
    return key === undefined ? alias : { ...alias, key };
  }
  const identifier = textAt(call.input, keyParameterOf(call.operation)) ?? readCiphertextKey(call.input);
  if (identifier === undefined)
    return needsKey(call.operation) ? { ...alias, refusal: describeNull(call.operation) } : alias;
  const found = { ...alias, ...(await findKey(call, identifier, keys, account)) };
  const source = call.operation === 'ReEncrypt' ? await findSourceKey(call, keys) : undefined;
  return source === undefined ? found : { ...found, sourceKey: source };
}

async function findSourceKey(call: AwsCall, keys: KmsKeys): Promise<Key | undefined> {
  const identifier = textAt(call.input, 'SourceKeyId') ?? readCiphertextKey(call.input);
  return identifier === undefined ? undefined : keys.find(call.region, identifier);
}

/** Operations that concern no key, or find it by other means. */
const WITHOUT_KEY = /^(CreateKey|Decrypt|DeleteAlias|GenerateRandom|List(Aliases|Keys|RetirableGrants))$/;

function needsKey(operation: string): boolean {
  return !WITHOUT_KEY.test(operation);
}

/** The SDK for JavaScript does not check for what is missing; the service does. */
function describeNull(operation: string): Refusal {
  const parameter = keyParameterOf(operation);
  const name = `${parameter.charAt(0).toLowerCase()}${parameter.slice(1)}`;
  const message = `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`;
  return { code: 'ValidationException', message };
}

async function findKey(call: AwsCall, text: string, keys: KmsKeys, account: string): Promise<Subject> {
  const { form, region } = readIdentifier(text);
  if (form === 'neither' || (form === 'alias' && !ACCEPTS_ALIAS.has(call.operation))) {
    return { refusal: { code: 'NotFoundException', message: `Invalid keyId ${text}` } };
  }
  if (region !== undefined && region !== call.region) {
    return { refusal: { code: 'InvalidArnException', message: `Invalid arn ${region}` } };
  }
  const key = await keys.find(call.region, text);
  return key === undefined ? { refusal: describeMissing(call.region, text, form, account) } : { key };
}

function describeMissing(region: string, text: string, form: 'key' | 'alias', account: string): Refusal {
  const path = form === 'alias' ? text : `key/${text}`;
  const arn = text.startsWith('arn:') ? text : `arn:aws:kms:${region}:${account}:${path}`;
  const message = form === 'alias' ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`;
  return { code: 'NotFoundException', message };
}

/** Length of the key id that moto writes at the beginning of a ciphertext. */
const KEY_ID_LENGTH = 36;

function readCiphertextKey(input: Json): string | undefined {
  const ciphertext = textAt(input, 'CiphertextBlob');
  if (ciphertext === undefined) return undefined;
  const id = Buffer.from(ciphertext, 'base64').subarray(0, KEY_ID_LENGTH).toString('latin1');
  // A ciphertext that is not moto's is left to moto to refuse.
  return readIdentifier(id).form === 'key' ? id : undefined;
}

/** RetireGrant names a grant by its token alone, or by key and grant id. */
async function findRetiredGrant(call: AwsCall, keys: KmsKeys): Promise<Subject> {
  const token = textAt(call.input, 'GrantToken');
  const id = textAt(call.input, 'GrantId');
  const grant =
    token === undefined ? keys.grants.get(id ?? '') : [...keys.grants.values()].find((one) => one.token === token);
  if (grant === undefined) {
    return token === undefined
      ? { refusal: { code: 'NotFoundException', message: `Grant ID ${id ?? '(none)'} not found` } }
      : { refusal: { code: 'InvalidGrantTokenException', message: 'The grant token is not valid.' } };
  }
  const key = await keys.find(call.region, grant.keyArn);
  return { grantId: grant.grantId, ...(key === undefined ? {} : { key }) };
}
