import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { OWN_ID_PREFIXES } from '../../lib/event/own-event-ids.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import {
  ACCOUNT,
  aliasArn,
  CONTEXT,
  deniedOf,
  KEY,
  KEY_ID,
  keyArn,
  MULTI_REGION_ID,
  OTHER_ACCOUNT,
  OTHER_KEY,
  REGION,
  recordOf,
  resourcesOf,
} from './fixtures.ts';

const read = (overrides: Record<string, unknown> = {}): KeyAction => readRecord(recordOf(overrides), CONTEXT);
const unidentified = (service: string, region: string = REGION) =>
  `arn:aws:${service}:${region}:${ACCOUNT}:unidentified`;
const REPLICA = keyArn(MULTI_REGION_ID, 'eu-west-1');
const NO_KEY = { requestParameters: null, responseElements: null, resources: undefined };

test('A record becomes one action with every field of the contract', () => {
  const action = read({ sharedEventID: '5e5e5e5e-1234-4321-8abc-0123456789ab' });
  expect(action).toEqual({
    eventId: '0f0f0f0f-aaaa-4bbb-8ccc-000000000001',
    sharedEventId: '5e5e5e5e-1234-4321-8abc-0123456789ab',
    requestId: '00000000-1111-4222-8333-000000000001',
    time: '2026-08-03T09:01:02Z',
    api: 'DisableKeyRotation',
    eventSource: 'kms.amazonaws.com',
    kind: 'lifecycle',
    step: '4.4.1',
    subject: KEY,
    keys: [KEY],
    account: ACCOUNT,
    region: REGION,
    actor: expect.objectContaining({ type: 'AssumedRole', sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/ci` }),
    request: { keyId: KEY_ID },
    response: {},
    outcome: 'succeeded',
    origin: 'eventbridge',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

describe('a subject without a key', () => {
  test('A refused CreateKey is about nothing that has a name', () => {
    const action = readRecord(
      deniedOf('CreateKey', 'on resource: * because no identity-based policy allows it'),
      CONTEXT,
    );
    expect(action).toMatchObject({ subject: unidentified('kms'), keys: [], outcome: 'denied', kind: 'lifecycle' });
  });

  test('An alias whose key nothing tells is the subject itself', () => {
    const action = read({
      eventName: 'DeleteAlias',
      ...NO_KEY,
      requestParameters: { aliasName: 'alias/payments' },
      errorCode: 'NotFoundException',
    });
    expect(action).toMatchObject({ subject: aliasArn('payments'), keys: [], outcome: 'failed' });
    const refused = readRecord(deniedOf('Decrypt', `on resource: ${aliasArn('payments')}`), CONTEXT);
    expect(refused).toMatchObject({ subject: aliasArn('payments'), keys: [] });
  });

  test('A state error names its key even when nothing else does', () => {
    const action = read({ ...NO_KEY, errorCode: 'DisabledException', errorMessage: `${KEY} is disabled.` });
    expect(action).toMatchObject({ subject: KEY, outcome: 'failed' });
  });

  test.each([
    ['a line break in the key id', { keyId: `${KEY}\nSUBJECT#x` }],
    ['a key id that is a list', { keyId: [KEY] }],
    ['a key id of another service', { keyId: `arn:aws:s3:::bucket` }],
  ])('%s names nothing and stays readable in the request', (_what, requestParameters) => {
    const action = read({ resources: undefined, requestParameters });
    expect(action).toMatchObject({ subject: unidentified('kms'), keys: [], request: requestParameters });
  });

  test.each([['a text'], [{ ARN: KEY }], [[null, 7, 'x', {}, { ARN: 7 }, { arn: OTHER_KEY }]]])(
    'resources of %j do no harm',
    (resources) => {
      expect(read({ resources }).keys).toContain(Array.isArray(resources) ? OTHER_KEY : KEY);
    },
  );
});

describe('fields of another form', () => {
  test.each([['a text'], [['a', 'list']], [7], [true]])(
    'requestParameters and responseElements of %j are kept',
    (value) => {
      const action = read({ requestParameters: value, responseElements: value });
      expect(action.request).toEqual({ requestParameters: value });
      expect(action.response).toEqual({ responseElements: value });
      expect(action.subject).toBe(KEY);
    },
  );

  test.each([null, {}, [], 'x', 7])('A userIdentity of %j leaves an actor that says nothing', (userIdentity) => {
    expect(read({ userIdentity }).actor).toMatchObject({ type: 'Unknown', bySelf: false });
  });

  test('Fields that no version has had yet change nothing but the digest', () => {
    const { digest: _before, ...known } = read();
    const { digest: _after, ...newer } = read({ eventVersion: '1.99', tomorrow: { x: 1 } });
    expect(newer).toEqual(known);
  });

  test('A record of 2021, without category and key spec, is read', () => {
    const old = { eventVersion: '1.08', managementEvent: undefined, eventCategory: undefined, requestParameters: null };
    expect(read({ eventName: 'CreateKey', ...old })).toMatchObject({ subject: KEY, kind: 'lifecycle' });
  });
});

describe('account and Region', () => {
  test.each([
    ['recipientAccountId', {}, ACCOUNT],
    [
      'the caller, when nobody is named as the receiver',
      { recipientAccountId: undefined, userIdentity: { accountId: OTHER_ACCOUNT } },
      OTHER_ACCOUNT,
    ],
    [
      'the owner of a resource',
      { recipientAccountId: undefined, userIdentity: {}, resources: [{ accountId: OTHER_ACCOUNT }] },
      OTHER_ACCOUNT,
    ],
    ['the ARN of a resource', { recipientAccountId: undefined, userIdentity: {}, resources: [{ ARN: KEY }] }, ACCOUNT],
  ])('The account is that of %s', (_where, overrides, account) => {
    expect(read(overrides).account).toBe(account);
  });

  test('The place that the context knows stands in for a missing one, and never replaces one', () => {
    const place = { account: OTHER_ACCOUNT, region: 'eu-west-1' };
    const without = recordOf({ recipientAccountId: undefined, awsRegion: undefined });
    expect(readRecord(without, { ...CONTEXT, place })).toMatchObject(place);
    expect(readRecord(recordOf(), { ...CONTEXT, place })).toMatchObject({ account: ACCOUNT, region: REGION });
  });

  test.each(['1111222233334', 'x111122223333', '111122223333\n'])(
    'An account of %j is passed over',
    (recipientAccountId) => {
      expect(read({ recipientAccountId, userIdentity: { accountId: OTHER_ACCOUNT } }).account).toBe(OTHER_ACCOUNT);
    },
  );

  test.each(['us-west-2\n', '#us-west-2', 'US West'])('A Region of %j is passed over', (awsRegion) => {
    expect(read({ awsRegion, resources: resourcesOf(REPLICA) }).region).toBe('eu-west-1');
  });

  test('The Region of a text that only contains an ARN is not taken', () => {
    expect(() => read({ awsRegion: undefined, resources: [{ ARN: `x ${KEY}` }] })).toThrow('awsRegion is missing');
  });

  test('The Region of a resource stands in for a missing one', () => {
    expect(read({ awsRegion: undefined }).region).toBe(REGION);
  });
});

describe('operations and services that Keywarden does not know', () => {
  test('A KMS operation of tomorrow is recorded as unrecognised, with its key', () => {
    const action = read({ eventName: 'TeleportKey' });
    expect(action).toMatchObject({ kind: 'unrecognised', step: 'unrecognised', api: 'TeleportKey', subject: KEY });
  });

  test.each([
    [
      'its own resource',
      'cloudtrail.amazonaws.com',
      'AddTags',
      [{ ARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/org` }],
      `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/org`,
    ],
    [
      'a resource without Region and account',
      's3.amazonaws.com',
      'PutBucketTagging',
      [{ ARN: 'arn:aws:s3:::bucket' }],
      'arn:aws:s3:::bucket',
    ],
    ['nothing that has a name', 'iam.amazonaws.com', 'CreateRole', undefined, unidentified('iam')],
    [
      'a resource that is no ARN',
      'iam.amazonaws.com',
      'CreateRole',
      [{ ARN: 'arn:aws:iam::1:x\ny' }],
      unidentified('iam'),
    ],
    ['a source that is no domain name', '..', 'X', undefined, unidentified('unidentified')],
    ...['x arn:aws:s3:::bucket', 'arn:aws:s3:::bucket with a blank'].map(
      (ARN): [string, string, string, { ARN: string }[], string] => [
        `nothing, with ${ARN}`,
        's3.amazonaws.com',
        'PutBucketTagging',
        [{ ARN }],
        unidentified('s3'),
      ],
    ),
    ['a source that begins oddly', '.iam', 'X', undefined, unidentified('unidentified')],
  ])('A record of another service is about %s', (_what, eventSource, eventName, resources, subject) => {
    const action = read({ eventSource, eventName, resources });
    expect(action).toMatchObject({ kind: 'unrecognised', step: 'unrecognised', eventSource, subject, keys: [] });
  });

  test('An operation of another service with the name of a KMS operation is not taken for it', () => {
    const action = read({
      eventSource: 'payment-cryptography.amazonaws.com',
      eventName: 'CreateKey',
      resources: resourcesOf(KEY),
    });
    expect(action).toMatchObject({ kind: 'unrecognised', subject: KEY, keys: [KEY] });
  });
});

type MalformedCase = [what: string, overrides: Record<string, unknown>, code: string, message: string];

describe('a record that cannot be read', () => {
  test.each<MalformedCase>([
    [
      'no eventID',
      { eventID: undefined },
      'missing-field',
      'eventID is missing; expected the GUID that CloudTrail gave the event.',
    ],
    [
      'an eventID that could forge a ledger key',
      { eventID: 'a#WORK' },
      'invalid-field',
      'eventID is "a#WORK"; expected the GUID that CloudTrail gave the event.',
    ],
    [
      'no eventTime',
      { eventTime: null },
      'missing-field',
      'eventTime is missing; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'an eventTime that never was',
      { eventTime: '2026-02-30T00:00:00Z' },
      'invalid-field',
      'eventTime is "2026-02-30T00:00:00Z"; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'a number for eventTime',
      { eventTime: 5 },
      'invalid-field',
      'eventTime is 5; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'no eventName',
      { eventName: '' },
      'invalid-field',
      'eventName is ""; expected the name of an operation, e.g. "CreateKey".',
    ],
    [
      'an eventName with a line break',
      { eventName: 'Create\nKey' },
      'invalid-field',
      'eventName is "Create\\nKey"; expected the name of an operation, e.g. "CreateKey".',
    ],
    [
      'no eventSource',
      { eventSource: undefined },
      'missing-field',
      'eventSource is missing; expected a service, e.g. "kms.amazonaws.com".',
    ],
    [
      'no account anywhere',
      { recipientAccountId: undefined, userIdentity: {}, resources: [] },
      'missing-field',
      'recipientAccountId is missing; expected the 12 digits of the account that received the record.',
    ],
    [
      'an account of words',
      { recipientAccountId: 'anonymous', userIdentity: {}, resources: [] },
      'invalid-field',
      'recipientAccountId is "anonymous"; expected the 12 digits of the account that received the record.',
    ],
    [
      'no Region anywhere',
      { awsRegion: undefined, resources: [] },
      'missing-field',
      'awsRegion is missing; expected the Region of the record, e.g. "us-west-2".',
    ],
    [
      'an error that is no text',
      { errorCode: 7 },
      'invalid-field',
      'errorCode is 7; expected a text, or nothing when the call succeeded.',
    ],
    [
      'a layout of tomorrow',
      { eventVersion: '2.0' },
      'invalid-field',
      'eventVersion is "2.0"; expected "1." and a minor version; a later layout needs a later version of Keywarden.',
    ],
    ...['x kms.amazonaws.com', 'kms.amazonaws.com/x', 'kms amazonaws'].map(
      (eventSource): MalformedCase => [
        `the eventSource ${eventSource}`,
        { eventSource },
        'invalid-field',
        `eventSource is "${eventSource}"; expected a service, e.g. "kms.amazonaws.com".`,
      ],
    ),
    ...['21.0', '1x', '10'].map(
      (eventVersion): MalformedCase => [
        `the eventVersion ${eventVersion}`,
        { eventVersion },
        'invalid-field',
        `eventVersion is "${eventVersion}"; expected "1." and a minor version; a later layout needs a later version of Keywarden.`,
      ],
    ),
    ...['#a', 'a#', 'a b', ...OWN_ID_PREFIXES.map((prefix) => `${prefix}1`)].map(
      (eventID): MalformedCase => [
        `the eventID ${eventID}`,
        { eventID },
        'invalid-field',
        `eventID is "${eventID}"; expected the GUID that CloudTrail gave the event.`,
      ],
    ),
    [
      'a network activity event',
      { eventCategory: 'NetworkActivity', eventType: 'AwsVpceEvent' },
      'not-management',
      'eventCategory is "NetworkActivity"; expected a management event.',
    ],
    [
      'a network activity event without a category',
      { eventCategory: undefined, managementEvent: undefined, eventType: 'AwsVpceEvents' },
      'not-management',
      'eventType is "AwsVpceEvents"; expected a management event.',
    ],
    [
      'a data event',
      { eventCategory: 'Data', managementEvent: false },
      'not-management',
      'eventCategory is "Data"; expected a management event.',
    ],
    [
      'a data event without a category',
      { eventCategory: undefined, managementEvent: false },
      'not-management',
      'managementEvent is false; expected a management event.',
    ],
    [
      'an Insights event',
      { eventCategory: 'Insight', eventName: undefined },
      'not-management',
      'eventCategory is "Insight"; expected a management event.',
    ],
  ])('has %s', (_what, overrides, code, message) => {
    expect(() => read(overrides)).toThrow(expect.objectContaining({ name: 'MalformedEventError', code, message }));
  });

  test.each([
    ['{"eventID": ', 'not-json', 'the record is "{\\"eventID\\": "; expected a JSON object or its text.'],
    [[], 'not-an-object', 'the record is []; expected a JSON object.'],
    ['"text"', 'not-an-object', 'the record is "text"; expected a JSON object.'],
    [null, 'not-an-object', 'the record is null; expected a JSON object.'],
    [undefined, 'not-an-object', 'the record is missing; expected a JSON object.'],
    [7n, 'not-json', 'the record is a value of type bigint; expected a JSON object or its text.'],
  ])('is %p', (record, code, message) => {
    expect(() => readRecord(record, CONTEXT)).toThrow(expect.objectContaining({ code, message }));
  });

  test('is nested deeper than any reader can follow', () => {
    const depth = 200_000;
    const text = JSON.stringify(recordOf({ extra: 'HERE' })).replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth));
    expect(() => readRecord(text, CONTEXT)).toThrow(expect.objectContaining({ code: 'not-json' }));
  });
});

test('A record can be given as the JSON text that LookupEvents returns', () => {
  expect(readRecord(JSON.stringify(recordOf(), null, 2), CONTEXT)).toEqual(read());
});

test('A policy of the largest size that EventBridge delivers is kept whole', () => {
  const policy = 'x'.repeat(255 * 1024);
  const action = readRecord(
    JSON.stringify(recordOf({ eventName: 'PutKeyPolicy', requestParameters: { keyId: KEY, policy } })),
    CONTEXT,
  );
  expect(action.request.policy).toBe(policy);
});
