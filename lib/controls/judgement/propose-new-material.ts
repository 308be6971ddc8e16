import type { KeyIdentity, Rotations } from '../../facts/key-facts.ts';
import type { KeyView } from '../../facts/key-view.ts';
import { showText } from '../../facts/plain-text.ts';

/** What the steps depend on. */
type RenewedKey = KeyView<'spec' | 'usage' | 'origin' | 'multiRegion'>;

/**
 * Writes down what a person can do about a key that is too old and that KMS cannot rotate by itself.
 *
 * @returns steps with their commands, one line each
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys-manually.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html
 */
export function proposeNewMaterial(key: RenewedKey, rotations: Rotations): string {
  const canRotateOnDemand = key.origin === 'EXTERNAL' && key.spec === 'SYMMETRIC_DEFAULT';
  const steps = canRotateOnDemand ? proposeImport(key, rotations) : proposeReplacement(key);
  return steps.map((step, at) => `${at + 1}. ${step}`).join('\n');
}

function proposeImport(key: RenewedKey, { materialWaits }: Rotations): readonly string[] {
  const named = nameKey(key);
  const everywhere =
    key.multiRegion === 'primary' ? ' Import the same material into every replica too, before step 3.' : '';
  const rotate = `Put the new material into use: aws kms rotate-key-on-demand ${named}`;
  if (materialWaits === true) return [rotate];
  return [
    `Make new key material in your own HSM, and fetch the wrapping key: aws kms get-parameters-for-import --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --wrapping-key-spec RSA_4096 ${named}`,
    `Import it beside the old: aws kms import-key-material --import-type NEW_KEY_MATERIAL --import-token fileb://token --encrypted-key-material fileb://material --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE ${named}.${everywhere}`,
    rotate,
  ];
}

function proposeReplacement(key: RenewedKey): readonly string[] {
  const { region, usage, spec, origin } = key;
  const store = origin === 'AWS_CLOUDHSM' ? ' --origin AWS_CLOUDHSM --custom-key-store-id STORE' : '';
  const imported = origin === 'EXTERNAL' ? ' --origin EXTERNAL' : '';
  const multi = key.multiRegion === 'primary' ? ' --multi-region' : '';
  return [
    `Create a new key of the same kind: aws kms create-key --key-usage ${showText(usage)} --key-spec ${showText(spec)}${store}${imported}${multi} --region ${showText(region)}`,
    `Move each alias to it: aws kms update-alias --alias-name alias/NAME --target-key-id NEW_KEY_ID --region ${showText(region)}`,
    AFTER[usage] ?? 'Let whatever the old key protects be protected anew.',
    `Disable the old key once nothing uses it any more: aws kms disable-key ${nameKey(key)}`,
  ];
}

const nameKey = ({ arn, region }: KeyIdentity): string => `--key-id ${showText(arn)} --region ${showText(region)}`;

/** What the old key still has to do, by its usage. */
const AFTER: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  ENCRYPT_DECRYPT:
    'Encrypt the data anew (aws kms re-encrypt, or read and write it); until then the old key must decrypt.',
  SIGN_VERIFY: 'Publish the new public key; keep the old public key for signatures that must still be verified.',
  GENERATE_VERIFY_MAC: 'Make new MACs; until the old ones are gone the old key must verify them.',
  KEY_AGREEMENT: 'Give the new public key to the other parties.',
});
