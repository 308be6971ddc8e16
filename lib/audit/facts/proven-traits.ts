import type { KeyAction } from '../../event/key-action.ts';
import { textOf } from '../../event/plain-json.ts';
import { isIdentified } from '../../facts/actor.ts';
import type { KeyTraits } from '../../facts/key-facts.ts';

type Proof = Partial<KeyTraits>;

/**
 * What KMS's own rules prove of a key by the fact that KMS did something: it refuses everything else. Of the state, what was
 * so while it was done. What follows from the action itself (EnableKey: `Enabled`) is not here, see `key-record.ts`.
 *
 * Not proven: that a customer manages a key that KMS rotated by itself, because it rotates those of AWS too, nor one for
 * which a grant was made or ended.
 *
 * @param action of KMS, about that key; it succeeded
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export const proveTraits = (action: KeyAction): Proof => ({
  ...(CHANGES.has(action.api) && isOfCustomer(action) ? CUSTOMER : {}),
  ...PROOFS.get(action.api)?.(action),
});

/**
 * What the refusal of an action proves: KMS names the key that is pending deletion.
 *
 * @param action of KMS, about that key; of any outcome
 * @param keyId of that key
 */
export function proveByRefusal({ outcome, error }: KeyAction, keyId: string): Proof {
  if (outcome !== 'failed' || error?.message.includes(keyId) !== true) return {};
  const [, replica] = /\bis pending (replica )?deletion\b/.exec(error.message) ?? ['', 'none'];
  if (replica === 'none') return {};
  return { state: replica === undefined ? 'PendingDeletion' : 'PendingReplicaDeletion' };
}

const CUSTOMER: Proof = { manager: 'CUSTOMER' };

/** What nobody can do to a key that AWS manages: change its properties, policy or tags, or have it deleted. */
const CHANGES: ReadonlySet<string> = new Set([
  ...['PutKeyPolicy', 'EnableKey', 'DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion'],
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html
  ...['TagResource', 'UntagResource', 'UpdateKeyDescription'],
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
  'CreateAlias',
]);

/**
 * AWS changes its own keys, and may do so in the name of whoever uses the service (`invokedBy`). CloudFormation has no keys
 * and does what its caller, or a role of the customer, may do.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 */
const isOfCustomer = ({ actor }: KeyAction): boolean =>
  isIdentified(actor) && (actor.invokedBy === undefined || actor.invokedBy === 'cloudformation.amazonaws.com');

/** A key for symmetric encryption can do nothing else: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
const SYMMETRIC: Proof = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' };

/** Rotation is for enabled keys, and of multi-Region keys for the primary one. */
const provePrimary = ({ region }: KeyAction): Proof => ({ multiRegion: 'primary', primaryRegion: region });

/**
 * Automatic rotation can be set for enabled customer managed keys for symmetric encryption with material of KMS.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
 */
const proveRotatable = (action: KeyAction): Proof => ({
  ...CUSTOMER,
  ...SYMMETRIC,
  ...provePrimary(action),
  origin: 'AWS_KMS',
  state: 'Enabled',
});

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html */
const proveImported = (): Proof => ({ ...CUSTOMER, origin: 'EXTERNAL' });

const PROOFS: ReadonlyMap<string, (action: KeyAction) => Proof> = new Map<string, (action: KeyAction) => Proof>([
  ['EnableKeyRotation', proveRotatable],
  ['DisableKeyRotation', proveRotatable],
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html: material of KMS, or imported.
  ['RotateKeyOnDemand', (action) => ({ ...CUSTOMER, ...SYMMETRIC, ...provePrimary(action), state: 'Enabled' })],
  ['RotateKey', proveRotated],
  ['ImportKeyMaterial', proveImported],
  ['DeleteImportedKeyMaterial', proveImported],
  ['DeleteExpiredKeyMaterial', proveImported],
  ['GetParametersForImport', proveImported],
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
  ['ReplicateKey', (action) => ({ ...CUSTOMER, ...provePrimary(action) })],
  // https://docs.aws.amazon.com/kms/latest/developerguide/deleting-mrks.html
  [
    'ScheduleKeyDeletion',
    (action) => (textOf(action.response, 'keyState') === 'PendingReplicaDeletion' ? provePrimary(action) : {}),
  ],
]);

/**
 * KMS rotates keys for symmetric encryption: by itself enabled ones with material of its own, when told to also those with
 * imported material, of customers only.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html
 */
function proveRotated({ request }: KeyAction): Proof {
  const origin = textOf(request, 'keyOrigin');
  return textOf(request, 'rotationType') === 'ON_DEMAND'
    ? { ...CUSTOMER, ...SYMMETRIC, ...(origin === undefined ? {} : { origin }) }
    : { ...SYMMETRIC, origin: 'AWS_KMS', state: 'Enabled' };
}
