import { randomUUID } from 'node:crypto';
import type { Json } from './call.ts';
import { type CloudTrailRecord, toEventTime } from './cloudtrail-record.ts';
import type { Key, NamedKey } from './kms-keys.ts';

/** What KMS does by itself. */
export const SERVICE_EVENTS = ['RotateKey', 'DeleteKey', 'DeleteExpiredKeyMaterial'] as const;

/**
 * Something KMS does by itself, of which it tells twice: CloudTrail gets a service event, EventBridge a direct one.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export type ServiceEvent = NamedKey & {
  name: (typeof SERVICE_EVENTS)[number];
  /** For RotateKey. Default: `AUTOMATIC`. */
  rotationType?: 'AUTOMATIC' | 'ON_DEMAND';
};

/** The direct event's half. */
export type DirectEvent = { detailType: string; detail: Json; resources: readonly string[] };

/** Both halves of a service event. */
export type BuiltServiceEvent = { record: CloudTrailRecord; direct: DirectEvent };

/** The ids of the material that a key has, and of that which the next rotation gives it. */
export type Materials = { current: string; next: string };

/**
 * Builds what KMS tells about something it did by itself.
 *
 * @param account twelve digits
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-deleteexpiredkeymaterial.html
 */
export function buildServiceEvent(
  event: ServiceEvent,
  key: Key,
  materials: Materials,
  account: string,
  now: Date,
): BuiltServiceEvent {
  const { details, elements, detailType, detail } = DESCRIPTIONS[event.name](event, key, materials);
  const record: CloudTrailRecord = {
    eventVersion: '1.11',
    userIdentity: { accountId: account, invokedBy: 'AWS Internal' },
    eventTime: toEventTime(now),
    eventSource: 'kms.amazonaws.com',
    eventName: event.name,
    awsRegion: key.region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: elements,
    eventID: randomUUID(),
    readOnly: false,
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: key.arn }],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account,
    ...(details === undefined ? {} : { serviceEventDetails: details }),
    eventCategory: 'Management',
  };
  return { record, direct: { detailType, detail: { 'key-id': key.id, ...detail }, resources: [key.arn] } };
}

type Description = { details?: Json; elements: Json | null; detailType: string; detail: Json };

const DESCRIPTIONS: Readonly<
  Record<ServiceEvent['name'], (event: ServiceEvent, key: Key, materials: Materials) => Description>
> = {
  RotateKey: describeRotation,
  DeleteKey: (_event, key) => ({ elements: { keyId: key.arn }, detailType: 'KMS CMK Deletion', detail: {} }),
  DeleteExpiredKeyMaterial: (_event, key, { current }) => ({
    details: { keyId: key.id, keyMaterialId: current },
    elements: null,
    detailType: 'KMS Imported Key Material Expiration',
    detail: { 'key-material-id': current },
  }),
};

function describeRotation(event: ServiceEvent, key: Key, { current, next }: Materials): Description {
  const rotationType = event.rotationType ?? 'AUTOMATIC';
  const keyOrigin = key.metadata.Origin;
  return {
    details: {
      rotationType,
      keyOrigin,
      previousKeyMaterialId: current,
      currentKeyMaterialId: next,
      keyId: key.id,
    },
    elements: null,
    detailType: 'KMS CMK Rotation',
    detail: {
      'key-origin': keyOrigin,
      'rotation-type': rotationType,
      'previous-key-material-id': current,
      'current-key-material-id': next,
    },
  };
}
