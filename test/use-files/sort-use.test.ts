import { describe, expect, test } from '@jest/globals';
import { OPERATIONS } from '../../lib/event/operations.ts';
import { sortUse } from '../../lib/use-files/sort-use.ts';
import { type JsonRecord, recordOf, useRecord } from '../audit/records.ts';
import { ACCOUNT, KEY_ARN, KEY_ID } from '../facts/key.ts';

const TIME = '2026-08-03T09:01:02Z';
const OTHER_ARN = KEY_ARN.replace(KEY_ID, '0987dcba-09fe-87dc-65ba-ab0987654321');
const ROLE = `arn:aws:iam::${ACCOUNT}:role/ops`;
const pending = (message = `${KEY_ARN} is pending deletion.`): JsonRecord => ({
  errorCode: 'KMSInvalidStateException',
  errorMessage: message,
});
const key = (ARN: string) => ({ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN });

describe('a record of KMS is a use', () => {
  test('with its keys, its caller and its operation', () => {
    const record = useRecord(TIME, 'GenerateDataKey');
    expect(sortUse(record)).toEqual({
      kind: 'use',
      isLastWarning: false,
      use: {
        keys: [KEY_ARN],
        account: ACCOUNT,
        caller: { principal: ROLE },
        operation: 'GenerateDataKey',
        time: TIME,
        eventId: record.eventID,
        outcome: 'succeeded',
      },
    });
  });

  test('of two keys when data is encrypted anew under another', () => {
    const record = useRecord(TIME, 'ReEncrypt', {
      requestParameters: { destinationKeyId: OTHER_ARN, sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      resources: [key(KEY_ARN), key(OTHER_ARN)],
    });
    expect(sortUse(record)).toMatchObject({ use: { keys: [KEY_ARN, OTHER_ARN] } });
  });

  test('that was denied, and names its key only in the sentence of the error', () => {
    const record = useRecord(TIME, 'Decrypt', {
      errorCode: 'AccessDenied',
      errorMessage: `User: ${ROLE} is not authorized to perform: kms:Decrypt on resource: ${KEY_ARN} because no policy allows it`,
      requestParameters: null,
      resources: undefined,
    });
    expect(sortUse(JSON.parse(JSON.stringify(record)))).toMatchObject({
      kind: 'use',
      isLastWarning: false,
      use: { keys: [KEY_ARN], outcome: 'denied' },
    });
  });

  test('that was only tried out', () => {
    const record = useRecord(TIME, 'Decrypt', {
      requestParameters: { dryRun: true },
      errorCode: 'DryRunOperationException',
      errorMessage: 'The request would have succeeded, but the DryRun option is set.',
    });
    expect(sortUse(record)).toMatchObject({ use: { outcome: 'dry-run' } });
  });

  test.each([`${KEY_ARN} is pending deletion.`, `${KEY_ARN} is pending replica deletion.`])(
    'and the last warning before the key is gone: %s',
    (message) => {
      expect(sortUse(useRecord(TIME, 'Decrypt', pending(message)))).toMatchObject({
        kind: 'use',
        isLastWarning: true,
        use: { outcome: 'failed' },
      });
    },
  );

  test('and no warning when the key is only disabled', () => {
    const disabled = { errorCode: 'DisabledException', errorMessage: `${KEY_ARN} is disabled.` };
    expect(sortUse(useRecord(TIME, 'Decrypt', disabled))).toMatchObject({ kind: 'use', isLastWarning: false });
  });
});

describe('a record of KMS is something else', () => {
  test('a warning, when the public key of a key that is pending deletion was asked for', () => {
    expect(sortUse(useRecord(TIME, 'GetPublicKey', pending()))).toEqual({ kind: 'warning' });
    expect(sortUse(useRecord(TIME, 'GetPublicKey'))).toEqual({ kind: 'other' });
  });

  test('a use without a key, when a denied call does not tell it', () => {
    const record = useRecord(TIME, 'Decrypt', {
      errorCode: 'AccessDenied',
      errorMessage:
        'The ciphertext refers to a customer master key that does not exist, or you are not allowed to access it.',
      requestParameters: null,
      resources: [],
    });
    expect(sortUse(record)).toEqual({ kind: 'keyless' });
  });

  test('no use, when random bytes were asked for, which need no key', () => {
    expect(sortUse(useRecord(TIME, 'GenerateRandom', { requestParameters: null, resources: [] }))).toEqual({
      kind: 'other',
    });
  });

  test.each([...OPERATIONS].filter(([, { kind }]) => kind !== 'use').map(([name]) => name))('no use: %s', (name) => {
    expect(sortUse(recordOf(name, TIME))).toEqual({ kind: 'other' });
  });

  test('no use, when an earlier record said it and this one puts its fields right', () => {
    const addendum = (reason: string) => useRecord(TIME, 'Decrypt', { addendum: { reason, originalEventID: 'a' } });
    expect(sortUse(addendum('UPDATED_DATA'))).toEqual({ kind: 'other' });
    expect(sortUse(addendum('DELIVERY_DELAY'))).toMatchObject({ kind: 'use' });
  });

  test('no management event, which is nobody’s fault', () => {
    expect(sortUse(useRecord(TIME, 'Decrypt', { eventCategory: 'NetworkActivity', managementEvent: false }))).toEqual({
      kind: 'other',
    });
  });

  test('unreadable, with the reason, when it does not say what it must', () => {
    expect(sortUse(useRecord('yesterday'))).toEqual({
      kind: 'malformed',
      reason: expect.stringContaining('eventTime'),
    });
    expect(sortUse(useRecord(TIME, 'Decrypt', { eventID: undefined }))).toMatchObject({ kind: 'malformed' });
    expect(sortUse(useRecord(TIME, 'Decrypt', { errorCode: 7 }))).toMatchObject({ kind: 'malformed' });
  });
});
