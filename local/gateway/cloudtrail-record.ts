import type { Json } from './call.ts';

/**
 * A CloudTrail record.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export type CloudTrailRecord = {
  eventVersion: string;
  userIdentity: Json;
  /** ISO 8601, whole seconds, UTC. */
  eventTime: string;
  eventSource: string;
  eventName: string;
  awsRegion: string;
  sourceIPAddress: string;
  userAgent: string;
  errorCode?: string;
  errorMessage?: string;
  requestParameters: Json | null;
  responseElements: Json | null;
  additionalEventData?: Json;
  requestID?: string;
  eventID: string;
  readOnly: boolean;
  resources?: readonly { accountId: string; type: string; ARN: string }[];
  eventType: 'AwsApiCall' | 'AwsServiceEvent';
  managementEvent: boolean;
  recipientAccountId: string;
  serviceEventDetails?: Json;
  eventCategory: 'Management';
};
