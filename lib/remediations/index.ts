import cancelKeyDeletion from './cancel-key-deletion.ts';
import enableKey from './enable-key.ts';
import enableKeyRotation from './enable-key-rotation.ts';
import narrowKeyPolicy from './narrow-key-policy.ts';
import type { Remedy } from './remedy.ts';
import rescheduleKeyDeletion from './reschedule-key-deletion.ts';
import restoreTrailLogging from './restore-trail-logging.ts';
import revokeGrant from './revoke-grant.ts';
import rotateKeyOnDemand from './rotate-key-on-demand.ts';
import tagKey from './tag-key.ts';

/** Every remedy. A control names its own by import; this list is for finding one by the id in a recorded plan. */
export const remedies: readonly Remedy[] = [
  enableKeyRotation,
  narrowKeyPolicy,
  revokeGrant,
  rotateKeyOnDemand,
  tagKey,
  cancelKeyDeletion,
  enableKey,
  rescheduleKeyDeletion,
  restoreTrailLogging,
];

/** @returns undefined for an id that this version does not know */
export const findRemedy = (id: string): Remedy | undefined => remedies.find((remedy) => remedy.id === id);
