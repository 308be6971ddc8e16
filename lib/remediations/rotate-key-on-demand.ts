import type { KeyAction } from '../event/key-action.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts, RotationStatus, Rotations } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { judgeRotationEligibility } from '../facts/rotation-eligibility.ts';
import { makeRequests } from './make-requests.ts';
import {
  type Call,
  type Confirmation,
  type Plan,
  type Planned,
  PlanOutdatedError,
  type Read,
  type Remedy,
} from './remedy.ts';

/**
 * Has KMS make new material for a key now. The old material is kept, and the schedule of automatic rotation stays as it is.
 * KMS rotates in the background: the answer only says that it has begun.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html
 */
const rotateKeyOnDemand: Remedy = {
  id: 'rotate-key-on-demand',
  title: 'Rotate the key on demand, once',
  reads: ['key', 'rotation', 'rotations'],
  confirms: ['rotation', 'rotations'],
  iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations', 'kms:RotateKeyOnDemand'],
  undoIam: [],
  undoRefused:
    'A rotation cannot be undone: KMS keeps the old material to decrypt with, and never encrypts with it again.',
  plan: planRotation,
  apply: rotateOnce,
  confirm: confirmRotation,
};

export default rotateKeyOnDemand;

/** In the life of a key, and not adjustable: https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html */
const MOST_ON_DEMAND = 25;

/** What a rotation needs, when nothing speaks against it. */
interface Rotatable {
  readonly key: KeyDescription;
  readonly rotation: RotationStatus;
  readonly rotations: Rotations;
}

function planRotation({ facts, action, now }: Evidence): Planned {
  const found = findRotatable(facts);
  if (typeof found === 'string') return refuse(found);
  const comes = findOwnRotation(found, action, now);
  return comes === undefined ? { possible: true, plan: writePlan(found) } : refuse(comes);
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

/** The key and its rotations, or a clause that says why it cannot be rotated now. */
function findRotatable({ key, rotation, rotations }: KeyFacts): Rotatable | string {
  if (!key.known) return `A rotation cannot be planned because the key could not be read: ${key.reason}`;
  if (key.value === 'missing') return 'The key cannot be rotated because it no longer exists';
  const id = showText(key.value.keyId);
  const eligibility = judgeRotationEligibility(key.value);
  if (!eligibility.eligible) {
    const instead = key.value.origin === 'EXTERNAL' ? IMPORT_FIRST : '';
    return `Key ${id} cannot be rotated on demand by Keywarden because ${eligibility.reason}${instead}`;
  }
  if (!rotation.known) return `The rotation of key ${id} could not be read: ${rotation.reason}`;
  if (!rotations.known) return `The rotations of key ${id} could not be read: ${rotations.reason}`;
  if (rotation.value.onDemandStartedAt !== undefined) {
    return `A rotation of key ${id} on demand began at ${rotation.value.onDemandStartedAt} and is not complete yet`;
  }
  const used = countOnDemand(rotations.value);
  if (used >= MOST_ON_DEMAND) {
    return (
      `Key ${id} was rotated on demand ${used} times, and KMS allows ${MOST_ON_DEMAND} in the life of a key; ` +
      'create a new key, move the alias to it (UpdateAlias), and let the old one decrypt only'
    );
  }
  return { key: key.value, rotation: rotation.value, rotations: rotations.value };
}

const IMPORT_FIRST =
  '; a person must import new material first (ImportKeyMaterial with ImportType NEW_KEY_MATERIAL) and then call RotateKeyOnDemand';

const countOnDemand = ({ done }: Rotations): number => done.filter(({ type }) => type === 'ON_DEMAND').length;

/**
 * A key that became due while it was disabled is rotated by KMS as soon as it is enabled: a rotation on demand beside that
 * would be wasted.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 */
function findOwnRotation({ key, rotation }: Rotatable, action: KeyAction | undefined, now: Date): string | undefined {
  const due = rotation.enabled && Date.parse(rotation.nextAt ?? '') <= now.getTime();
  if (action?.api !== 'EnableKey' || !due) return undefined;
  return `KMS rotates key ${showText(key.keyId)} by itself now that it is enabled, because its rotation was due at ${rotation.nextAt}; verify the key again after 24 hours`;
}

function writePlan({ key, rotations }: Rotatable): Plan {
  const used = countOnDemand(rotations);
  const left = MOST_ON_DEMAND - used - 1;
  return {
    remedy: rotateKeyOnDemand.id,
    subject: key.arn,
    summary: `Rotate key ${showText(key.keyId)} on demand, once: KMS makes new key material and keeps the old to decrypt with.`,
    requests: [{ service: 'kms', operation: 'RotateKeyOnDemand', region: key.region, parameters: { KeyId: key.arn } }],
    undo: [],
    asksFirst: `A rotation cannot be undone, and KMS allows ${MOST_ON_DEMAND} on demand in the life of a key: ${left} would be left after this one.`,
    before: { lastRotation: rotations.done[0]?.at ?? null, rotationsOnDemand: used },
    notes: [
      'It cannot be undone: the old material decrypts from now on, and no more. Nothing has to be encrypted again.',
      'KMS charges for a rotation: see https://aws.amazon.com/kms/pricing/.',
    ],
  };
}

/**
 * Looks first: an earlier attempt may have begun the rotation and have died before it could say so.
 *
 * @throws {PlanOutdatedError} when the key can no longer be rotated on demand, or KMS is rotating it already
 */
async function rotateOnce(plan: Plan, call: Call, read: Read) {
  const facts = await read(rotateKeyOnDemand.reads);
  if (confirmRotation(plan, facts).confirmed) return [];
  const found = findRotatable(facts);
  if (typeof found === 'string') throw new PlanOutdatedError(`${found}.`);
  try {
    return await makeRequests(plan, call);
  } catch (error) {
    // "An automatic rotation of this key is currently in progress or scheduled to begin within the next 20 minutes."
    if (!(error instanceof Error) || error.name !== 'ConflictException') throw error;
    throw new PlanOutdatedError(
      `KMS is rotating key ${showText(found.key.keyId)} by itself, now or within 20 minutes, so that no rotation on demand is needed; verify the key again after 24 hours.`,
      { cause: error },
    );
  }
}

/** KMS shows a rotation that it has begun, and then lists it; any rotation since the plan is one that was wanted. */
function confirmRotation({ before }: Plan, { rotation, rotations }: KeyFacts): Confirmation {
  if (rotations.known) {
    const [newest] = rotations.value.done;
    const last = typeof before.lastRotation === 'string' ? Date.parse(before.lastRotation) : Number.NEGATIVE_INFINITY;
    if (newest !== undefined && Date.parse(newest.at) > last) {
      return { confirmed: true, after: { lastRotation: newest.at, type: newest.type } };
    }
  }
  if (rotation.known && rotation.value.onDemandStartedAt !== undefined) {
    return { confirmed: true, after: { onDemandStartedAt: rotation.value.onDemandStartedAt } };
  }
  const unreadable = [rotation, rotations].flatMap((fact) => (fact.known ? [] : [fact.reason]));
  return {
    confirmed: false,
    reason:
      unreadable.length === 0
        ? 'KMS shows no rotation that has begun, and lists none since the plan was made.'
        : `The rotation could not be read back: ${unreadable.join('; ')}.`,
  };
}
