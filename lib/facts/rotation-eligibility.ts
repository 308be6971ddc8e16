import type { KeyDescription } from './key-facts.ts';
import { showText } from './plain-text.ts';

/** Whether KMS can rotate a key by itself. */
export type RotationEligibility = { readonly eligible: true } | RotationIneligible;

export interface RotationIneligible {
  readonly eligible: false;
  /**
   * What it is about the key. By its `spec` or `origin` KMS can never rotate it; a `replica` gets its material from its
   * primary; a `state` may pass, and then KMS can.
   */
  readonly obstacle: 'manager' | 'spec' | 'origin' | 'replica' | 'state';
  /** One clause that names what is so: "it is an asymmetric key (RSA_4096)". */
  readonly reason: string;
  /** The key is on its way to another state and no event tells when it arrives: look again instead of concluding. */
  readonly settling?: true;
}

/** One thing that keeps KMS from rotating a key; undefined when it does not. */
type FindObstacle = (key: KeyDescription) => Omit<RotationIneligible, 'eligible' | 'obstacle'> | undefined;

/** What can never change comes first, so that nobody enables a key only to hear the next reason. */
const OBSTACLES: readonly (readonly [RotationIneligible['obstacle'], FindObstacle])[] = [
  ['manager', findForeignManager],
  ['spec', findOtherSpec],
  ['origin', findOtherOrigin],
  ['replica', findReplica],
  ['state', findOtherState],
];

/**
 * The one answer to "can KMS rotate this key automatically?": a customer managed key for symmetric encryption, with
 * material that KMS made, enabled, and single-Region or the primary of its replicas (rotation is a shared property that
 * KMS lets you set on the primary only).
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function judgeRotationEligibility(key: KeyDescription): RotationEligibility {
  for (const [obstacle, find] of OBSTACLES) {
    const found = find(key);
    if (found !== undefined) return { eligible: false, obstacle, ...found };
  }
  return { eligible: true };
}

function findForeignManager({ manager }: KeyDescription) {
  if (manager === 'CUSTOMER') return undefined;
  return {
    reason: manager === 'AWS' ? 'AWS manages and rotates it' : `its key manager is ${showText(manager)}, not CUSTOMER`,
  };
}

function findOtherSpec({ spec }: KeyDescription) {
  if (spec === 'SYMMETRIC_DEFAULT') return undefined;
  return { reason: `KMS rotates symmetric encryption keys only and its key spec is ${showText(spec)}` };
}

const OTHER_ORIGINS: Readonly<Record<string, string>> = {
  EXTERNAL: 'its key material was imported (origin EXTERNAL), which KMS cannot renew by itself',
  AWS_CLOUDHSM: 'it lives in a CloudHSM key store (origin AWS_CLOUDHSM), where KMS does not rotate keys',
  EXTERNAL_KEY_STORE: 'it lives outside AWS (origin EXTERNAL_KEY_STORE), where KMS does not rotate keys',
};

function findOtherOrigin({ origin }: KeyDescription) {
  if (origin === 'AWS_KMS') return undefined;
  const known = Object.hasOwn(OTHER_ORIGINS, origin) ? OTHER_ORIGINS[origin] : undefined;
  return { reason: known ?? `its key material was not made by KMS (origin ${showText(origin)})` };
}

function findReplica({ multiRegion, primaryRegion }: KeyDescription) {
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

function findOtherState({ state }: KeyDescription) {
  if (state === 'Enabled') return undefined;
  const known = Object.hasOwn(OTHER_STATES, state) ? OTHER_STATES[state] : undefined;
  const reason = known ?? `its key state is ${showText(state)}, and KMS rotates enabled keys only`;
  return SETTLING.has(state) ? { reason, settling: true as const } : { reason };
}
