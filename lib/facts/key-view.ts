import { listWords } from '../iam/sentence.ts';
import type { KeyDescription, KeyIdentity, KeyTraits } from './key-facts.ts';

export type KeyTrait = keyof KeyTraits;

/**
 * A key as a rule may see it: the traits that it needs, which are told, and those that help it, each of which is absent
 * when nobody could tell it. What a rule did not ask for does not compile.
 */
export type KeyView<Needed extends KeyTrait, Helpful extends KeyTrait = never> = KeyIdentity &
  Pick<KeyTraits, Needed> &
  Partial<Pick<KeyTraits, Helpful>>;

/** How sentences call a trait. */
const NAMES: Readonly<Record<KeyTrait, string>> = {
  manager: 'whether AWS or the customer manages it',
  spec: 'its key spec',
  usage: 'its key usage',
  origin: 'where its key material comes from',
  state: 'its key state',
  multiRegion: 'whether it is a multi-Region primary or replica key',
  primaryRegion: 'the Region of its primary key',
  createdAt: 'when it was created',
  deletionAt: 'when it will be deleted',
  deletionWindowInDays: 'its waiting period',
  description: 'its description',
};

/** All that there is to tell of a key. */
export const KEY_TRAITS = Object.keys(NAMES) as readonly KeyTrait[];

/** Those of some traits that nobody could tell. */
export const listUntold = ({ untold = [] }: KeyDescription, traits: readonly KeyTrait[]): readonly KeyTrait[] =>
  traits.filter((trait) => untold.includes(trait));

/** Why something cannot be said, as one clause: "no record in these files tells its key spec and its key state". */
export const sayUntold = (traits: readonly KeyTrait[]): string =>
  `no record in these files tells ${listWords(traits.map((trait) => NAMES[trait]))}`;

/**
 * Shows a key without its untold traits, and with no other traits than those that are asked for.
 *
 * @param traits asked for; one that is untold, or that KMS left out, is absent from the view
 */
export function viewKey<Trait extends KeyTrait>(key: KeyDescription, traits: readonly Trait[]): KeyView<never, Trait> {
  const { arn, keyId, account, region, untold = [] } = key;
  const told = traits.filter((trait) => !untold.includes(trait) && key[trait] !== undefined);
  const shown: Partial<KeyTraits> = Object.fromEntries(told.map((trait) => [trait, key[trait]]));
  const view: KeyIdentity & Partial<KeyTraits> = { arn, keyId, account, region, ...shown };
  return view as KeyView<never, Trait>;
}
