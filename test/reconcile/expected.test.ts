import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IAM_OPERATIONS } from '../../lib/event/iam-operations.ts';
import { OPERATIONS } from '../../lib/event/operations.ts';
import { OWN_EVENTS } from '../../lib/event/own-operations.ts';
import { TRAIL_OPERATIONS } from '../../lib/event/trail-operations.ts';
import { createExpected } from '../../lib/reconcile/expected.ts';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { readShippedStack } from '../controls/stack.ts';
import { OWN_RESOURCES, recordOf } from './records.ts';

/** Variables as the stage dev resolves them. */
const resolve = (text: string): string =>
  text
    .replaceAll(/\$\{self:service\}-\$\{sls:stage\}-/g, 'keywarden-dev-')
    .replaceAll(/\$\{self:custom\.names\.own\}/g, '*keywarden-dev-*')
    .replaceAll(/\$\{self:custom\.names\.killSwitch\}/g, '/keywarden/dev/kill-switch')
    .replaceAll(/\$\{self:custom\.names\.ownTransportRule\}/g, 'keywarden-dev-own-transport');

const rules = readShippedStack()
  .rules.filter(({ targets }) => targets.includes('LifecycleQueue'))
  .map(({ state, pattern }) => ({
    getsReads: state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    pattern: JSON.parse(resolve(JSON.stringify(pattern))) as object,
  }));

/** How EventBridge calls the events of CloudTrail. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
const DETAIL_TYPES: Readonly<Record<string, string>> = {
  AwsApiCall: 'AWS API Call via CloudTrail',
  AwsServiceEvent: 'AWS Service Event via CloudTrail',
  AwsConsoleAction: 'AWS Console Action via CloudTrail',
  AwsVpceEvent: 'AWS Network Activity Event via CloudTrail',
};

/** Whether the rules of the stack deliver the event that EventBridge makes of a record. */
function isDelivered(record: Readonly<Record<string, unknown>>): boolean {
  const event = {
    source: `aws.${String(record.eventSource).replace('.amazonaws.com', '')}`,
    'detail-type': DETAIL_TYPES[String(record.eventType)],
    detail: record,
  };
  return rules.some(
    ({ getsReads, pattern }) => (record.readOnly !== true || getsReads) && matchesPattern(pattern, event),
  );
}

const isExpected = createExpected(OWN_RESOURCES);

const API_NAMES = [
  ...OPERATIONS.keys(),
  ...IAM_OPERATIONS.keys(),
  ...TRAIL_OPERATIONS.keys(),
  ...Object.values(OWN_EVENTS).flat(),
  ...['GetRole', 'ListTables', 'AnOperationOfTomorrow', 'CreateTable', 'PutObject'],
];
const SOURCES = [
  ...['kms', 'iam', 'cloudtrail', 's3', 'payment-cryptography'].map((name) => `${name}.amazonaws.com`),
  ...Object.keys(OWN_EVENTS),
];
const OWN = 'keywarden-dev-lifecycle';
const KILL_SWITCH = 'arn:aws:ssm:eu-west-1:111122223333:parameter/keywarden/dev/kill-switch';
const NAMES = [
  OWN,
  'orders',
  `arn:aws:lambda:eu-west-1:111122223333:function:${OWN}`,
  'keywarden-dev-own-transport',
  'keywarden-dev-evidence-111122223333-eu-west-1',
  KILL_SWITCH,
];
const FIELDS = [
  ...['name', 'names', 'rule', 'queueUrl', 'functionName', 'tableName', 'resourceArn', 'topicArn'],
  ...['subscriptionArn', 'alarmName', 'alarmNames', 'bucketName', 'keyId'],
];
const MESSAGES = [
  undefined,
  'x is pending deletion.',
  'x is pending replica deletion.',
  'x is disabled.',
  'x is pending import.',
];

describe('the ledger must have exactly what the rules of the stack deliver', () => {
  test('of every operation, of every source, as a read and as a write, with every error', () => {
    const wrong: unknown[] = [];
    let delivered = 0;
    for (const eventName of new Set(API_NAMES)) {
      for (const eventSource of SOURCES) {
        for (const readOnly of [true, false]) {
          for (const errorMessage of MESSAGES) {
            const record = recordOf({
              eventName,
              eventSource,
              readOnly,
              requestParameters: { name: OWN },
              ...(errorMessage === undefined ? {} : { errorMessage, errorCode: 'KMSInvalidStateException' }),
            });
            delivered += Number(isDelivered(record));
            if (isExpected(record) !== isDelivered(record))
              wrong.push([eventName, eventSource, readOnly, errorMessage]);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(delivered).toBeGreaterThan(500);
  });

  test.each(Object.entries(OWN_EVENTS).flatMap(([source, names]) => names.map((name) => [source, name] as const)))(
    'of %s, %s, by whichever field names a part of Keywarden or of somebody else',
    (eventSource, eventName) => {
      const wrong: unknown[] = [];
      for (const field of FIELDS) {
        for (const name of NAMES) {
          for (const value of [name, [name], ['other', name], { name }]) {
            for (const part of ['requestParameters', 'responseElements']) {
              const record = recordOf({ eventSource, eventName, requestParameters: null, [part]: { [field]: value } });
              if (isExpected(record) !== isDelivered(record)) wrong.push([part, field, value]);
            }
          }
        }
        const mapping = recordOf({ eventSource, eventName, responseElements: { functionArn: NAMES[2] } });
        expect(isExpected(mapping)).toBe(isDelivered(mapping));
      }
      expect(wrong).toEqual([]);
    },
  );

  test('of the bucket that keeps evidence, and of no other', () => {
    const own = 'keywarden-dev-evidence-111122223333-eu-west-1';
    for (const [bucketName, wanted] of [
      [own, true],
      ['orders', false],
      [`x-${own}`, false],
    ] as const) {
      const record = recordOf({
        eventSource: 's3.amazonaws.com',
        eventName: 'PutBucketObjectLockConfiguration',
        readOnly: false,
        requestParameters: { bucketName },
      });
      expect([isExpected(record), isDelivered(record)]).toEqual([wanted, wanted]);
    }
  });

  test('of any record whatever', () => {
    const parameters = fc.dictionary(fc.constantFrom(...FIELDS), fc.constantFrom(...NAMES), { maxKeys: 3 });
    const records = fc.record({
      eventName: fc.constantFrom(...API_NAMES),
      eventSource: fc.constantFrom(...SOURCES),
      eventType: fc.constantFrom(...Object.keys(DETAIL_TYPES)),
      readOnly: fc.constantFrom(true, false, undefined),
      errorMessage: fc.constantFrom(...MESSAGES, ''),
      requestParameters: fc.option(parameters),
      responseElements: fc.option(parameters),
    });
    fc.assert(
      fc.property(records, (overrides) => {
        const record = recordOf(overrides);
        expect(isExpected(record)).toBe(isDelivered(record));
      }),
      { numRuns: 2000 },
    );
  });

  test('and nothing of what Keywarden is made of when nothing says what that is', () => {
    const record = recordOf({
      eventSource: 'sqs.amazonaws.com',
      eventName: 'DeleteQueue',
      requestParameters: { queueUrl: OWN },
    });
    expect(isExpected(record)).toBe(true);
    expect(createExpected([])(record)).toBe(false);
  });
});
