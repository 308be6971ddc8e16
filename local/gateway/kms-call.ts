import { type Answer, type AwsCall, isJson, type Json, readJson, textAt } from './call.ts';
import { cutPage } from './cut-page.ts';
import type { GrantMemory, Key, KmsKeys } from './kms-keys.ts';
import { completeMetadata } from './kms-metadata.ts';
import { keyParameterOf, type Subject } from './kms-subject.ts';

const DAY = 86_400_000;
/** https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html#rotation-period */
const DEFAULT_ROTATION_PERIOD = 365;

/**
 * The call as moto understands it: bare key ids, because moto fails on a key ARN in EnableKey, DisableKey and the deletion
 * operations, and the defaults that moto leaves empty.
 */
export function toMotoCall(call: AwsCall, { key, grantId }: Subject): AwsCall {
  const defaults = Object.hasOwn(DEFAULTS, call.operation) ? DEFAULTS[call.operation] : undefined;
  const parameter = keyParameterOf(call.operation);
  const named = key !== undefined && call.input[parameter] !== undefined ? { [parameter]: key.id } : {};
  const grant = grantId === undefined || key === undefined ? {} : { KeyId: key.id, GrantId: grantId, GrantToken: null };
  const input = { ...defaults, ...call.input, ...named, ...grant };
  return { ...call, input, body: Buffer.from(JSON.stringify(input)) };
}

const DEFAULTS: Readonly<Record<string, Json>> = {
  CreateKey: { KeyUsage: 'ENCRYPT_DECRYPT', MultiRegion: false, Origin: 'AWS_KMS' },
  GetKeyPolicy: { PolicyName: 'default' },
  PutKeyPolicy: { PolicyName: 'default' },
};

/** What a successful KMS call is completed and remembered with. */
export type KmsContext = { keys: KmsKeys; account: string; now: Date };

/** Adds to a successful answer of moto what KMS answers, and remembers what moto forgets. */
export function completeKmsAnswer(call: AwsCall, subject: Subject, answer: Answer, context: KmsContext): Answer {
  const complete = Object.hasOwn(COMPLETIONS, call.operation) ? COMPLETIONS[call.operation] : undefined;
  if (answer.status >= 300 || complete === undefined) return answer;
  const body = complete(readJson(answer.body), call, subject.key, context, subject);
  return { ...answer, body: Buffer.from(JSON.stringify(body)) };
}

type Completion = (body: Json, call: AwsCall, key: Key | undefined, context: KmsContext, subject: Subject) => Json;

const COMPLETIONS: Readonly<Record<string, Completion>> = {
  CreateKey: completeNewKey,
  DescribeKey: (body, _call, key) => (key === undefined ? body : { KeyMetadata: key.metadata }),
  ListKeys: completeKeys,
  ReplicateKey: completeReplica,
  EnableKeyRotation: rememberRotation,
  GetKeyRotationStatus: completeRotationStatus,
  RotateKeyOnDemand: (body, call) => ({ ...body, KeyId: call.input.KeyId }),
  ScheduleKeyDeletion: (body, call, key) => ({
    ...body,
    KeyId: key?.arn,
    KeyState: 'PendingDeletion',
    PendingWindowInDays: call.input.PendingWindowInDays ?? 30,
  }),
  CancelKeyDeletion: (body, _call, key) => ({ ...body, KeyId: key?.arn }),
  GetPublicKey: (body, _call, key) => ({ ...dropNulls(body), KeyId: key?.arn, KeySpec: key?.metadata.KeySpec }),
  CreateGrant: rememberGrant,
  ListGrants: completeGrants,
  ListRetirableGrants: completeGrants,
  RevokeGrant: (body, call, _key, { keys }) => forgetGrant(body, textAt(call.input, 'GrantId'), keys),
  RetireGrant: (body, _call, _key, { keys }, { grantId }) => forgetGrant(body, grantId, keys),
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
function completeKeys(body: Json, { input }: AwsCall, _key: Key | undefined, { keys }: KmsContext): Json {
  const there = listOf(body.Keys).filter((one) => isThere(one, keys));
  const { entries, rest } = cutPage(there, input, 100);
  return { Keys: entries, ...rest };
}

function completeNewKey(body: Json, _call: AwsCall, _key: Key | undefined, { keys }: KmsContext): Json {
  const metadata = isJson(body.KeyMetadata) ? body.KeyMetadata : {};
  const memory = keys.memoryOf(textAt(metadata, 'Arn') ?? '');
  if (metadata.Origin === 'EXTERNAL') memory.pendingImport = true;
  return { KeyMetadata: completeMetadata(metadata, memory, []) };
}

/** A replica is not there yet when ReplicateKey answers, so its state is Creating; moto has it ready at once. */
function completeReplica(body: Json, call: AwsCall, key: Key | undefined, { keys }: KmsContext): Json {
  const metadata = isJson(body.ReplicaKeyMetadata) ? body.ReplicaKeyMetadata : {};
  const rotations = key === undefined ? [] : keys.rotationsOf(key.id);
  return {
    ...body,
    ReplicaKeyMetadata: { ...completeMetadata(metadata, {}, rotations), KeyState: 'Creating', Enabled: false },
    ReplicaTags: call.input.Tags ?? [],
  };
}

function isThere(entry: unknown, keys: KmsKeys): boolean {
  const arn = isJson(entry) ? textAt(entry, 'KeyArn') : undefined;
  return arn === undefined || keys.memoryOf(arn).deleted !== true;
}

/** Enabling again without a period keeps none: KMS then uses the default. */
function rememberRotation(body: Json, call: AwsCall, key: Key | undefined, { keys, now }: KmsContext): Json {
  if (key !== undefined) {
    const memory = keys.memoryOf(key.arn);
    memory.rotationPeriodInDays = Number(call.input.RotationPeriodInDays ?? DEFAULT_ROTATION_PERIOD);
    memory.rotationEnabledAt = now.getTime();
  }
  return body;
}

/**
 * A key that is pending deletion answers false, and what it was before once its deletion is cancelled.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
 */
function completeRotationStatus(body: Json, _call: AwsCall, key: Key | undefined, { keys }: KmsContext): Json {
  if (key === undefined) return body;
  const { rotationPeriodInDays = DEFAULT_ROTATION_PERIOD, rotationEnabledAt } = keys.memoryOf(key.arn);
  if (body.KeyRotationEnabled !== true || key.state === 'PendingDeletion') {
    return { KeyId: key.arn, KeyRotationEnabled: false };
  }
  // Rotation that CloudFormation switched on inside moto counts from the creation of the key.
  const enabledAt = rotationEnabledAt ?? Number(key.metadata.CreationDate) * 1000;
  const last = keys.rotationsOf(key.id).findLast(({ type }) => type === 'AUTOMATIC');
  const since = Math.max(enabledAt, last?.at ?? 0);
  return {
    KeyId: key.arn,
    KeyRotationEnabled: true,
    RotationPeriodInDays: rotationPeriodInDays,
    NextRotationDate: (since + rotationPeriodInDays * DAY) / 1000,
  };
}

function rememberGrant(body: Json, _call: AwsCall, key: Key | undefined, { keys, account, now }: KmsContext): Json {
  const grantId = textAt(body, 'GrantId');
  if (grantId !== undefined && key !== undefined) {
    keys.grants.set(grantId, {
      grantId,
      token: textAt(body, 'GrantToken') ?? '',
      keyArn: key.arn,
      issuingAccount: `arn:aws:iam::${account}:root`,
      creationDate: Math.floor(now.getTime() / 1000),
    });
  }
  return body;
}

function forgetGrant(body: Json, grantId: string | undefined, keys: KmsKeys): Json {
  if (grantId !== undefined) keys.grants.delete(grantId);
  return body;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html */
function completeGrants(body: Json, call: AwsCall, _key: Key | undefined, { keys }: KmsContext): Json {
  const grantee = call.input.GranteePrincipal;
  const listed = listOf(body.Grants).filter(isJson);
  const wanted = listed.filter((grant) => grantee === undefined || grant.GranteePrincipal === grantee);
  const { entries, rest } = cutPage(wanted, call.input, 50);
  return { Grants: entries.map((grant) => completeGrant(grant, keys)), ...rest };
}

function completeGrant(grant: Json, keys: KmsKeys): Json {
  const memory: GrantMemory | undefined = keys.grants.get(textAt(grant, 'GrantId') ?? '');
  if (memory === undefined) return dropNulls(grant);
  const { keyArn, issuingAccount, creationDate } = memory;
  return { ...dropNulls(grant), KeyId: keyArn, IssuingAccount: issuingAccount, CreationDate: creationDate };
}

function dropNulls(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
