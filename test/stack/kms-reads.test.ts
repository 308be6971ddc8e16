import { describe, expect, test } from '@jest/globals';
import { OPERATIONS } from '../../lib/event/operations.ts';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { readShippedStack } from '../controls/stack.ts';

const rule = readShippedStack().rules.find(({ name }) => name === 'KmsReadsRule');

/** A read of KMS as EventBridge hands it over; what the rule does not look at is left out. */
const eventOf = (eventName: string, overrides: object = {}, envelope: object = {}) => ({
  source: 'aws.kms',
  'detail-type': 'AWS API Call via CloudTrail',
  ...envelope,
  detail: { eventSource: 'kms.amazonaws.com', eventName, readOnly: true, ...overrides },
});
const delivers = (event: object) => matchesPattern(rule?.pattern ?? {}, event);

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const pending = { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY} is pending deletion.` };

const reads = [...OPERATIONS].filter(([, { kind }]) => kind === 'use' || kind === 'read').map(([name]) => name);
const uses = [...OPERATIONS].filter(([, { kind }]) => kind === 'use').map(([name]) => name);

describe('the rule for reads of KMS', () => {
  test('asks EventBridge for reads, which a rule that is merely enabled never gets', () => {
    expect(rule).toMatchObject({
      state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      targets: ['LifecycleQueue'],
    });
  });

  test('delivers exactly the two that open a way for key material, among all reads and uses that succeed', () => {
    expect(reads.filter((name) => delivers(eventOf(name))).sort()).toEqual([
      'GenerateDataKeyPair',
      'GetParametersForImport',
    ]);
  });

  test('delivers every use of a key that is pending deletion, and what needs no key not', () => {
    const wanted = [...uses.filter((name) => name !== 'GenerateRandom'), 'GetPublicKey'];
    expect(reads.filter((name) => delivers(eventOf(name, pending))).sort()).toEqual(
      [...wanted, 'GetParametersForImport'].sort(),
    );
    const replica = { ...pending, errorMessage: `${KEY} is pending replica deletion.` };
    expect(delivers(eventOf('Decrypt', replica))).toBe(true);
  });

  test.each<[string, object]>([
    [
      'a use that was denied',
      eventOf('Decrypt', { errorCode: 'AccessDenied', errorMessage: 'User is not authorized.' }),
    ],
    ['a use of a key that is disabled', eventOf('Decrypt', { ...pending, errorMessage: `${KEY} is disabled.` })],
    [
      'a message that only mentions it',
      eventOf('Decrypt', { ...pending, errorMessage: `${KEY} is pending deletion. No.` }),
    ],
    ['a write, which comes by another rule', eventOf('EnableKey', { ...pending, readOnly: false })],
    ['the same names of another service', eventOf('GenerateDataKeyPair', { eventSource: 'example.amazonaws.com' })],
    ['an event of another source', eventOf('GenerateDataKeyPair', {}, { source: 'aws.s3' })],
    ['an event of another kind', eventOf('Decrypt', pending, { 'detail-type': 'AWS Service Event via CloudTrail' })],
  ])('leaves out %s', (_what, event) => {
    expect(delivers(event)).toBe(false);
  });

  test('stays below the 2,048 characters that EventBridge takes as a pattern', () => {
    expect(JSON.stringify(rule?.pattern).length).toBeLessThan(2_048);
  });
});
