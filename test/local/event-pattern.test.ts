import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { matchesText } from '../../local/gateway/text-pattern.ts';

const EVENT = {
  source: 'aws.kms',
  'detail-type': 'AWS API Call via CloudTrail',
  resources: [],
  detail: {
    eventName: 'DisableKey',
    errorCode: 'AccessDenied',
    requestParameters: { pendingWindowInDays: 7, keyId: 'mrk-1' },
    responseElements: null,
    readOnly: false,
    resources: [
      { ARN: 'arn:aws:kms:eu-west-1:111122223333:key/1' },
      { ARN: 'arn:aws:kms:eu-west-1:111122223333:alias/a' },
    ],
  },
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
describe('a pattern', () => {
  test.each([
    ['an exact value', { source: ['aws.kms'] }, true],
    ['one of several values', { source: ['aws.s3', 'aws.kms'] }, true],
    ['another value', { source: ['aws.s3'] }, false],
    ['two fields, of which one differs', { source: ['aws.kms'], detail: { eventName: ['EnableKey'] } }, false],
    ['null', { detail: { responseElements: [null] } }, true],
    ['false', { detail: { readOnly: [false] } }, true],
    ['a text for a boolean', { detail: { readOnly: ['false'] } }, false],
    ['a prefix', { detail: { eventName: [{ prefix: 'Disable' }] } }, true],
    ['a prefix that ignores case', { detail: { eventName: [{ prefix: { 'equals-ignore-case': 'DISABLE' } }] } }, true],
    ['a suffix', { detail: { eventName: [{ suffix: 'Key' }] } }, true],
    ['another suffix', { detail: { eventName: [{ suffix: 'Rotation' }] } }, false],
    ['a text in another case', { detail: { eventName: [{ 'equals-ignore-case': 'disablekey' }] } }, true],
    ['a wildcard', { detail: { eventName: [{ wildcard: 'Dis*Key' }] } }, true],
    ['anything but a value', { detail: { eventName: [{ 'anything-but': 'EnableKey' }] } }, true],
    ['anything but a list with it', { detail: { eventName: [{ 'anything-but': ['DisableKey', 'x'] }] } }, false],
    ['anything but a prefix', { detail: { eventName: [{ 'anything-but': { prefix: 'Dis' } }] } }, false],
    [
      'anything but one of several wildcards',
      { detail: { eventName: [{ 'anything-but': { wildcard: ['x*', 'D*'] } }] } },
      false,
    ],
    ['anything but, of a field that is not there', { detail: { nothing: [{ 'anything-but': 'x' }] } }, false],
    ['existence', { detail: { errorCode: [{ exists: true }] } }, true],
    ['absence of what is there', { detail: { errorCode: [{ exists: false }] } }, false],
    ['absence', { detail: { nothing: [{ exists: false }] } }, true],
    ['absence below something that is not there', { nothing: { deeper: [{ exists: false }] } }, true],
    ['a range', { detail: { requestParameters: { pendingWindowInDays: [{ numeric: ['>=', 7, '<', 30] }] } } }, true],
    [
      'a number out of range',
      { detail: { requestParameters: { pendingWindowInDays: [{ numeric: ['>', 7] }] } } },
      false,
    ],
    ['a number for a text', { source: [{ numeric: ['=', 7] }] }, false],
    ['an item of a list of objects', { detail: { resources: { ARN: [{ wildcard: '*:alias/*' }] } } }, true],
    ['any value of an empty list', { resources: ['x'] }, false],
    ['one of two branches', { $or: [{ source: ['aws.s3'] }, { detail: { eventName: ['DisableKey'] } }] }, true],
    ['neither of two branches', { $or: [{ source: ['aws.s3'] }, { source: ['aws.ec2'] }] }, false],
    ['everything', {}, true],
  ])('with %s', (_what, pattern, matches) => {
    expect(matchesPattern(pattern, EVENT)).toBe(matches);
  });

  test.each([
    [{ source: [{ cidr: '10.0.0.0/8' }] }, /does not know the matcher "cidr"/],
    [{ source: [{ constructor: 1 }] }, /does not know the matcher "constructor"/],
    [{ source: [{ numeric: ['>'] }] }, /numeric needs pairs/],
    [{ detail: { requestParameters: { pendingWindowInDays: [{ numeric: ['~', 1] }] } } }, /numeric needs pairs/],
    [{ source: 'aws.kms' }, /must be an object/],
    ['text', /must be an object/],
  ])('that cannot be read, %j, is an error that says why', (pattern, message) => {
    expect(() => matchesPattern(pattern, EVENT)).toThrow(message);
  });
});

test('A text pattern without a star matches itself alone, and one star everything, whatever the characters', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const literal = text.replaceAll('*', '');
      expect(matchesText(literal, literal)).toBe(true);
      expect(matchesText(literal, other)).toBe(literal === other);
      expect(matchesText('*', other)).toBe(true);
      expect(matchesText(`${literal}*`, literal + other)).toBe(true);
    }),
  );
});
