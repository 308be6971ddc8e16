import type { Refusal } from './answer.ts';
import { type AwsCall, type Json, textAt } from './call.ts';
import { refuseKeyPolicy } from './key-policy-rules.ts';
import { refuseByState } from './key-state.ts';
import type { Key, KmsKeys } from './kms-keys.ts';
import type { Subject } from './kms-subject.ts';

/** KMS's own bounds, in days, times and entries. */
const ROTATION_PERIOD = { least: 90, most: 2560 };
const DELETION_WINDOW = { least: 7, most: 30 };
const MOST_ROTATIONS_ON_DEMAND = 25;
const LISTED = { least: 1, most: 1000 };

/**
 * Refuses what KMS refuses and moto does not. The order is KMS's: state of the key, then what the operation asks for,
 * and last a dry run, which is refused because it would have succeeded.
 *
 * @param caller ARN of who makes the call
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html for dry runs
 */
export function refuseKmsCall(call: AwsCall, subject: Subject, keys: KmsKeys, caller: string): Refusal | undefined {
  const { key, sourceKey } = subject;
  const byState = [sourceKey, key]
    .map((one) => (one === undefined ? undefined : refuseByState(call.operation, one.state, one.arn)))
    .find((refusal) => refusal !== undefined);
  const rule = Object.hasOwn(RULES, call.operation) ? RULES[call.operation] : undefined;
  return byState ?? rule?.(call.input, key, keys, caller) ?? refuseDryRun(call);
}

function refuseDryRun(call: AwsCall): Refusal | undefined {
  if (call.input.DryRun !== true) return undefined;
  return {
    code: 'DryRunOperationException',
    message: 'The request would have succeeded, but the DryRun option is set.',
  };
}

type Rule = (input: Json, key: Key | undefined, keys: KmsKeys, caller: string) => Refusal | undefined;

const RULES: Readonly<Record<string, Rule>> = {
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
  EnableKeyRotation: (input, key) =>
    refuseOutside('rotationPeriodInDays', input.RotationPeriodInDays, ROTATION_PERIOD) ??
    refuseRotation(key, ['AWS_KMS']),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html
  DisableKeyRotation: (_input, key) => refuseRotation(key, ['AWS_KMS']),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
  RotateKeyOnDemand: (_input, key, keys) => refuseRotation(key, ['AWS_KMS', 'EXTERNAL']) ?? refuseTooMany(key, keys),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
  ListKeyRotations: (input, key) =>
    refuseOutside('limit', input.Limit, LISTED) ?? refuseMarker(input) ?? refuseUnrotatable(key),
  // https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
  GetParametersForImport: (_input, key) => refuseUnimportable(key),
  ImportKeyMaterial: (_input, key) => refuseUnimportable(key),
  DeleteImportedKeyMaterial: (_input, key) => refuseUnimportable(key),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
  ScheduleKeyDeletion: (input) => refuseOutside('pendingWindowInDays', input.PendingWindowInDays, DELETION_WINDOW),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
  CreateKey: (input, _key, _keys, caller) => refuseKeyWithoutUsage(input) ?? refusePolicyOf(input, caller),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
  CreateAlias: refuseReservedAlias,
  UpdateAlias: refuseReservedAlias,
  DeleteAlias: refuseReservedAlias,
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
  CreateGrant: refuseIncompleteGrant,
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html
  RevokeGrant: (input, key, keys) => {
    const id = textAt(input, 'GrantId') ?? '';
    if (keys.grants.get(id)?.keyArn === key?.arn) return undefined;
    return { code: 'NotFoundException', message: `Grant ID ${id} not found` };
  },
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
  PutKeyPolicy: (input, _key, _keys, caller) => refusePolicyOf(input, caller),
};

/** A new key without a policy gets the default one. */
function refusePolicyOf(input: Json, caller: string): Refusal | undefined {
  const policy = textAt(input, 'Policy');
  return policy === undefined ? undefined : refuseKeyPolicy(policy, caller, input.BypassPolicyLockoutSafetyCheck);
}

function refuseOutside(
  name: string,
  value: unknown,
  { least, most }: { least: number; most: number },
): Refusal | undefined {
  if (value === undefined || value === null) return undefined;
  const days = Number(value);
  if (days >= least && days <= most) return undefined;
  const bound = days > most ? `less than or equal to ${most}` : `greater than or equal to ${least}`;
  return invalid(`Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${bound}`);
}

function invalid(finding: string): Refusal {
  return { code: 'ValidationException', message: `1 validation error detected: ${finding}` };
}

function refuseRotation(key: Key | undefined, origins: readonly string[]): Refusal | undefined {
  if (key === undefined) return undefined;
  const configuration = key.metadata.MultiRegionConfiguration;
  const isReplica = JSON.stringify(configuration ?? '').includes('"MultiRegionKeyType":"REPLICA"');
  return (
    refuseUnrotatable(key, origins) ?? (isReplica ? unsupported(key, 'is a multi-Region replica key,') : undefined)
  );
}

function refuseUnrotatable(
  key: Key | undefined,
  origins: readonly string[] = ['AWS_KMS', 'EXTERNAL'],
): Refusal | undefined {
  if (key === undefined) return undefined;
  const { KeySpec, Origin } = key.metadata;
  if (!origins.includes(String(Origin))) return unsupported(key, `origin is ${Origin}`);
  return KeySpec === 'SYMMETRIC_DEFAULT' ? undefined : unsupported(key, `key spec is ${KeySpec}`);
}

function refuseUnimportable(key: Key | undefined): Refusal | undefined {
  if (key === undefined || key.metadata.Origin === 'EXTERNAL') return undefined;
  return unsupported(key, `origin is ${key.metadata.Origin}`);
}

function unsupported(key: Key, what: string): Refusal {
  const message = `${key.arn} ${what} which is not valid for this operation.`;
  return { code: 'UnsupportedOperationException', message };
}

/** The marker of a list is the number of the entry that comes next. */
function refuseMarker({ Marker }: Json): Refusal | undefined {
  if (Marker === undefined || /^\d{1,9}$/.test(String(Marker))) return undefined;
  return { code: 'InvalidMarkerException', message: 'The marker is not one that this list answered.' };
}

function refuseTooMany(key: Key | undefined, keys: KmsKeys): Refusal | undefined {
  const done = key === undefined ? [] : keys.rotationsOf(key.id);
  const rotations = done.filter(({ type }) => type === 'ON_DEMAND').length;
  if (rotations < MOST_ROTATIONS_ON_DEMAND) return undefined;
  return {
    code: 'LimitExceededException',
    message: `The key has been rotated on demand ${rotations} times, the most KMS allows.`,
  };
}

function refuseKeyWithoutUsage(input: Json): Refusal | undefined {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  if (spec === 'SYMMETRIC_DEFAULT' || input.KeyUsage !== undefined) return undefined;
  const message = 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.';
  return { code: 'ValidationException', message };
}

function refuseReservedAlias(input: Json): Refusal | undefined {
  if (textAt(input, 'AliasName')?.startsWith('alias/aws/') !== true) return undefined;
  return {
    code: 'NotAuthorizedException',
    message: 'Aliases that begin with alias/aws/ are reserved for AWS services.',
  };
}

function refuseIncompleteGrant(input: Json): Refusal | undefined {
  if (textAt(input, 'GranteePrincipal') === undefined && textAt(input, 'GranteeServicePrincipal') === undefined) {
    return invalid("Value null at 'granteePrincipal' failed to satisfy constraint: Member must not be null");
  }
  const operations = Array.isArray(input.Operations) ? input.Operations : [];
  const unknown = operations.filter((operation) => !GRANT_OPERATIONS.has(operation));
  if (operations.length > 0 && unknown.length === 0) return undefined;
  const allowed = [...GRANT_OPERATIONS].join(', ');
  return invalid(
    `Value '[${operations.join(', ')}]' at 'operations' failed to satisfy constraint: ` +
      `Member must satisfy constraint: [Member must satisfy enum value set: [${allowed}]]`,
  );
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations */
const GRANT_OPERATIONS: ReadonlySet<unknown> = new Set([
  'CreateGrant',
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
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'Sign',
  'Verify',
  'VerifyMac',
]);
