import { randomUUID } from 'node:crypto';
import type { Json } from './call.ts';
import { type CloudTrailRecord, toEventTime } from './cloudtrail-record.ts';
import type { Key } from './kms-keys.ts';

/** What KMS does by itself. */
export const SERVICE_EVENTS = ['RotateKey', 'DeleteKey', 'DeleteExpiredKeyMaterial'] as const;

/**
 * Something KMS does by itself, of which it tells twice: CloudTrail gets a service event, EventBridge a direct one.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export type ServiceEvent = {
  name: (typeof SERVICE_EVENTS)[number];
  /** Key id or key ARN. */
  key: string;
  /** Where the key is, if `key` is no ARN. Default: `us-east-1`. */
  region?: string;
  /** For RotateKey. Default: `AUTOMATIC`. */
  rotationType?: 'AUTOMATIC' | 'ON_DEMAND';
};

/** The direct event's half. */
export type DirectEvent = { detailType: string; detail: Json; resources: readonly string[] };

/** Both halves of a service event. */
export type BuiltServiceEvent = { record: CloudTrailRecord; direct: DirectEvent };

/**
 * Builds what KMS tells about something it did by itself.
 *
 * @param account twelve digits
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-deleteexpiredkeymaterial.html
 */
export function buildServiceEvent(event: ServiceEvent, key: Key, account: string, now: Date): BuiltServiceEvent {
  const { details, elements, detailType, detail } = DESCRIPTIONS[event.name](event, key);
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

const DESCRIPTIONS: Readonly<Record<ServiceEvent['name'], (event: ServiceEvent, key: Key) => Description>> = {
  RotateKey: describeRotation,
  DeleteKey: (_event, key) => ({ elements: { keyId: key.arn }, detailType: 'KMS CMK Deletion', detail: {} }),
  DeleteExpiredKeyMaterial: (_event, key) => {
    const keyMaterialId = newMaterialId();
    return {
      details: { keyId: key.id, keyMaterialId },
      elements: null,
      detailType: 'KMS Imported Key Material Expiration',
      detail: { 'key-material-id': keyMaterialId },
    };
  },
};

function describeRotation(event: ServiceEvent, key: Key): Description {
  const rotationType = event.rotationType ?? 'AUTOMATIC';
  const keyOrigin = key.metadata.Origin;
  const previous = newMaterialId();
  const current = newMaterialId();
  return {
    details: {
      rotationType,
      keyOrigin,
      previousKeyMaterialId: previous,
      currentKeyMaterialId: current,
      keyId: key.id,
    },
    elements: null,
    detailType: 'KMS CMK Rotation',
    detail: {
      'key-origin': keyOrigin,
      'rotation-type': rotationType,
      'previous-key-material-id': previous,
      'current-key-material-id': current,
    },
  };
}

/** 64 hexadecimal digits, as KMS has them; moto knows no key material ids, so each is new. */
function newMaterialId(): string {
  return `${randomUUID()}${randomUUID()}`.replaceAll('-', '');
}
