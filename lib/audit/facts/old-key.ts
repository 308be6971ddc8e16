import type { KeyDescription, KeyTraits } from '../../facts/key-facts.ts';
import { KEY_TRAITS, type KeyTrait } from '../../facts/key-view.ts';

/** What stands where nobody could tell a trait; `untold` names them all. */
const PLACEHOLDERS: KeyTraits = {
  manager: '',
  spec: '',
  usage: '',
  origin: '',
  state: '',
  multiRegion: 'no',
  description: '',
};

/**
 * Describes a key that is older than the records by what its ARN tells. Only the id of a multi-Region key begins with `mrk-`,
 * and the keys that AWS manages are single-Region keys.
 *
 * @param arn of a key
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
 */
export function startOldKey(arn: string): KeyDescription {
  const [, , , region = '', account = '', resource = ''] = arn.split(':');
  const keyId = resource.slice(resource.indexOf('/') + 1);
  const key: KeyDescription = { arn, keyId, account, region, ...PLACEHOLDERS, untold: KEY_TRAITS };
  return keyId.startsWith('mrk-')
    ? markTold({ ...key, manager: 'CUSTOMER' }, ['manager'])
    : markTold(key, ['multiRegion', 'primaryRegion']);
}

/** Says that traits hold what they are from now on; one that is absent is told to be absent. */
export function markTold(key: KeyDescription, traits: readonly KeyTrait[]): KeyDescription {
  const { untold } = key;
  return untold === undefined ? key : { ...key, untold: untold.filter((trait) => !traits.includes(trait)) };
}

/** Says that nobody can tell a trait any more. */
export const forget = (key: KeyDescription, trait: KeyTrait): KeyDescription =>
  key.untold?.includes(trait) === false ? { ...key, untold: [...key.untold, trait] } : key;

/** Adds what an action proves, where nothing was told before: records that tell more than proofs are kept. */
export function addProof(key: KeyDescription, proof: Partial<KeyTraits>): KeyDescription {
  const { untold } = key;
  if (untold === undefined) return key;
  const news = Object.entries(proof).filter(([trait]) => untold.some((one) => one === trait));
  const proven: Partial<KeyTraits> = Object.fromEntries(news);
  return markTold({ ...key, ...proven }, Object.keys(proven) as KeyTrait[]);
}
