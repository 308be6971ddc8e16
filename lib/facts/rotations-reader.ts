import { type KMSClient, paginateListKeyRotations, type RotationsListEntry } from '@aws-sdk/client-kms';
import { KEY_SPECS_BY_USAGE } from '../policy/policy.ts';
import { attemptRead, describeGone, type ReadTarget } from './attempt-read.ts';
import { type Fact, type KeyDescription, known, type Rotations } from './key-facts.ts';

/**
 * Reads the rotations that KMS has completed, the newest first. A key that KMS never gives new material (asymmetric, HMAC,
 * in a custom key store) has none, which takes no call; KMS would refuse it.
 *
 * @throws {TransientReadError} with `onTransient: 'throw'`
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/list-rotations.html
 */
export async function readRotations(
  options: ReadTarget & { readonly kms: KMSClient },
  key: KeyDescription,
): Promise<Fact<Rotations>> {
  if (isNeverRotated(key)) return NONE;
  return attemptRead<Rotations>(options, 'ListKeyRotations', describeGone(options), async () => {
    const entries = await listEntries(options.kms, key);
    return () => known(describeRotations(entries));
  });
}

const NONE = known<Rotations>({ done: [] });

const NO_ROTATION: ReadonlySet<string> = new Set(
  Object.values(KEY_SPECS_BY_USAGE)
    .flat()
    .filter((spec) => spec !== 'SYMMETRIC_DEFAULT'),
);

/** What this version has never heard of is asked for: KMS may have learnt to rotate it. */
const isNeverRotated = ({ spec, origin }: KeyDescription): boolean =>
  NO_ROTATION.has(spec) || origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';

/** Of imported material KMS also lists what was imported and is not in use yet, when it is asked to. */
async function listEntries(kms: KMSClient, { arn, origin }: KeyDescription): Promise<readonly RotationsListEntry[]> {
  const entries: RotationsListEntry[] = [];
  const request =
    origin === 'EXTERNAL' ? { KeyId: arn, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' as const } : { KeyId: arn };
  try {
    for await (const page of paginateListKeyRotations({ client: kms, pageSize: 1000 }, request)) {
      entries.push(...(page.Rotations ?? []));
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedOperationException') return [];
    throw error;
  }
  return entries;
}

/** The first material and one that waits have no date: neither is a rotation. KMS documents no order of the list. */
function describeRotations(entries: readonly RotationsListEntry[]): Rotations {
  const done = entries
    .flatMap(({ RotationDate, RotationType }) =>
      RotationDate === undefined ? [] : [{ at: RotationDate.toISOString(), type: RotationType ?? 'UNKNOWN' }],
    )
    .sort((one, other) => other.at.localeCompare(one.at));
  const waits = entries.some(({ KeyMaterialState }) => KeyMaterialState?.startsWith('PENDING_') === true);
  return { done, ...(waits ? { materialWaits: true } : {}) };
}
