import type { KeyAction } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import type { KeyTraits, Rotations } from './key-facts.ts';
import { showText } from './plain-text.ts';

/** The key material that a key encrypts with now, by when it came to be. */
export interface Material {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How it came to be, for a sentence that begins with the key: `was last rotated (AUTOMATIC)`. */
  readonly how: string;
}

/** One way in which a key may have got its material. */
export interface MaterialDate {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly how: string;
}

/** Milliseconds of a day. */
export const DAY = 86_400_000;

/**
 * Finds out since when a key has the material that it encrypts with: since the last rotation, else since it was created.
 *
 * @param action what is judged: the service event of a rotation tells of it even before KMS lists it
 * @param others further ways in which this key may have got it
 * @returns undefined when no date is told, or one that nobody can read: then nothing may be concluded
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 */
export function findMaterial(
  { createdAt }: Partial<Pick<KeyTraits, 'createdAt'>>,
  rotations: Rotations,
  action: KeyAction | undefined,
  others: readonly MaterialDate[] = [],
): Material | undefined {
  const dates: readonly MaterialDate[] = [
    ...(createdAt === undefined ? [] : [{ at: createdAt, how: 'was created' }]),
    ...rotations.done.map(({ at, type }) => ({ at, how: nameRotation(type) })),
    ...(isRotation(action) ? [{ at: action.time, how: nameRotation(action.request.rotationType) }] : []),
    ...others,
  ];
  const materials = dates.map(({ at, how }) => ({ at: Date.parse(at), how }));
  if (materials.some(({ at }) => Number.isNaN(at))) return undefined;
  return materials.sort((one, other) => other.at - one.at)[0];
}

/** Records from before 2021 name no type: https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html */
const nameRotation = (type: unknown): string =>
  typeof type === 'string' ? `was last rotated (${showText(type)})` : 'was last rotated';

const isRotation = (action: KeyAction | undefined): action is KeyAction =>
  action?.api === 'RotateKey' && action.eventSource === KMS_SOURCE;

/** Whole days since a moment; 0 for one in the future, which a clock that is slow makes of the present. */
export const daysSince = (at: number, now: Date): number => Math.max(0, Math.floor((now.getTime() - at) / DAY));

/** The day of a moment in UTC, e.g. `2026-08-03`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** `was last rotated (AUTOMATIC) on 2026-08-03, 12 days ago`. */
export const sayMaterial = ({ at, how }: Material, now: Date): string => {
  const days = daysSince(at, now);
  return `${how} on ${dayOf(at)}, ${days === 1 ? '1 day' : `${days} days`} ago`;
};
