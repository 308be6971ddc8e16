import { expect, test } from '@jest/globals';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';
import { auditRecords, createKeyRecord, type JsonRecord, nextEventId, recordOf } from './records.ts';

const TYPES = { RotateKey: 'KMS CMK Rotation', DeleteKey: 'KMS CMK Deletion' } as const;

const logged = (api: keyof typeof TYPES, time: string, overrides: JsonRecord = {}): JsonRecord =>
  recordOf(api, time, {
    userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    requestParameters: null,
    eventType: 'AwsServiceEvent',
    ...overrides,
  });

/** The event of KMS itself, as an archive of EventBridge has it. */
const sent = (api: keyof typeof TYPES, time: string): JsonRecord => ({
  version: '0',
  id: nextEventId(),
  'detail-type': TYPES[api],
  source: 'aws.kms',
  account: ACCOUNT,
  time,
  region: REGION,
  resources: [KEY_ARN],
  detail: { 'key-id': KEY_ID },
});

const BORN = createKeyRecord('2026-08-03T09:00:00Z');
const apisOf = async (...records: readonly JsonRecord[]) =>
  (await auditRecords([[BORN, ...records]])).judged.map(({ action }) => action.api).slice(1);

test('What KMS tells twice is judged once, whichever record is first', async () => {
  expect(await apisOf(logged('RotateKey', '2026-08-04T09:00:00Z'), sent('RotateKey', '2026-08-04T09:00:17Z'))).toEqual([
    'RotateKey',
  ]);
  expect(await apisOf(sent('DeleteKey', '2026-08-04T09:00:00Z'), logged('DeleteKey', '2026-08-04T11:00:00Z'))).toEqual([
    'DeleteKey',
  ]);
});

test('Two rotations, each told twice, are two', async () => {
  const records = ['09:00:00', '09:05:00'].flatMap((time) => [
    logged('RotateKey', `2026-08-04T${time}Z`),
    sent('RotateKey', `2026-08-04T${time.replace(/0$/, '7')}Z`),
  ]);
  expect(await apisOf(...records)).toEqual(['RotateKey', 'RotateKey']);
});

test('The record that says what became of the material in a cluster is judged too', async () => {
  const backingKeysDeletionStatus = '[{"keyHandle":"01","deletionStatus":"FAILURE"}]';
  const record = logged('DeleteKey', '2026-08-04T09:00:02Z', { additionalEventData: { backingKeysDeletionStatus } });
  expect(await apisOf(sent('DeleteKey', '2026-08-04T09:00:00Z'), record)).toEqual(['DeleteKey', 'DeleteKey']);
});
