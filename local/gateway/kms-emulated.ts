import type { Refusal } from './answer.ts';
import type { AwsCall, Json } from './call.ts';
import { cutPage } from './cut-page.ts';
import { canRotate, nameMaterial, type Rotation } from './key-material.ts';
import { KEY_STORE_EMULATIONS } from './key-store.ts';
import { deleteMaterial, getImportParameters, importMaterial } from './kms-import.ts';
import { generateDataKeyPair } from './kms-key-pair.ts';
import type { Key, KmsKeys } from './kms-keys.ts';
import type { Subject } from './kms-subject.ts';

/** What an operation that moto lacks, or has too little of, is answered from. */
export type EmulatedContext = { keys: KmsKeys; motoUrl: string; now: Date };

/** What came of an emulated operation: the body of a success, or a refusal. */
export type Emulated = { body: Json } | { refusal: Refusal };

/** Answers a KMS call without moto; `undefined` if moto is to answer it. The call was found to be permitted before. */
export async function emulateKmsCall(
  call: AwsCall,
  { key }: Subject,
  context: EmulatedContext,
): Promise<Emulated | undefined> {
  const { operation, input } = call;
  if (Object.hasOwn(KEY_STORE_EMULATIONS, operation)) return KEY_STORE_EMULATIONS[operation]?.(input, context);
  const emulate = Object.hasOwn(EMULATIONS, operation) ? EMULATIONS[operation] : undefined;
  return key === undefined ? undefined : emulate?.(input, key, context);
}

type Emulation = (input: Json, key: Key, context: EmulatedContext) => Emulated | Promise<Emulated>;

const EMULATIONS: Readonly<Record<string, Emulation>> = {
  DeleteImportedKeyMaterial: deleteMaterial,
  GenerateDataKeyPair: (input, key, context) => generateDataKeyPair(input, key, context, true),
  GenerateDataKeyPairWithoutPlaintext: (input, key, context) => generateDataKeyPair(input, key, context, false),
  GetKeyLastUsage: (_input, key, context) => ({ body: tellLastUsage(key, context) }),
  GetParametersForImport: getImportParameters,
  ImportKeyMaterial: importMaterial,
  ListKeyRotations: (input, key, context) => ({ body: listRotations(input, key, context) }),
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
function tellLastUsage(key: Key, { keys }: EmulatedContext): Json {
  const { lastUse } = keys.memoryOf(key.arn);
  const creation = Number(key.metadata.CreationDate);
  const usage =
    lastUse === undefined
      ? {}
      : {
          Operation: lastUse.operation,
          Timestamp: lastUse.at / 1000,
          CloudTrailEventId: lastUse.eventId,
          KmsRequestId: lastUse.requestId,
        };
  return {
    KeyId: key.id,
    KeyCreationDate: creation,
    // From when KMS tracks uses, or from the creation of the key, whichever is later.
    TrackingStartDate: Math.max(creation, keys.tracking.since / 1000),
    KeyLastUsage: usage,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html */
function listRotations(input: Json, key: Key, { keys }: EmulatedContext): Json {
  const rotations = keys.rotationsOf(key.id);
  const isMaterialThere = key.metadata.CurrentKeyMaterialId !== undefined;
  const withFirst = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL' && isMaterialThere;
  const first = withFirst ? [{ KeyId: key.arn, KeyMaterialId: nameMaterial(key.id, 0) }] : [];
  const listed = [...first, ...rotations.map((rotation) => describeRotation(rotation, key))];
  const entries = listed.map((entry) => ({ ...entry, ...describeMaterial(entry.KeyMaterialId, key) }));
  const page = cutPage(entries, input, 100);
  return { Rotations: page.entries, ...page.rest };
}

function describeRotation({ at, type, materialId }: Rotation, { arn }: Key) {
  return { KeyId: arn, KeyMaterialId: materialId, RotationDate: at / 1000, RotationType: type };
}

function describeMaterial(materialId: string, { metadata }: Key): Json {
  const { CurrentKeyMaterialId, ExpirationModel, ValidTo } = metadata;
  const state = { KeyMaterialState: materialId === CurrentKeyMaterialId ? 'CURRENT' : 'NON_CURRENT' };
  if (metadata.Origin !== 'EXTERNAL' || !canRotate(metadata)) return state;
  const imported = { ExpirationModel, ...(ValidTo === undefined ? {} : { ValidTo }) };
  return metadata.KeyState === 'PendingImport'
    ? { ...state, ImportState: 'PENDING_IMPORT' }
    : { ...state, ImportState: 'IMPORTED', ...imported };
}
