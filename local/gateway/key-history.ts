import { randomUUID } from 'node:crypto';
import { addRotation } from './key-material.ts';
import { CRYPTOGRAPHIC } from './key-state.ts';
import { findNamedKey, type KmsKeys, type NamedKey } from './kms-keys.ts';

/** A use of a key that is to have been its last one. */
export type PlantedUse = NamedKey & {
  /** A cryptographic operation, such as `Decrypt`. */
  operation: string;
  at: Date;
};

/** Dates that a key is to have. */
export type PlantedDates = NamedKey & {
  createdAt?: Date;
  /** When it is to have been rotated automatically. */
  rotatedAt?: Date;
};

/** Gives keys a past, which tests of what is long ago need. */
export type KeyHistory = {
  /** Makes this the last use of the key, whatever it was used for. Tracking began then, if not before. */
  plantUse(use: PlantedUse): Promise<void>;
  /** Sets since when KMS tracks uses. */
  trackFrom(at: Date): void;
  /** Sets the date of creation, and adds an automatic rotation. */
  plantDates(dates: PlantedDates): Promise<void>;
};

/**
 * Makes the means to give keys a past. Each throws RangeError for a date in the future, a key that does not exist and an
 * operation that is no use of a key.
 */
export function createKeyHistory(keys: KmsKeys, clock: () => Date): KeyHistory {
  return {
    async plantUse(use) {
      const { operation } = use;
      if (!CRYPTOGRAPHIC.some((one) => one === operation)) {
        throw new RangeError(
          `operation is ${JSON.stringify(operation)}; it must be one of ${CRYPTOGRAPHIC.join(', ')}.`,
        );
      }
      const at = readPast('at', use.at, clock());
      const key = await findNamedKey(use, keys);
      keys.memoryOf(key.arn).lastUse = { operation, at, eventId: randomUUID(), requestId: randomUUID() };
      keys.tracking.since = Math.min(keys.tracking.since, at);
    },
    trackFrom(at) {
      keys.tracking.since = readPast('trackingSince', at, clock());
    },
    async plantDates({ createdAt, rotatedAt, ...named }) {
      const created = createdAt === undefined ? undefined : readPast('createdAt', createdAt, clock());
      const rotated = rotatedAt === undefined ? undefined : readPast('rotatedAt', rotatedAt, clock());
      const key = await findNamedKey(named, keys);
      if (created !== undefined) keys.memoryOf(key.arn).createdAt = created;
      if (rotated !== undefined) addRotation(key.id, keys.rotationsOf(key.id), { at: rotated, type: 'AUTOMATIC' });
    },
  };
}

function readPast(name: string, date: Date, now: Date): number {
  const at = date.getTime();
  if (at <= now.getTime()) return at;
  throw new RangeError(`${name} is ${date.toISOString()}; it must not be later than now, ${now.toISOString()}.`);
}
