import * as cloudtrail from '@aws-sdk/client-cloudtrail';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as events from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import * as ssm from '@aws-sdk/client-ssm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { OWN_EVENTS } from '../../lib/event/own-operations.ts';
import { isOwnResource } from '../../lib/event/own-resource.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { listNamedResources } from '../../lib/event/resource-subject.ts';
import { TRAIL_OPERATIONS } from '../../lib/event/trail-operations.ts';
import { ACCOUNT, CONTEXT, OTHER_ACCOUNT, REGION, recordOf } from './fixtures.ts';

const arn = (service: string, resource: string, account = ACCOUNT) =>
  `arn:aws:${service}:${REGION}:${account}:${resource}`;
const OWN = [
  'arn:aws:*:*:111122223333:*keywarden-dev-*',
  'arn:aws:ssm:*:111122223333:parameter/keywarden/dev/kill-switch',
];

const read = (service: string, eventName: string, overrides: Record<string, unknown>): KeyAction =>
  readRecord(
    recordOf({
      eventSource: `${service}.amazonaws.com`,
      eventName,
      resources: undefined,
      requestParameters: null,
      ...overrides,
    }),
    { ...CONTEXT, ownResources: OWN },
  );

const UUID = '0a1b2c3d-1111-4222-8333-444455556666';
const TRAIL = arn('cloudtrail', 'trail/audit');
const FUNCTION = arn('lambda', 'function:keywarden-dev-lifecycle');
const TABLE = arn('dynamodb', 'table/keywarden-dev-ledger');
const TOPIC = arn('sns', 'keywarden-dev-officer');
const SWITCH = arn('ssm', 'parameter/keywarden/dev/kill-switch');
const alarm = (name: string) => arn('cloudwatch', `alarm:${name}`);

describe('a record of CloudTrail itself', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['StopLogging', { requestParameters: { name: 'audit' } }, TRAIL],
    ['StopLogging', { requestParameters: { name: TRAIL } }, TRAIL],
    ['StartLogging', { requestParameters: { name: 'audit' } }, TRAIL],
    ['DeleteTrail', { requestParameters: { name: 'audit' } }, TRAIL],
    [
      'CreateTrail',
      { requestParameters: { name: 'audit' }, responseElements: { name: 'audit', trailARN: TRAIL } },
      TRAIL,
    ],
    ['UpdateTrail', { requestParameters: { name: 'audit', isMultiRegionTrail: false } }, TRAIL],
    ['PutEventSelectors', { requestParameters: { trailName: 'audit', eventSelectors: [] } }, TRAIL],
    [
      'UpdateTrail',
      {
        requestParameters: { name: 'x' },
        responseElements: { trailARN: arn('cloudtrail', 'trail/org', OTHER_ACCOUNT) },
      },
      arn('cloudtrail', 'trail/org', OTHER_ACCOUNT),
    ],
    ['StopLogging', {}, arn('cloudtrail', 'unidentified')],
    ['StopLogging', { requestParameters: { name: 'au\ndit' } }, arn('cloudtrail', 'unidentified')],
    ['StopLogging', { requestParameters: { name: arn('s3', 'trail/x') } }, arn('cloudtrail', 'unidentified')],
  ])('%s with %j is about %s', (api, overrides, subject) => {
    expect(read('cloudtrail', api, overrides)).toMatchObject({ kind: 'lifecycle', step: '4.2.3', subject, keys: [] });
  });

  test('is unrecognised when the operation decides nothing about what a trail records', () => {
    expect(read('cloudtrail', 'AddTags', { requestParameters: {} })).toMatchObject({ kind: 'unrecognised' });
  });
});

describe('a record of what Keywarden may be made of', () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ['events', 'DisableRule', { requestParameters: { name: 'watch' } }, arn('events', 'rule/watch')],
    [
      'events',
      'DisableRule',
      { requestParameters: { name: 'watch', eventBusName: 'default' } },
      arn('events', 'rule/watch'),
    ],
    ['events', 'RemoveTargets', { requestParameters: { rule: 'watch', ids: ['1'] } }, arn('events', 'rule/watch')],
    [
      'events',
      'PutTargets',
      { requestParameters: { rule: 'watch', eventBusName: 'mine' } },
      arn('events', 'rule/mine/watch'),
    ],
    [
      'events',
      'DeleteRule',
      { requestParameters: { name: 'watch', eventBusName: arn('events', 'event-bus/mine') } },
      arn('events', 'rule/mine/watch'),
    ],
    ['events', 'PutRule', { responseElements: { ruleArn: arn('events', 'rule/watch') } }, arn('events', 'rule/watch')],
    [
      'sqs',
      'PurgeQueue',
      { requestParameters: { queueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/work.fifo` } },
      arn('sqs', 'work.fifo'),
    ],
    [
      'sqs',
      'SetQueueAttributes',
      { requestParameters: { queueUrl: `https://queue.amazonaws.com/${OTHER_ACCOUNT}/work`, attributes: {} } },
      arn('sqs', 'work', OTHER_ACCOUNT),
    ],
    [
      'lambda',
      'UpdateFunctionCode20150331v2',
      { requestParameters: { functionName: 'keywarden-dev-lifecycle' } },
      FUNCTION,
    ],
    ['lambda', 'DeleteFunction20150331', { requestParameters: { functionName: `${FUNCTION}:7` } }, FUNCTION],
    [
      'lambda',
      'PutFunctionConcurrency20171031',
      { requestParameters: { functionName: `${ACCOUNT}:function:keywarden-dev-lifecycle:$LATEST` } },
      FUNCTION,
    ],
    [
      'lambda',
      'AddPermission20150331v2',
      { requestParameters: { functionName: 'keywarden-dev-lifecycle:live' } },
      FUNCTION,
    ],
    ...['UpdateFunctionUrlConfig', 'UpdateFunctionUrlConfig20211031'].map(
      (name): [string, string, Record<string, unknown>, string] => [
        'lambda',
        name,
        { requestParameters: { functionName: 'keywarden-dev-lifecycle', authType: 'NONE' } },
        FUNCTION,
      ],
    ),
    [
      'lambda',
      'UpdateEventSourceMapping20150331',
      { requestParameters: { uUID: UUID, enabled: false }, responseElements: { functionArn: FUNCTION } },
      FUNCTION,
    ],
    [
      'lambda',
      'DeleteEventSourceMapping20150331',
      { requestParameters: { uUID: UUID } },
      arn('lambda', `event-source-mapping:${UUID}`),
    ],
    ['dynamodb', 'UpdateTable', { requestParameters: { tableName: 'keywarden-dev-ledger' } }, TABLE],
    ['dynamodb', 'UpdateTimeToLive', { requestParameters: { tableName: TABLE } }, TABLE],
    [
      'dynamodb',
      'PutResourcePolicy',
      { requestParameters: { resourceArn: `${TABLE}/stream/2026-01-01T00:00:00.000` } },
      TABLE,
    ],
    [
      'dynamodb',
      'DeleteTable',
      { resources: [{ ARN: TABLE, accountId: ACCOUNT, type: 'AWS::DynamoDB::Table' }] },
      TABLE,
    ],
    ['sns', 'SetTopicAttributes', { requestParameters: { topicArn: TOPIC } }, TOPIC],
    ['sns', 'Unsubscribe', { requestParameters: { subscriptionArn: `${TOPIC}:${UUID}` } }, TOPIC],
    ['ssm', 'PutParameter', { requestParameters: { name: '/keywarden/dev/kill-switch', value: 'HIDDEN' } }, SWITCH],
    ['ssm', 'DeleteParameter', { requestParameters: { name: SWITCH } }, SWITCH],
    ['ssm', 'DeleteParameter', { requestParameters: { name: 'plain' } }, arn('ssm', 'parameter/plain')],
    ['monitoring', 'PutMetricAlarm', { requestParameters: { alarmName: 'backlog' } }, alarm('backlog')],
    ['monitoring', 'DeleteAlarms', { requestParameters: { alarmNames: ['one', 'two'] } }, alarm('one')],
    ['s3', 'PutBucketPolicy', { requestParameters: { bucketName: 'evidence' } }, 'arn:aws:s3:::evidence'],
    [
      's3',
      'DeleteBucket',
      { resources: [{ ARN: 'arn:aws:s3:::evidence', accountId: ACCOUNT, type: 'AWS::S3::Bucket' }] },
      'arn:aws:s3:::evidence',
    ],
  ])('of %s, %s with %j, is about %s', (service, api, overrides, subject) => {
    expect(read(service, api, overrides)).toMatchObject({ kind: 'lifecycle', step: '4.1.3', subject, keys: [] });
  });

  test('is about the one that is Keywarden’s own, wherever it stands among others', () => {
    const alarmNames = ['one', 'keywarden-dev-backlog', 'two'];
    expect(read('monitoring', 'DeleteAlarms', { requestParameters: { alarmNames } }).subject).toBe(
      alarm('keywarden-dev-backlog'),
    );
    const names = ['/other', '/keywarden/dev/kill-switch'];
    expect(read('ssm', 'DeleteParameters', { requestParameters: { names } }).subject).toBe(SWITCH);
  });

  test.each<[string, string, unknown]>([
    ['sqs', 'PurgeQueue', { queueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/orders/more` }],
    ['sqs', 'PurgeQueue', { queueUrl: `arn:aws:sqs:${REGION}:${ACCOUNT}:work` }],
    ['sns', 'DeleteTopic', { topicArn: 'officer' }],
    ['events', 'DeleteRule', { name: 'a b' }],
    ['lambda', 'DeleteFunction20150331', { functionName: arn('sqs', 'function:x') }],
    ['dynamodb', 'DeleteTable', { tableName: 'a\nb' }],
    ['monitoring', 'DeleteAlarms', { alarmNames: 'one' }],
    ['ssm', 'DeleteParameters', { names: [7, null] }],
    ['s3', 'DeleteBucket', { bucketName: 'a/b' }],
  ])('of %s, %s with %j, names nothing', (service, api, requestParameters) => {
    const name = service === 'monitoring' ? 'cloudwatch' : service;
    expect(read(service, api, { requestParameters }).subject).toBe(arn(name, 'unidentified'));
  });

  test('is told by the source: AddPermission of another service is none', () => {
    expect(read('lightsail', 'AddPermission', {}).kind).toBe('unrecognised');
  });
});

test('The role of an IAM record is named by it, whatever policy the record is about', () => {
  const place = { region: 'us-east-1', account: ACCOUNT };
  const naming = { eventSource: 'iam.amazonaws.com', place, response: {} };
  expect(
    listNamedResources({ ...naming, request: { roleName: 'App', policyArn: 'arn:aws:iam::aws:policy/X' } }),
  ).toEqual([`arn:aws:iam::${ACCOUNT}:role/App`]);
  expect(listNamedResources({ ...naming, request: { roleName: 'a/b' } })).toEqual([]);
  expect(listNamedResources({ ...naming, eventSource: 's3.amazonaws.com', request: { name: 'x' } })).toEqual([]);
});

/** What CloudTrail calls otherwise than the API: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  PutBucketObjectLockConfiguration: 'PutObjectLockConfiguration',
  PutBucketLifecycle: 'PutBucketLifecycleConfiguration',
  PutBucketPublicAccessBlock: 'PutPublicAccessBlock',
  DeleteBucketPublicAccessBlock: 'DeletePublicAccessBlock',
};

describe('the catalogues', () => {
  const operationsOf = (sdk: object): string[] =>
    Object.keys(sdk)
      .filter((name) => /^[A-Z]\w+Command$/.test(name))
      .map((name) => name.slice(0, -'Command'.length));

  test('have operations that the SDK can call, Lambda’s without the version of the API, S3’s by the names of the API', () => {
    const sdks: Readonly<Record<string, object>> = { events, sqs, lambda, dynamodb, sns, ssm, s3 };
    // Those of CloudWatch stand on the page that own-operations.ts names.
    for (const [source, names] of Object.entries(OWN_EVENTS).filter(([one]) => !one.startsWith('monitoring'))) {
      const known = operationsOf(sdks[source.replace('.amazonaws.com', '')] ?? {});
      const plain = names.map((name) => OTHER_NAMES[name] ?? name.replace(/\d{8}(v2)?$/, ''));
      expect([source, plain.filter((name) => !known.includes(name))]).toEqual([source, []]);
    }
    expect([...TRAIL_OPERATIONS.keys()].filter((name) => !operationsOf(cloudtrail).includes(name))).toEqual([]);
  });

  test('have everything of CloudTrail that makes, changes or ends a trail or its logging', () => {
    const writes = operationsOf(cloudtrail).filter((name) =>
      /^((Create|Update|Delete)Trail|(Start|Stop)Logging|Put\w*EventSelectors)$/.test(name),
    );
    expect([...TRAIL_OPERATIONS.keys()].sort()).toEqual(writes.sort());
  });
});

describe('what Keywarden is made of', () => {
  test.each<[string, boolean]>([
    [TABLE, true],
    [SWITCH, true],
    [`arn:aws:iam::${ACCOUNT}:role/keywarden-dev-lifecycle`, true],
    [arn('dynamodb', 'table/orders'), false],
    [arn('dynamodb', 'table/keywarden-prod-ledger'), false],
    [arn('dynamodb', 'table/keywarden-dev-ledger', OTHER_ACCOUNT), false],
    [`arn:aws:iam::${OTHER_ACCOUNT}:role/:111122223333:keywarden-dev-x`, false],
    [arn('dynamodb', 'unidentified'), false],
  ])('has %s: %s', (resource, isOwn) => {
    expect(isOwnResource(resource, OWN)).toBe(isOwn);
  });
});

/** Said here a second time and differently, so that a loosened form in the code is found. */
const SOUND =
  /^arn:aws:(?:(cloudtrail|events|sqs|lambda|dynamodb|sns|ssm|cloudwatch|s3):[a-z0-9-]+:\d{12}:[A-Za-z0-9+=,.@_/:-]+|s3:::[a-z0-9.-]+)$/;
const FIELDS = ['name', 'trailName', 'rule', 'eventBusName', 'queueUrl', 'functionName', 'uUID', 'tableName'];
const MORE = ['resourceArn', 'topicArn', 'subscriptionArn', 'alarmName', 'alarmNames', 'names', 'bucketName'];

test('Whatever a record says, its subject has no character that ends a line, and is an ARN of its own service', () => {
  const sources = ['cloudtrail.amazonaws.com', ...Object.keys(OWN_EVENTS)];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(TRAIL, FUNCTION, TABLE, TOPIC, SWITCH, `https://x/${ACCOUNT}/q`, 'a', UUID),
    fc
      .tuple(fc.constantFrom(TRAIL, FUNCTION, TOPIC, `https://x/${ACCOUNT}/q`), fc.string())
      .map((parts) => parts.join('')),
  );
  const requests = fc.dictionary(
    fc.constantFrom(...FIELDS, ...MORE),
    fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.jsonValue()),
  );
  let named = 0;
  fc.assert(
    fc.property(fc.constantFrom(...sources), requests, fc.array(text, { maxLength: 2 }), (source, request, arns) => {
      const api = source === 'cloudtrail.amazonaws.com' ? 'StopLogging' : (OWN_EVENTS[source]?.[0] ?? '');
      const service = source.replace('.amazonaws.com', '');
      const resources = arns.map((ARN) => ({ ARN }));
      const { subject } = read(service, api, { requestParameters: request, resources });
      expect(subject).toMatch(SOUND);
      expect(subject.split(':')[2]).toBe(service === 'monitoring' ? 'cloudwatch' : service);
      if (!subject.endsWith(':unidentified')) named += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(named).toBeGreaterThan(50); // Without this, a reader that finds nothing would pass.
});
