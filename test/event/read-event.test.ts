import { describe, expect, test } from '@jest/globals';
import { readEvent } from '../../lib/event/read-event.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import {
  ACCOUNT,
  CONTEXT,
  directEventOf,
  envelopeOf,
  KEY,
  KEY_ID,
  keyArn,
  MULTI_REGION_ID,
  OTHER_ACCOUNT,
  OTHER_KEY,
  REGION,
  recordOf,
  serviceEventOf,
} from './fixtures.ts';

const read = (body: unknown) => readEvent(body, CONTEXT);

describe('a CloudTrail record in an envelope', () => {
  test('is read as the record alone is', () => {
    expect(read(envelopeOf(recordOf()))).toEqual(readRecord(recordOf(), CONTEXT));
  });

  test('is read from the text of an SQS message', () => {
    expect(read(JSON.stringify(envelopeOf(recordOf())))).toEqual(read(envelopeOf(recordOf())));
  });

  test('of a service event is read the same way', () => {
    const envelope = envelopeOf(serviceEventOf('DeleteKey'), { 'detail-type': 'AWS Service Event via CloudTrail' });
    expect(read(envelope)).toMatchObject({ api: 'DeleteKey', subject: KEY, actor: { type: 'AWSInternal' } });
  });

  test('has the id, the time and the digest of the record, not those of the message', () => {
    const again = envelopeOf(recordOf(), { id: 'another-message', time: '2026-08-03T10:00:00Z' });
    expect(read(again)).toEqual(read(envelopeOf(recordOf())));
  });

  test('takes account and Region from the envelope only when the record has none', () => {
    const elsewhere = { account: OTHER_ACCOUNT, region: 'eu-west-1' };
    const bare = recordOf({ recipientAccountId: undefined, awsRegion: undefined });
    expect(read(envelopeOf(bare, elsewhere))).toMatchObject(elsewhere);
    expect(read(envelopeOf(recordOf(), elsewhere))).toMatchObject({ account: ACCOUNT, region: REGION });
  });

  test('of another service is recorded as unrecognised', () => {
    const detail = recordOf({
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'AddTags',
      resources: undefined,
    });
    expect(read(envelopeOf(detail, { source: 'aws.cloudtrail' }))).toMatchObject({
      api: 'AddTags',
      kind: 'unrecognised',
    });
  });

  test('of the largest size that CloudTrail sends to EventBridge is read whole', () => {
    const detail = recordOf({ requestParameters: { keyId: KEY, policy: 'p'.repeat(250_000) } });
    const body = JSON.stringify(envelopeOf(detail));
    expect(body.length).toBeGreaterThan(250_000);
    expect(read(body).request.policy).toHaveLength(250_000);
  });
});

const ROTATION = 'KMS CMK Rotation';
const EXPIRATION = 'KMS Imported Key Material Expiration';
const DELETION = 'KMS CMK Deletion';
const MATERIAL = 'b'.repeat(64);
const ROTATED = {
  'key-id': KEY_ID,
  'key-origin': 'AWS_KMS',
  'rotation-type': 'AUTOMATIC',
  'previous-key-material-id': 'a'.repeat(64),
  'current-key-material-id': MATERIAL,
};

describe('an event that KMS sends itself', () => {
  test.each([
    [
      ROTATION,
      ROTATED,
      'RotateKey',
      '4.4.2',
      {
        keyId: KEY_ID,
        keyOrigin: 'AWS_KMS',
        rotationType: 'AUTOMATIC',
        previousKeyMaterialId: 'a'.repeat(64),
        currentKeyMaterialId: MATERIAL,
      },
    ],
    [ROTATION, { 'key-id': KEY_ID }, 'RotateKey', '4.4.2', { keyId: KEY_ID }],
    [
      EXPIRATION,
      { 'key-id': KEY_ID, 'key-material-id': MATERIAL },
      'DeleteExpiredKeyMaterial',
      '4.5.3',
      { keyId: KEY_ID, keyMaterialId: MATERIAL },
    ],
    [EXPIRATION, { 'key-id': KEY_ID }, 'DeleteExpiredKeyMaterial', '4.5.3', { keyId: KEY_ID }],
    [DELETION, { 'key-id': KEY_ID }, 'DeleteKey', '4.5.3', { keyId: KEY_ID }],
  ])('%s with %j becomes one action', (detailType, detail, api, step, request) => {
    expect(read(directEventOf(detailType, detail))).toEqual({
      eventId: expect.stringMatching(/^direct-[0-9a-f]{64}$/),
      time: '2026-08-03T09:01:19Z',
      api,
      eventSource: 'kms.amazonaws.com',
      kind: 'lifecycle',
      step,
      subject: KEY,
      keys: [KEY],
      account: ACCOUNT,
      region: REGION,
      actor: { type: 'AWSInternal', bySelf: false },
      request,
      response: {},
      outcome: 'succeeded',
      origin: 'eventbridge',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('names its key by the id alone when resources are empty', () => {
    expect(read(directEventOf(DELETION, { 'key-id': KEY_ID }, { resources: [] })).subject).toBe(KEY);
  });

  test('names its key by resources alone when the detail is empty', () => {
    expect(read(directEventOf(DELETION, {}, { detail: null })).subject).toBe(KEY);
  });

  test('keeps a field that comes in both spellings twice', () => {
    const detail = { 'key-id': KEY_ID, keyId: 'other' };
    expect(read(directEventOf(DELETION, detail)).request).toEqual(detail);
  });
});

describe('the id of an event that KMS sends itself', () => {
  const idOf = (detailType: string, detail: Record<string, unknown>, overrides: Record<string, unknown> = {}) =>
    read(directEventOf(detailType, detail, overrides)).eventId;
  const deleted = { 'key-id': KEY_ID };
  const expired = { 'key-id': KEY_ID, 'key-material-id': MATERIAL };
  const multiRegion = (time: string) =>
    idOf(DELETION, { 'key-id': MULTI_REGION_ID }, { resources: [keyArn(MULTI_REGION_ID)], time });

  test('is the same for every message about one deletion, whenever it comes', () => {
    const first = idOf(DELETION, deleted);
    expect(idOf(DELETION, deleted, { id: 'another-message', time: '2026-08-04T00:00:01Z' })).toBe(first);
    expect(idOf(DELETION, deleted, { resources: [] })).toBe(first);
  });

  test('is the same for every message about one rotation, whenever it comes', () => {
    expect(idOf(ROTATION, ROTATED, { id: 'another-message', time: '2026-08-03T09:05:00Z' })).toBe(
      idOf(ROTATION, ROTATED),
    );
  });

  test('is the same for messages about one expiration within a minute', () => {
    expect(idOf(EXPIRATION, expired, { id: 'another-message', time: '2026-08-03T09:01:58Z' })).toBe(
      idOf(EXPIRATION, expired),
    );
  });

  test('differs between two deletions of a replica that was made again', () => {
    expect(multiRegion('2026-08-03T09:01:19Z')).toBe(multiRegion('2026-08-03T09:01:25Z'));
    expect(multiRegion('2026-08-03T09:01:19Z')).not.toBe(multiRegion('2026-08-11T09:01:19Z'));
  });

  test.each([
    ['the key', idOf(DELETION, deleted), idOf(DELETION, { 'key-id': OTHER_KEY }, { resources: [OTHER_KEY] })],
    ['the happening', idOf(DELETION, deleted), idOf(EXPIRATION, deleted)],
    [
      'the new material',
      idOf(ROTATION, ROTATED),
      idOf(ROTATION, { ...ROTATED, 'current-key-material-id': 'c'.repeat(64) }),
    ],
    [
      'the expired material',
      idOf(EXPIRATION, expired),
      idOf(EXPIRATION, { ...expired, 'key-material-id': 'c'.repeat(64) }),
    ],
    [
      'the minute of an expiration',
      idOf(EXPIRATION, expired),
      idOf(EXPIRATION, expired, { time: '2026-08-03T09:02:19Z' }),
    ],
    [
      'the minute of a rotation without material',
      idOf(ROTATION, deleted),
      idOf(ROTATION, deleted, { time: '2026-08-03T09:02:19Z' }),
    ],
  ])('differs with %s', (_what, one, other) => {
    expect(one).not.toBe(other);
  });
});

describe('an event that cannot be read', () => {
  const types =
    '"AWS API Call via CloudTrail", "AWS Service Event via CloudTrail", "KMS CMK Rotation", "KMS Imported Key Material Expiration", "KMS CMK Deletion"';
  test.each<[what: string, body: unknown, code: string, message: string]>([
    ['no JSON', 'not json', 'not-json', 'the event is "not json"; expected a JSON object or its text.'],
    ['an empty message', '', 'not-json', 'the event is ""; expected a JSON object or its text.'],
    ['a list', '[]', 'not-an-object', 'the event is []; expected a JSON object.'],
    ['a record without an envelope', recordOf(), 'missing-field', `detail-type is missing; expected one of ${types}.`],
    [
      'no source',
      envelopeOf(recordOf(), { source: undefined }),
      'missing-field',
      'source is missing; expected the sender of an EventBridge event, e.g. "aws.kms".',
    ],
    [
      'a detail type that is no text',
      envelopeOf(recordOf(), { 'detail-type': 7 }),
      'invalid-field',
      `detail-type is 7; expected one of ${types}.`,
    ],
    [
      'another detail type',
      envelopeOf({}, { 'detail-type': 'Scheduled Event' }),
      'unsupported-detail-type',
      `detail-type is "Scheduled Event"; expected one of ${types}.`,
    ],
    [
      'a detail type that every object has',
      envelopeOf({}, { 'detail-type': 'constructor' }),
      'unsupported-detail-type',
      `detail-type is "constructor"; expected one of ${types}.`,
    ],
    [
      'a source that anybody can use',
      envelopeOf(recordOf(), { source: 'custom.kms' }),
      'unsupported-source',
      'source is "custom.kms"; expected "aws." and the name of a service.',
    ],
    [
      'a source that only looks reserved',
      envelopeOf(recordOf(), { source: 'my.aws.kms' }),
      'unsupported-source',
      'source is "my.aws.kms"; expected "aws." and the name of a service.',
    ],
    [
      'a direct event of another sender',
      directEventOf(DELETION, { 'key-id': KEY_ID }, { source: 'aws.ec2' }),
      'unsupported-source',
      'source is "aws.ec2"; expected "aws.kms".',
    ],
    ['no detail', envelopeOf(undefined), 'missing-field', 'detail is missing; expected a CloudTrail record.'],
    ['a detail of text', envelopeOf('record'), 'invalid-field', 'detail is "record"; expected a CloudTrail record.'],
    [
      'a direct event without a key',
      directEventOf(DELETION, {}, { resources: [] }),
      'missing-field',
      'detail.key-id is missing; expected the id of a key here, or its ARN in resources.',
    ],
    [
      'a direct event with half a key',
      directEventOf(DELETION, { 'key-id': 'a#b' }, { resources: 'x' }),
      'invalid-field',
      'detail.key-id is "a#b"; expected the id of a key here, or its ARN in resources.',
    ],
    [
      'a direct event without an account',
      directEventOf(DELETION, {}, { account: undefined }),
      'missing-field',
      'account is missing; expected the 12 digits of an account.',
    ],
    [
      'a direct event without a Region',
      directEventOf(DELETION, {}, { region: '' }),
      'invalid-field',
      'region is ""; expected a Region, e.g. "us-west-2".',
    ],
    ...['1111222233334', 'x111122223333'].map((account): [string, unknown, string, string] => [
      `a direct event of the account ${account}`,
      directEventOf(DELETION, {}, { account }),
      'invalid-field',
      `account is "${account}"; expected the 12 digits of an account.`,
    ]),
    ...['us-west-2 x', '#us-west-2'].map((region): [string, unknown, string, string] => [
      `a direct event of the Region ${region}`,
      directEventOf(DELETION, {}, { region }),
      'invalid-field',
      `region is "${region}"; expected a Region, e.g. "us-west-2".`,
    ]),
    ...['my.aws.kms', 'aws.kms.x'].map((source): [string, unknown, string, string] => [
      `a direct event of the sender ${source}`,
      directEventOf(DELETION, {}, { source }),
      'unsupported-source',
      `source is "${source}"; expected "aws.kms".`,
    ]),
    [
      'a source with more behind it',
      envelopeOf(recordOf(), { source: 'aws.kms x' }),
      'unsupported-source',
      'source is "aws.kms x"; expected "aws." and the name of a service.',
    ],
    [
      'a direct event without a time',
      directEventOf(DELETION, {}, { time: null }),
      'missing-field',
      'time is missing; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'a direct event at no time',
      directEventOf(DELETION, {}, { time: 'soon' }),
      'invalid-field',
      'time is "soon"; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'a network activity event',
      envelopeOf(recordOf({ eventCategory: 'NetworkActivity' })),
      'not-management',
      'eventCategory is "NetworkActivity"; expected a management event.',
    ],
  ])('is %s', (_what, body, code, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ name: 'MalformedEventError', code, message }));
  });
});
