import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { malformedId } from '../../lib/event/malformed-id.ts';
import { isOwnEventId } from '../../lib/event/own-event-ids.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import { unknownId } from '../../lib/reconcile/tell-extra.ts';

const DIRECT = {
  version: '0',
  id: '11111111-2222-4333-8444-555555555555',
  'detail-type': 'KMS CMK Rotation',
  source: 'aws.kms',
  account: '111122223333',
  time: '2026-08-03T09:01:02Z',
  region: 'eu-west-1',
  resources: [],
  detail: { 'key-id': '11111111-2222-4333-8444-555555555555' },
};

describe('ids that only Keywarden gives', () => {
  test('are those of what it makes up itself', () => {
    const direct = readEvent(JSON.stringify(DIRECT), { origin: 'eventbridge', selfRoleArns: [] });
    const own = [malformedId('{'), unknownId('a'), direct.eventId];
    expect(own.filter((id) => !isOwnEventId(id))).toEqual([]);
  });

  test('are never those of CloudTrail', () => {
    fc.assert(fc.property(fc.uuid(), (id) => !isOwnEventId(id)));
  });
});
