import { describe, expect, test } from '@jest/globals';
import { readAction, readOwnMessage } from '../lib/batch.ts';
import { MalformedEventError } from '../lib/event/malformed-event-error.ts';
import { useRecord } from './audit/records.ts';

describe('a message of our own is told from an event', () => {
  test.each<[string, object | undefined]>([
    ['{"daily":{}}', { daily: {} }],
    ['{ "daily" : { } }', { daily: {} }],
    ['{"hourly":{}}', { hourly: {} }],
    ['{"hourly":{"key":1}}', undefined],
    ['\n{\n\t"daily": {}\n}\n', { daily: {} }],
    ['{"digest":{"window":"2026-08-03T09:15Z"}}', { digest: { window: '2026-08-03T09:15Z' } }],
    ['{"digest":{"window":"yesterday"}}', undefined],
    ['{"recheck":{"eventId":"e","subject":"s"}}', { recheck: { eventId: 'e', subject: 's' } }],
    ['{"daily":{"key":1}}', undefined],
    ['{"daily":{}} ', { daily: {} }],
    ['{"daily":{},"detail":{}}', undefined],
    ['{"daily":', undefined],
    ['{"recheck":{"eventId":1,"subject":"s"}}', undefined],
    ['{"source":"aws.kms","daily":{}}', undefined],
    ['', undefined],
  ])('%j is %j', (body, expected) => {
    expect(readOwnMessage(body)).toEqual(expected);
  });
});

describe('what happened is read', () => {
  const context = { selfRoleArns: [], ownResources: [] };
  const record = useRecord('2026-08-03T09:01:02Z');
  const event = {
    source: 'aws.kms',
    'detail-type': 'AWS API Call via CloudTrail',
    account: '111122223333',
    region: 'eu-west-1',
    detail: record,
  };

  test('from a record of a log file as from the event of the same call, but for where it came from', () => {
    const archived = readAction(JSON.stringify({ archived: record }), context);
    expect(archived).toEqual({ ...readAction(JSON.stringify(event), context), origin: 'archive' });
    expect(archived.eventId).toBe(record.eventID);
  });

  test('from an event as one, whatever somebody puts into it', () => {
    const forged = { ...event, archived: useRecord('2020-01-01T00:00:00Z') };
    expect(readAction(JSON.stringify(forged), context)).toMatchObject({
      origin: 'eventbridge',
      time: '2026-08-03T09:01:02Z',
    });
  });

  test.each(['{"archived":', '{"archived":7}', '{"archived":{}}'])('and not from %s', (body) => {
    expect(() => readAction(body, context)).toThrow(MalformedEventError);
  });
});
