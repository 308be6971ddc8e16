import { isJson, type Json, textAt } from './call.ts';
import { type RecordedParts, type RecordResource, toRecordDate, toRecordNames } from './cloudtrail-record.ts';
import { CRYPTOGRAPHIC } from './key-state.ts';
import type { Subject } from './kms-subject.ts';

/**
 * KMS operations that CloudTrail records as reads. Everything else is a write, also an operation this gateway has never
 * heard of.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
 */
const READS = /^(Describe|Get|List|GenerateRandom)/;

/** Reads that are recorded here, too: uses of a key, and the one that is a step of importing key material. */
const RECORDED_READS: ReadonlySet<string> = new Set([...CRYPTOGRAPHIC, 'GetParametersForImport']);

/** Whether this KMS operation is recorded: every write, and the reads that say what happens to a key. */
export function isKmsRecorded(operation: string): boolean {
  return RECORDED_READS.has(operation) || !READS.test(operation);
}

/** What is never recorded. https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html */
const SECRET: ReadonlySet<string> = new Set([
  'CiphertextBlob',
  'EncryptedKeyMaterial',
  'GrantToken',
  'GrantTokens',
  'ImportToken',
  'KeyStorePassword',
  'Mac',
  'Message',
  'Plaintext',
  'PublicKey',
  'Recipient',
  'Signature',
  'XksProxyAuthenticationCredential',
]);
/** The names below these are data of the caller. */
const DATA: ReadonlySet<string> = new Set([
  'DestinationEncryptionContext',
  'EncryptionContext',
  'EncryptionContextEquals',
  'EncryptionContextSubset',
  'SourceEncryptionContext',
]);
/** What KMS writes down where the caller left it out. */
const DEFAULTS: Readonly<Record<string, Json>> = {
  Encrypt: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  Decrypt: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  ReEncrypt: {
    sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  },
  PutKeyPolicy: { policyName: 'default', bypassPolicyLockoutSafetyCheck: false },
};

/**
 * What KMS records about a call.
 *
 * @param input parameters as the caller sent them
 * @param output the answer as the caller got it; `undefined` for a refusal
 * @param account twelve digits
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html one page per operation
 */
export function recordKmsCall(
  operation: string,
  input: Json,
  output: Json | undefined,
  subject: Subject,
  account: string,
): RecordedParts {
  const resources = listResources(operation, subject, output, account);
  const element = Object.hasOwn(ELEMENTS, operation) ? ELEMENTS[operation] : undefined;
  return {
    readOnly: RECORDED_READS.has(operation),
    requestParameters: operation === 'RetireGrant' ? null : recordParameters(operation, input),
    responseElements: output === undefined ? null : (element?.(output, subject, input) ?? null),
    ...recordMore(subject),
    ...(resources.length === 0 ? {} : { resources }),
  };
}

/** What KMS records besides parameters and answer: the grant that was retired, the key store that was changed. */
function recordMore({ grantId, keyStore }: Subject): { additionalEventData?: Json } {
  if (grantId !== undefined) return { additionalEventData: { grantId } };
  if (keyStore === undefined) return {};
  const { name, clusterId } = keyStore;
  return {
    additionalEventData: { customKeyStoreName: name, ...(clusterId === undefined ? {} : { clusterId }) },
  };
}

function recordParameters(operation: string, input: Json): Json {
  const shown = Object.entries(input).filter(([name, value]) => !SECRET.has(name) && value !== null);
  const named = toRecordNames(Object.fromEntries(shown), DATA);
  const defaults = Object.hasOwn(DEFAULTS, operation) ? DEFAULTS[operation] : undefined;
  const parameters: Json = { ...defaults, ...(isJson(named) ? named : {}) };
  if (operation === 'CreateCustomKeyStore') {
    // Not the API's name for it, says the page.
    const { cloudHsmClusterId: clusterId, ...rest } = parameters;
    return clusterId === undefined ? rest : { ...rest, clusterId };
  }
  if (operation === 'CreateKey') return fillKeyParameters(parameters);
  if (operation === 'ImportKeyMaterial' && typeof input.ValidTo === 'number') {
    return { ...parameters, validTo: toRecordDate(input.ValidTo) };
  }
  return parameters;
}

/** CreateKey records its defaults, and both names of the key spec; the policy only if the caller passed one. */
function fillKeyParameters(parameters: Json): Json {
  const keySpec = parameters.keySpec ?? parameters.customerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const defaults = { description: '', origin: 'AWS_KMS', keyUsage: 'ENCRYPT_DECRYPT', tags: [] };
  const switches = { multiRegion: false, bypassPolicyLockoutSafetyCheck: false };
  return { ...defaults, ...switches, ...parameters, keySpec, customerMasterKeySpec: keySpec };
}

type Element = (output: Json, subject: Subject, input: Json) => Json;

const keyArn: Element = (_output, { key }) => ({ keyId: key?.arn });

/** `responseElements` of a success; `null` for every operation that is not here. */
const ELEMENTS: Readonly<Record<string, Element>> = {
  CancelKeyDeletion: keyArn,
  CreateAlias: keyArn,
  CreateCustomKeyStore: (output) => ({ customKeyStoreId: output.CustomKeyStoreId }),
  CreateGrant: (output, { key }) => ({ grantId: output.GrantId, keyId: key?.arn }),
  CreateKey: (output) => ({ keyMetadata: recordMetadata(output.KeyMetadata) }),
  DeleteAlias: keyArn,
  DeleteImportedKeyMaterial: (output, { key }) => ({ keyId: key?.arn, keyMaterialId: output.KeyMaterialId }),
  DisableKey: keyArn,
  EnableKey: keyArn,
  EnableKeyRotation: keyArn,
  ImportKeyMaterial: (output, { key }) => ({ keyId: key?.arn, keyMaterialId: output.KeyMaterialId }),
  ReplicateKey: (output) => ({
    replicaKeyMetadata: recordMetadata(output.ReplicaKeyMetadata),
    replicaPolicy: output.ReplicaPolicy,
    replicaTags: toRecordNames(output.ReplicaTags),
  }),
  RetireGrant: keyArn,
  // As the caller typed it, which the example of the page shows as a bare id.
  RotateKeyOnDemand: (output) => ({ keyId: output.KeyId }),
  ScheduleKeyDeletion: (output, { key }) => ({
    keyId: key?.arn,
    keyState: output.KeyState,
    deletionDate: toRecordDate(Number(output.DeletionDate)),
    pendingWindowInDays: output.PendingWindowInDays,
  }),
  TagResource: keyArn,
  UntagResource: keyArn,
  UpdateAlias: keyArn,
  UpdatePrimaryRegion: keyArn,
};

function recordMetadata(metadata: unknown): Json {
  const named = toRecordNames(metadata);
  if (!isJson(named)) return {};
  const { creationDate } = named;
  return typeof creationDate === 'number' ? { ...named, creationDate: toRecordDate(creationDate) } : named;
}

/** ReEncrypt lists the source first. CreateAlias lists the key first, the others the alias; both carry the type of a key. */
function listResources(
  operation: string,
  { key, sourceKey, alias }: Subject,
  output: Json | undefined,
  account: string,
): readonly RecordResource[] {
  const created = isJson(output?.KeyMetadata) ? textAt(output.KeyMetadata, 'Arn') : undefined;
  const arns = [key?.arn ?? created, sourceKey?.arn, alias?.arn].filter((arn) => arn !== undefined);
  const ordered = operation === 'CreateAlias' ? arns : arns.toReversed();
  return ordered.map((ARN) => ({ accountId: account, type: 'AWS::KMS::Key', ARN }));
}
