import { describe, expect, test } from '@jest/globals';
import { readRecord } from '../../lib/event/read-record.ts';
import { CONTEXT, KEY, recordOf, serviceEventOf } from './fixtures.ts';

const backingKeys = '[{"keyHandle":"01","backingKeyId":"backing-key-1"}]';
const backingKeysDeletionStatus = '[{"keyHandle":"01","backingKeyId":"backing-key-1","deletionStatus":"FAILURE"}]';
const additionalEventData = {
  customKeyStoreId: 'cks-1',
  clusterId: 'cluster-1',
  backingKeys,
  backingKeysDeletionStatus,
};

describe('the record of a destroyed key', () => {
  test('carries what became of its material in a CloudHSM cluster', () => {
    const record = serviceEventOf('DeleteKey', { additionalEventData, responseElements: { keyId: KEY } });
    expect(readRecord(record, CONTEXT).response).toEqual({ keyId: KEY, backingKeys, backingKeysDeletionStatus });
  });

  test('says nothing of that for other keys', () => {
    expect(readRecord(serviceEventOf('DeleteKey'), CONTEXT).response).toEqual({});
    const odd = serviceEventOf('DeleteKey', { additionalEventData: { backingKeysDeletionStatus: 1 } });
    expect(readRecord(odd, CONTEXT).response).toEqual({});
  });

  test('is the only one that is read so', () => {
    const record = recordOf({ eventName: 'ScheduleKeyDeletion', additionalEventData });
    expect(readRecord(record, CONTEXT).response).toEqual({});
  });
});
