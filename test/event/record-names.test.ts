import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { readEvent } from '../../lib/event/read-event.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import {
  ACCOUNT,
  CONTEXT,
  directEventOf,
  KEY,
  KEY_ID,
  keyArn,
  OTHER_ACCOUNT,
  OTHER_KEY,
  recordOf,
} from './fixtures.ts';

const read = (overrides: Record<string, unknown> = {}) => readRecord(recordOf(overrides), CONTEXT);

describe('the keys of a record', () => {
  test('do not include a bare id that an ARN of another Region already tells', () => {
    const elsewhere = keyArn(KEY_ID, 'eu-west-1');
    const action = read({ resources: [{ ARN: elsewhere }], requestParameters: { keyId: KEY_ID } });
    expect(action).toMatchObject({ subject: elsewhere, keys: [elsewhere] });
  });

  test('include a bare id that no ARN tells', () => {
    const action = read({ resources: [{ ARN: OTHER_KEY }], requestParameters: { keyId: KEY_ID } });
    expect(action.keys).toEqual([OTHER_KEY, KEY]);
  });

  test('of a ReEncrypt without resources are the source and the destination', () => {
    const requestParameters = { destinationKeyId: OTHER_KEY, sourceKeyId: KEY };
    expect(read({ eventName: 'ReEncrypt', resources: undefined, requestParameters }).keys).toEqual([KEY, OTHER_KEY]);
  });

  test('do not come from the message when a better place names one', () => {
    const action = read({ errorCode: 'KMSInvalidStateException', errorMessage: `${OTHER_KEY} is disabled.` });
    expect(action).toMatchObject({ subject: KEY, keys: [KEY] });
  });

  test('of another service are ARNs only, in every partition', () => {
    const eventSource = 's3.amazonaws.com';
    expect(read({ eventSource, resources: [{ ARN: KEY_ID }] })).toMatchObject({ keys: [] });
    const bucket = 'arn:aws-us-gov:s3:::bucket';
    expect(read({ eventSource, resources: [{ ARN: bucket }] }).subject).toBe(bucket);
  });
});

describe('the account of a new key', () => {
  const made = (keyMetadata: Record<string, unknown>) =>
    read({ eventName: 'CreateKey', resources: undefined, requestParameters: null, responseElements: { keyMetadata } });

  test('is read the same way in whatever order its two spellings come', () => {
    const spellings = { aWSAccountId: OTHER_ACCOUNT, AWSAccountId: ACCOUNT };
    const reversed = Object.fromEntries(Object.entries(spellings).reverse());
    expect(made({ keyId: KEY_ID, ...spellings }).subject).toBe(made({ keyId: KEY_ID, ...reversed }).subject);
  });

  test('is that of the record when the answer names none, whatever else in it looks like one', () => {
    expect(made({ cloudHsmClusterId: OTHER_ACCOUNT, keyId: KEY_ID }).subject).toBe(KEY);
  });
});

describe('the layout of a record', () => {
  test.each([
    ['without a version', { eventVersion: undefined }],
    ['of version 1', { eventVersion: '1' }],
    ['whose type only contains the word', { eventType: 'NotAwsVpceEvent' }],
  ])('%s is read', (_what, overrides) => {
    expect(read(overrides)).toMatchObject({ subject: KEY, api: 'DisableKeyRotation' });
  });

  test.each([
    [{ eventVersion: 1 }, 'eventVersion is 1; expected "1." and a minor version'],
    [{ eventCategory: undefined, managementEvent: 'false' }, 'managementEvent is "false"; expected a management event'],
  ])('%j is refused', (overrides, message) => {
    expect(() => read(overrides)).toThrow(message);
  });

  test('puts no field into request and response that the record does not have', () => {
    const { request, response } = read({ requestParameters: null });
    expect([request, response]).toStrictEqual([{}, {}]);
  });
});

describe('the id of an event that KMS sends itself', () => {
  // The ledger knows by these ids what it has recorded, so every later version must give the same.
  test.each([
    ['KMS CMK Deletion', {}, `["kms","DeleteKey","${KEY}","",""]`],
    ['KMS CMK Rotation', { 'current-key-material-id': 'material-2' }, `["kms","RotateKey","${KEY}","material-2",""]`],
    ['KMS CMK Rotation', {}, `["kms","RotateKey","${KEY}","","2026-08-03T09:01"]`],
    [
      'KMS Imported Key Material Expiration',
      { 'key-material-id': 'material-2' },
      `["kms","DeleteExpiredKeyMaterial","${KEY}","material-2","2026-08-03T09:01"]`,
    ],
    ['KMS Imported Key Material Expiration', {}, `["kms","DeleteExpiredKeyMaterial","${KEY}","","2026-08-03T09:01"]`],
  ])('%s with %j is the sha256 of %s', (detailType, detail, text) => {
    const { eventId } = readEvent(directEventOf(detailType, { 'key-id': KEY_ID, ...detail }), CONTEXT);
    expect(eventId).toBe(`direct-${createHash('sha256').update(text).digest('hex')}`);
  });
});
