import type { KeyTraits } from './key-facts.ts';
import { sayUntold } from './key-view.ts';
import { showText } from './plain-text.ts';

/** What decides whether KMS can rotate a key by itself. */
export const ROTATION_TRAITS = ['manager', 'spec', 'origin', 'multiRegion', 'primaryRegion', 'state'] as const;

export type RotationTrait = (typeof ROTATION_TRAITS)[number];

/** A key as far as it is known: a trait that nobody could tell is absent, or named as untold. */
export type RotationKey = Partial<Pick<KeyTraits, RotationTrait>> & {
  readonly untold?: readonly (keyof KeyTraits)[];
};

/** Whether KMS can rotate a key by itself. */
export type RotationEligibility = { readonly eligible: true } | RotationIneligible;

export interface RotationIneligible {
  readonly eligible: false;
  /**
   * What it is about the key. By its `spec` or `origin` KMS can never rotate it; a `replica` gets its material from its
   * primary; a `state` may pass, and then KMS can. `untold`: nothing is known to keep KMS from it, but not all is known.
   */
  readonly obstacle: 'manager' | 'spec' | 'origin' | 'replica' | 'state' | 'untold';
  /** One clause that names what is so: "it is an asymmetric key (RSA_4096)". */
  readonly reason: string;
  /** The key is on its way to another state and no event tells when it arrives: look again instead of concluding. */
  readonly settling?: true;
  /** Traits that nobody could tell, and that may be a graver obstacle than this one; absent when there are none. */
  readonly untold?: readonly (keyof KeyTraits)[];
}

/** One thing that keeps KMS from rotating a key; undefined when it does not. */
type FindObstacle = (trait: string, key: RotationKey) => Pick<RotationIneligible, 'reason' | 'settling'> | undefined;

/** What can never change comes first, so that nobody enables a key only to hear the next reason. */
const OBSTACLES: readonly (readonly [RotationIneligible['obstacle'], RotationTrait, FindObstacle])[] = [
  ['manager', 'manager', findForeignManager],
  ['spec', 'spec', findOtherSpec],
  ['origin', 'origin', findOtherOrigin],
  ['replica', 'multiRegion', findReplica],
  ['state', 'state', findOtherState],
];

/**
 * The one answer to "can KMS rotate this key automatically?": a customer managed key for symmetric encryption, with
 * material that KMS made, enabled, and single-Region or the primary of its replicas (rotation is a shared property that
 * KMS lets you set on the primary only). Each obstacle is one trait, so that one that is certain counts although others are
 * untold.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function judgeRotationEligibility(key: RotationKey): RotationEligibility {
  const untold: RotationTrait[] = [];
  for (const [obstacle, trait, find] of OBSTACLES) {
    const value = key.untold?.includes(trait) === true ? undefined : key[trait];
    if (value === undefined) untold.push(trait);
    const found = value === undefined ? undefined : find(value, key);
    if (found !== undefined) return { eligible: false, obstacle, ...found, ...(untold.length > 0 && { untold }) };
  }
  if (untold.length === 0) return { eligible: true };
  return { eligible: false, obstacle: 'untold', reason: sayUntold(untold), untold };
}

function findForeignManager(manager: string) {
  if (manager === 'CUSTOMER') return undefined;
  return {
    reason: manager === 'AWS' ? 'AWS manages and rotates it' : `its key manager is ${showText(manager)}, not CUSTOMER`,
  };
}

function findOtherSpec(spec: string) {
  if (spec === 'SYMMETRIC_DEFAULT') return undefined;
  return { reason: `KMS rotates symmetric encryption keys only and its key spec is ${showText(spec)}` };
}

const OTHER_ORIGINS: Readonly<Record<string, string>> = {
  EXTERNAL: 'its key material was imported (origin EXTERNAL), which KMS cannot renew by itself',
  AWS_CLOUDHSM: 'it lives in a CloudHSM key store (origin AWS_CLOUDHSM), where KMS does not rotate keys',
  EXTERNAL_KEY_STORE: 'it lives outside AWS (origin EXTERNAL_KEY_STORE), where KMS does not rotate keys',
};

function findOtherOrigin(origin: string) {
  if (origin === 'AWS_KMS') return undefined;
  const known = Object.hasOwn(OTHER_ORIGINS, origin) ? OTHER_ORIGINS[origin] : undefined;
  return { reason: known ?? `its key material was not made by KMS (origin ${showText(origin)})` };
}

function findReplica(multiRegion: string, { primaryRegion }: RotationKey) {
  if (multiRegion !== 'replica') return undefined;
  const where = primaryRegion === undefined ? '' : ` in ${showText(primaryRegion)}`;
  return { reason: `it is a multi-Region replica, which rotates with its primary key${where}` };
}

const OTHER_STATES: Readonly<Record<string, string>> = {
  Disabled: 'it is disabled, and KMS rotates enabled keys only',
  PendingDeletion: 'it is pending deletion',
  PendingReplicaDeletion: 'it is pending deletion, which waits for its replicas',
};

/** States that pass by themselves within seconds or minutes. */
const SETTLING: ReadonlySet<string> = new Set(['Creating', 'Updating']);

function findOtherState(state: string) {
  if (state === 'Enabled') return undefined;
  const known = Object.hasOwn(OTHER_STATES, state) ? OTHER_STATES[state] : undefined;
  const reason = known ?? `its key state is ${showText(state)}, and KMS rotates enabled keys only`;
  return SETTLING.has(state) ? { reason, settling: true as const } : { reason };
}
