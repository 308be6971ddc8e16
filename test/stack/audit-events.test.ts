import { describe, expect, test } from '@jest/globals';
import { OWN_EVENTS } from '../../lib/event/own-operations.ts';
import { TRAIL_OPERATIONS } from '../../lib/event/trail-operations.ts';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { readShippedStack } from '../controls/stack.ts';

/** Variables as the stage dev resolves them, in the order in which they stand in each other. */
const resolve = (text: string): string =>
  text
    .replaceAll(/\$\{self:custom\.names\.own\}/g, '*keywarden-dev-*')
    .replaceAll(/\$\{self:service\}-\$\{sls:stage\}-/g, 'keywarden-dev-')
    .replaceAll(/\$\{self:custom\.names\.killSwitch\}/g, '/keywarden/dev/kill-switch')
    .replaceAll(/\$\{self:custom\.names\.ownTransportRule\}/g, 'keywarden-dev-own-transport');

const rules = readShippedStack().rules;
type Pattern = { readonly detail: { readonly eventName: readonly string[] } };
const patternOf = (name: string): Pattern =>
  JSON.parse(resolve(JSON.stringify(rules.find((one) => one.name === name)?.pattern ?? { detail: { eventName: [] } })));
const TRAILS = patternOf('TrailCallsRule');
const TRANSPORT = patternOf('OwnTransportRule');
const RECORDS = patternOf('OwnRecordsRule');
const BUCKET = patternOf('OwnBucketRule');

/** A call as EventBridge hands it over; what the rules do not look at is left out. */
const eventOf = (service: string, eventName: string, requestParameters: unknown, more: object = {}) => ({
  source: `aws.${service}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: { eventSource: `${service}.amazonaws.com`, eventName, requestParameters, responseElements: null, ...more },
});
const isDelivered = (event: object) =>
  [TRAILS, TRANSPORT, RECORDS, BUCKET].filter((pattern) => matchesPattern(pattern, event));

const QUEUES = 'https://sqs.eu-west-1.amazonaws.com/111122223333';
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111122223333:${resource}`;
const FUNCTION = arn('lambda', 'function:keywarden-dev-lifecycle');

test.each(['TrailCallsRule', 'OwnTransportRule', 'OwnRecordsRule', 'OwnBucketRule'])(
  '%s is on and fills the queue',
  (name) => {
    const rule = rules.find((one) => one.name === name);
    expect(rule).toMatchObject({ state: 'ENABLED', targets: ['LifecycleQueue'] });
  },
);

describe('the rule for trails', () => {
  test('delivers exactly the operations that Keywarden knows, on every trail', () => {
    expect([...TRAILS.detail.eventName].sort()).toEqual([...TRAIL_OPERATIONS.keys()].sort());
    for (const name of TRAIL_OPERATIONS.keys()) {
      expect(isDelivered(eventOf('cloudtrail', name, { name: 'any' }))).toEqual([TRAILS]);
    }
  });

  test('delivers attempts that were refused too, which name no trail', () => {
    expect(isDelivered(eventOf('cloudtrail', 'StopLogging', null, { errorCode: 'AccessDenied' }))).toEqual([TRAILS]);
  });

  test.each([
    eventOf('cloudtrail', 'GetTrailStatus', { name: 'any' }),
    eventOf('cloudtrail', 'AddTags', {}),
    { ...eventOf('cloudtrail', 'StopLogging', {}), source: 'aws.s3' },
    eventOf('glue', 'StopLogging', {}),
  ])('leaves out %j', (event) => {
    expect(isDelivered(event)).toEqual([]);
  });
});

describe('the rules for what Keywarden is made of', () => {
  test('know exactly the operations that Keywarden knows', () => {
    const names = new Set([TRANSPORT, RECORDS, BUCKET].flatMap(({ detail }) => detail.eventName));
    expect([...names].sort()).toEqual([...new Set(Object.values(OWN_EVENTS).flat())].sort());
  });

  test.each<[string, string, unknown, object]>([
    ['events', 'DisableRule', { name: 'keywarden-dev-kms-calls' }, {}],
    ['events', 'PutRule', { name: 'keywarden-dev-kms-calls', state: 'DISABLED' }, {}],
    ['events', 'RemoveTargets', { rule: 'keywarden-dev-kms-calls', ids: ['lifecycle-queue'] }, {}],
    ['sqs', 'PurgeQueue', { queueUrl: `${QUEUES}/keywarden-dev-lifecycle` }, {}],
    ['sqs', 'AddPermission', { queueUrl: `${QUEUES}/keywarden-dev-undelivered-events`, label: 'x' }, {}],
    ['lambda', 'UpdateFunctionCode20150331v2', { functionName: 'keywarden-dev-lifecycle' }, {}],
    ['lambda', 'DeleteFunction20150331', { functionName: `${FUNCTION}:1` }, {}],
    ['lambda', 'PutFunctionConcurrency20171031', { functionName: '111122223333:function:keywarden-dev-lifecycle' }, {}],
    ['lambda', 'AddPermission20150331v2', { functionName: 'keywarden-dev-remediate', principal: '*' }, {}],
    ['lambda', 'CreateFunctionUrlConfig', { functionName: 'keywarden-dev-lifecycle', authType: 'NONE' }, {}],
    ['lambda', 'UpdateFunctionUrlConfig', { functionName: 'keywarden-dev-remediate', authType: 'NONE' }, {}],
    ['lambda', 'UpdateFunctionUrlConfig20211031', { functionName: 'keywarden-dev-remediate', authType: 'NONE' }, {}],
    ['lambda', 'DeleteFunctionUrlConfig', { functionName: 'keywarden-dev-remediate' }, {}],
    ['lambda', 'UpdateEventSourceMapping20150331', { uUID: 'x' }, { responseElements: { functionArn: FUNCTION } }],
    ['lambda', 'DeleteEventSourceMapping20150331', { uUID: 'x' }, { responseElements: { functionArn: FUNCTION } }],
  ])('deliver what is done to rules, queues and functions: %s, %s of %j', (service, name, request, more) => {
    expect(isDelivered(eventOf(service, name, request, more))).toEqual([TRANSPORT]);
  });

  test.each<[string, string, unknown]>([
    ['dynamodb', 'DeleteTable', { tableName: 'keywarden-dev-ledger' }],
    ['dynamodb', 'UpdateTimeToLive', { tableName: arn('dynamodb', 'table/keywarden-dev-ledger') }],
    ['dynamodb', 'PutResourcePolicy', { resourceArn: arn('dynamodb', 'table/keywarden-dev-ledger') }],
    ['sns', 'SetTopicAttributes', { topicArn: arn('sns', 'keywarden-dev-officer') }],
    [
      'sns',
      'Unsubscribe',
      { subscriptionArn: arn('sns', 'keywarden-dev-officer:0a1b2c3d-1111-4222-8333-444455556666') },
    ],
    ['ssm', 'PutParameter', { name: '/keywarden/dev/kill-switch' }],
    ['ssm', 'DeleteParameter', { name: arn('ssm', 'parameter/keywarden/dev/kill-switch') }],
    ['ssm', 'DeleteParameters', { names: ['/other', '/keywarden/dev/kill-switch'] }],
    ['monitoring', 'PutMetricAlarm', { alarmName: 'keywarden-dev-backlog' }],
    ['monitoring', 'DeleteAlarms', { alarmNames: ['other', 'keywarden-dev-backlog'] }],
  ])('deliver what is done to table, topic, switch and alarms: %s, %s of %j', (service, name, request) => {
    expect(isDelivered(eventOf(service, name, request))).toEqual([RECORDS]);
  });

  test.each<[string, unknown]>([
    ['PutBucketObjectLockConfiguration', { bucketName: 'keywarden-dev-evidence-111122223333-eu-west-1' }],
    ['DeleteBucketPolicy', { bucketName: 'keywarden-dev-evidence-111122223333-eu-west-1' }],
  ])('deliver what is done to the bucket that keeps evidence: %s of %j', (name, request) => {
    expect(isDelivered(eventOf('s3', name, request))).toEqual([BUCKET]);
  });

  test.each([
    ['DisableRule', { name: 'keywarden-dev-own-transport' }],
    ['PutRule', { name: 'keywarden-dev-own-transport', state: 'DISABLED' }],
    ['RemoveTargets', { rule: 'keywarden-dev-own-transport', ids: ['lifecycle-queue'] }],
  ])(
    'deliver what is done to the rule that watches the rules by both, since none sees its own end: %s of %j',
    (name, request) => {
      expect(isDelivered(eventOf('events', name, request))).toEqual([TRANSPORT, RECORDS]);
      expect(isDelivered(eventOf('events', 'DisableRule', { name: 'keywarden-dev-own-records' }))).toEqual([TRANSPORT]);
    },
  );

  test.each<[string, string, unknown]>([
    ['events', 'DisableRule', { name: 'orders' }],
    ['events', 'DisableRule', { name: 'keywarden-prod-kms-calls' }],
    ['events', 'DescribeRule', { name: 'keywarden-dev-kms-calls' }],
    ['sqs', 'PurgeQueue', { queueUrl: `${QUEUES}/orders` }],
    ['lambda', 'Invoke', { functionName: 'keywarden-dev-lifecycle' }],
    ['lambda', 'UpdateFunctionCode20150331v2', { functionName: 'orders' }],
    ['dynamodb', 'UpdateTable', { tableName: 'orders' }],
    ['dynamodb', 'DescribeTable', { tableName: 'keywarden-dev-ledger' }],
    ['ssm', 'PutParameter', { name: '/keywarden/prod/kill-switch' }],
    ['monitoring', 'DeleteAlarms', { alarmNames: ['orders', 'payments'] }],
    ['s3', 'PutBucketPolicy', { bucketName: 'orders' }],
    ['s3', 'PutBucketPolicy', { bucketName: 'keywarden-prod-evidence-111122223333-eu-west-1' }],
    ['s3', 'PutObject', { bucketName: 'keywarden-dev-evidence-111122223333-eu-west-1' }],
    ['s3', 'DeleteRule', { name: 'keywarden-dev-kms-calls' }],
  ])('leave out %s, %s of %j', (service, name, request) => {
    expect(isDelivered(eventOf(service, name, request))).toEqual([]);
  });
});

test.each([
  ['TrailCallsRule', TRAILS],
  ['OwnTransportRule', TRANSPORT],
  ['OwnRecordsRule', RECORDS],
  ['OwnBucketRule', BUCKET],
])(
  '%s stays below the 2,048 characters that EventBridge takes as a pattern, with a long stage too',
  (_name, pattern) => {
    const long = JSON.stringify(pattern).replaceAll('-dev-', `-${'s'.repeat(20)}-`);
    expect(long.length).toBeLessThan(2_048);
  },
);
