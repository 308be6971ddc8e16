import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readBystander, readPlainUse } from '../../lib/audit/read-plain.ts';
import { type SortContext, sortRecord, WATCHED_READS } from '../../lib/audit/sort-record.ts';
import { OPERATIONS } from '../../lib/event/operations.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { readShippedStack } from '../controls/stack.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';
import { createKeyRecord, type JsonRecord, recordOf, useRecord } from './records.ts';

const TIME = '2026-08-03T09:01:02Z';
const CONTEXT: SortContext = { selfRoleArns: OWN_ROLES, ownResources: OWN_RESOURCES };
const sort = (record: unknown) => sortRecord(record, CONTEXT);
const OTHER_KEY = KEY_ARN.replace('1234abcd', '9999abcd');

describe('a record is', () => {
  test.each<[string, JsonRecord]>([
    ['a change of a key', recordOf('DisableKeyRotation', TIME)],
    ['a refused change of a key', recordOf('PutKeyPolicy', TIME, { errorCode: 'AccessDenied', errorMessage: 'no' })],
    ['an operation of KMS that nobody has heard of', recordOf('TeleportKey', TIME)],
    [
      'a write of an IAM policy',
      recordOf('PutRolePolicy', TIME, {
        eventSource: 'iam.amazonaws.com',
        requestParameters: { roleName: 'app', policyName: 'keys', policyDocument: '{}' },
        resources: undefined,
      }),
    ],
  ])('an action: %s', (_name, record) => {
    expect(sort(record).kind).toBe('action');
  });

  const ruleRecord = (name: string) =>
    recordOf('DisableRule', TIME, {
      eventSource: 'events.amazonaws.com',
      requestParameters: { name },
      responseElements: null,
      resources: undefined,
    });

  test('an action when it changes what Keywarden is made of, and not when it changes the like', () => {
    expect(sort(ruleRecord('keywarden-dev-kms-calls'))).toMatchObject({
      kind: 'action',
      action: { subject: `arn:aws:events:${REGION}:${ACCOUNT}:rule/keywarden-dev-kms-calls` },
    });
    expect(sort(ruleRecord('nightly-report'))).toMatchObject({ kind: 'counted', as: 'otherServices' });
  });

  test('an action when it changes a trail', () => {
    const record = recordOf('StopLogging', TIME, {
      eventSource: 'cloudtrail.amazonaws.com',
      requestParameters: { name: 'management' },
      responseElements: null,
      resources: undefined,
    });
    expect(sort(record)).toMatchObject({ kind: 'action', action: { api: 'StopLogging' } });
  });

  test('an action in an EventBridge event', () => {
    const envelope = {
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.kms',
      account: ACCOUNT,
      region: REGION,
      time: TIME,
      detail: recordOf('DisableKey', TIME),
    };
    expect(sort(envelope)).toMatchObject({ kind: 'action', action: { api: 'DisableKey', subject: KEY_ARN } });
  });

  test.each<[string, JsonRecord, string]>([
    ['a read', recordOf('DescribeKey', TIME, { readOnly: true }), 'reads'],
    [
      'a refused use',
      useRecord(TIME, 'Decrypt', { errorCode: 'AccessDenied', errorMessage: 'User: x is not authorized' }),
      'refused',
    ],
    ['a use that names no key', useRecord(TIME, 'GenerateRandom', { resources: [], requestParameters: null }), 'uses'],
    ['something else of IAM', recordOf('ListRoles', TIME, { eventSource: 'iam.amazonaws.com' }), 'otherServices'],
    ['a data event', recordOf('Decrypt', TIME, { eventCategory: 'Data', managementEvent: false }), 'notManagement'],
  ])('counted: %s', (_name, record, as) => {
    expect(sort(record)).toMatchObject({ kind: 'counted', as });
  });

  test('a use, with every key that it names', () => {
    const record = useRecord(TIME, 'ReEncrypt', {
      requestParameters: { destinationKeyId: OTHER_KEY },
      resources: [{ ARN: KEY_ARN }, { ARN: OTHER_KEY }],
    });
    expect(sort(record)).toMatchObject({ kind: 'use', use: { keys: [KEY_ARN, OTHER_KEY], operation: 'ReEncrypt' } });
  });

  test.each<[string, unknown, RegExp]>([
    ['without eventID', recordOf('DisableKey', TIME, { eventID: undefined }), /^eventID is missing/],
    ['of a time that does not exist', recordOf('DisableKey', '2026-02-30T09:01:02Z'), /^eventTime is "2026-02-30/],
    ['of no object', ['DisableKey'], /^the record is/],
  ])('malformed %s, and says what is wrong', (_name, record, reason) => {
    expect(sort(record)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });
});

describe('what is an action', () => {
  const rules = readShippedStack().rules.filter(({ pattern }) => JSON.stringify(pattern).includes('aws.kms'));
  const isDelivered = (record: JsonRecord): boolean => {
    const event = { source: 'aws.kms', 'detail-type': 'AWS API Call via CloudTrail', detail: record };
    return rules.some(
      ({ pattern, state }) =>
        // A rule that is merely enabled gets no reads.
        (record.readOnly === false || state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') &&
        matchesPattern(pattern, event),
    );
  };
  const refusals: readonly JsonRecord[] = [
    {},
    { errorCode: 'AccessDenied', errorMessage: 'User: x is not authorized to perform: kms:Decrypt' },
    { errorCode: 'DisabledException', errorMessage: `${KEY_ARN} is disabled.` },
    { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY_ARN} is pending deletion.` },
    { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY_ARN} is pending replica deletion.` },
  ];

  // GenerateRandom uses no key, so that none can be pending deletion.
  const operations = [...OPERATIONS.keys()].filter((name) => name !== 'GenerateRandom');

  test.each(operations)('is what the event rules deliver to the live Keywarden: %s', (name) => {
    const readOnly = OPERATIONS.get(name)?.kind !== 'lifecycle';
    for (const refusal of refusals) {
      const record = recordOf(name, TIME, { readOnly, responseElements: null, ...refusal });
      expect([refusal, sort(record).kind === 'action']).toEqual([refusal, isDelivered(record)]);
    }
  });
});

/** Changes that a record of a use can have, each of which either reading must see. */
const oddities = fc.subarray<JsonRecord>([
  { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY_ARN} is pending deletion.` },
  { requestParameters: { keyId: KEY_ID } },
  { requestParameters: { keyId: OTHER_KEY } },
  { requestParameters: { keyId: 'alias/payments' } },
  { requestParameters: { dryRun: true } },
  { requestParameters: null },
  { resources: [] },
  { resources: [{ ARN: OTHER_KEY }] },
  { resources: [{ ARN: KEY_ARN }, { ARN: KEY_ARN }] },
  { resources: [{ ARN: KEY_ARN }, { arn: OTHER_KEY }] },
  { responseElements: { keyId: OTHER_KEY } },
  { eventVersion: '2.0' },
  { eventVersion: undefined },
  { eventCategory: undefined, managementEvent: undefined },
  { eventCategory: 'Data' },
  { eventTime: '2026-13-03T09:01:02Z' },
  { eventTime: '2026-08-03T09:01:02.5Z' },
  { recipientAccountId: '12' },
  { recipientAccountId: undefined },
  { awsRegion: undefined },
  { eventID: '' },
  { eventType: 'AwsServiceEvent' },
  { eventName: 'DescribeKey' },
  { eventName: 'ReEncrypt' },
  { 'detail-type': 'AWS API Call via CloudTrail' },
]);

describe('the short way to read a use', () => {
  test('is taken for the usual record', () => {
    expect(readPlainUse(useRecord(TIME))).toEqual({
      account: ACCOUNT,
      region: REGION,
      time: TIME,
      operation: 'Decrypt',
      keys: [KEY_ARN],
    });
  });

  test('says what the long way says, or leaves the record to it', () => {
    fc.assert(
      fc.property(oddities, (changes) => {
        const record = Object.assign({}, useRecord(TIME), ...changes);
        const use = readPlainUse(record);
        if (use === undefined) return;
        const action = readRecord(record, { origin: 'archive', selfRoleArns: [] });
        const { account, region, time, api: operation, keys, kind, outcome } = action;
        expect({ account, region, time, operation, keys }).toEqual(use);
        expect([kind, outcome]).toEqual(['use', 'succeeded']);
      }),
    );
  });

  const names = fc.constantFrom(
    'DescribeKey',
    'GetPublicKey',
    'GetParametersForImport',
    'Decrypt',
    'DisableKey',
    'Teleport',
  );
  const services = fc.constantFrom('kms', 'iam', 'cloudtrail', 'events', 'lambda');

  test('counts what the long way counts, or leaves the record to it', () => {
    fc.assert(
      fc.property(oddities, names, services, (changes, name, service) => {
        const record = Object.assign(
          recordOf(name, TIME, { readOnly: true, eventSource: `${service}.amazonaws.com` }),
          ...changes,
        );
        const found = readBystander(record, WATCHED_READS);
        if (found === undefined) return;
        const { account, region, time, kind, outcome, eventSource } = readRecord(record, {
          origin: 'archive',
          selfRoleArns: [],
        });
        const as = eventSource === 'kms.amazonaws.com' ? 'reads' : 'otherServices';
        expect({ as, account, region, time }).toEqual(found);
        expect(kind).toBe(as === 'reads' ? 'read' : 'unrecognised');
        expect(['succeeded', 'dry-run']).toContain(outcome);
      }),
    );
  });

  test('is taken for reads, and for what the audit does not look at', () => {
    const of = { account: ACCOUNT, region: REGION, time: TIME };
    expect(readBystander(recordOf('DescribeKey', TIME), WATCHED_READS)).toEqual({ as: 'reads', ...of });
    const listed = recordOf('ListRoles', TIME, { eventSource: 'iam.amazonaws.com' });
    expect(readBystander(listed, WATCHED_READS)).toEqual({ as: 'otherServices', ...of });
    expect(readBystander(recordOf('GetParametersForImport', TIME), WATCHED_READS)).toBeUndefined();
    expect(readBystander(recordOf('DisableKey', TIME), WATCHED_READS)).toBeUndefined();
    expect(readBystander(recordOf('TeleportKey', TIME), WATCHED_READS)).toBeUndefined();
  });

  test('is not taken for anything but a successful use', () => {
    for (const record of [createKeyRecord(TIME), recordOf('DescribeKey', TIME), null, 'text', []]) {
      expect(readPlainUse(record)).toBeUndefined();
    }
  });
});
