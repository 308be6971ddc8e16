import type { Operation } from './operation.ts';

/**
 * 4.1.3 asks that the making of a key is recorded, which is the first record of its life; whoever changes what records it
 * changes this and every later one.
 */
const RECORDER_WRITE: Operation = { kind: 'lifecycle', step: '4.1.3' };

/**
 * The operations that change what Keywarden is made of, by the event source of their service. They are the same for every
 * rule, queue and function of the account: which of them are Keywarden's own, the control `audit-trail-intact` tells by
 * their ARNs. What only makes something new is here where a deployment that repairs makes nothing else.
 *
 * Lambda's names have the version of the API in them, except where AWS lists those for the URL of a function: no record of one
 * is published, so both ways of writing them are here.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-logging-monitoring.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
 */
export const OWN_EVENTS: Readonly<Record<string, readonly string[]>> = {
  'events.amazonaws.com': ['PutRule', 'DeleteRule', 'DisableRule', 'EnableRule', 'PutTargets', 'RemoveTargets'],
  'sqs.amazonaws.com': ['SetQueueAttributes', 'DeleteQueue', 'PurgeQueue', 'AddPermission', 'RemovePermission'],
  'lambda.amazonaws.com': [
    ...['CreateFunction20150331', 'UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2'],
    ...['DeleteFunction20150331', 'PutFunctionConcurrency20171031', 'DeleteFunctionConcurrency20171031'],
    ...['CreateEventSourceMapping20150331', 'UpdateEventSourceMapping20150331', 'DeleteEventSourceMapping20150331'],
    ...['AddPermission20150331v2', 'RemovePermission20150331v2'],
    ...['CreateFunctionUrlConfig', 'CreateFunctionUrlConfig20211031'],
    ...['UpdateFunctionUrlConfig', 'UpdateFunctionUrlConfig20211031'],
    ...['DeleteFunctionUrlConfig', 'DeleteFunctionUrlConfig20211031'],
  ],
  'dynamodb.amazonaws.com': [
    ...['DeleteTable', 'UpdateTable', 'UpdateContinuousBackups', 'UpdateTimeToLive'],
    ...['PutResourcePolicy', 'DeleteResourcePolicy'],
  ],
  'sns.amazonaws.com': ['DeleteTopic', 'SetTopicAttributes', 'Unsubscribe', 'AddPermission', 'RemovePermission'],
  'ssm.amazonaws.com': ['PutParameter', 'DeleteParameter', 'DeleteParameters'],
  'monitoring.amazonaws.com': ['PutMetricAlarm', 'DeleteAlarms', 'DisableAlarmActions', 'EnableAlarmActions'],
  's3.amazonaws.com': [
    ...['DeleteBucket', 'PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketOwnershipControls'],
    ...['PutBucketVersioning', 'PutBucketObjectLockConfiguration', 'PutBucketLifecycle'],
    ...['PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutBucketEncryption', 'DeleteBucketEncryption'],
  ],
};

/** The same as catalogues: event source -> name as in `eventName` -> what it is. */
export const OWN_CATALOGUES: ReadonlyMap<string, ReadonlyMap<string, Operation>> = new Map(
  Object.entries(OWN_EVENTS).map(([source, names]) => [
    source,
    new Map(names.map((name) => [name, RECORDER_WRITE] as const)),
  ]),
);
