import { describe, expect, test } from '@jest/globals';
import { readOwnMessage } from '../lib/batch.ts';

describe('a message of our own is told from an event', () => {
  test.each<[string, object | undefined]>([
    ['{"daily":{}}', { daily: {} }],
    ['{ "daily" : { } }', { daily: {} }],
    ['\n{\n\t"daily": {}\n}\n', { daily: {} }],
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
