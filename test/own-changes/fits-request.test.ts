import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { fitsRequest } from '../../lib/own-changes/fits-request.ts';
import type { AwsRequest } from '../../lib/remediations/remedy.ts';
import { actionOf, KEY } from './records.ts';

const requestOf = (operation: string, parameters: AwsRequest['parameters'] = {}): AwsRequest => ({
  service: 'kms',
  operation,
  region: 'eu-west-1',
  parameters: { KeyId: KEY, ...parameters },
});

const POLICY = '{"Version":"2012-10-17","Statement":[]}';
const TAGS = [
  { TagKey: 'owner', TagValue: 'dana' },
  { TagKey: 'team', TagValue: 'orders' },
];

const FITTING: readonly (readonly [what: string, action: Partial<KeyAction>, request: AwsRequest])[] = [
  [
    'the same parameters in camelCase',
    { api: 'EnableKeyRotation', request: { keyId: KEY, rotationPeriodInDays: 365 } },
    requestOf('EnableKeyRotation', { RotationPeriodInDays: 365 }),
  ],
  [
    'a key that is named by its id alone',
    { api: 'EnableKey', request: { keyId: KEY.split('/')[1] } },
    requestOf('EnableKey'),
  ],
  [
    'no parameters, as when the call was denied',
    { api: 'ScheduleKeyDeletion', request: {}, outcome: 'denied' },
    requestOf('ScheduleKeyDeletion', { PendingWindowInDays: 30 }),
  ],
  [
    'a parameter that CloudTrail left out',
    { api: 'PutKeyPolicy', request: { keyId: KEY, policyName: 'default', policy: null } },
    requestOf('PutKeyPolicy', { Policy: POLICY }),
  ],
  [
    'parameters that nobody sent, and that switch nothing on',
    {
      api: 'PutKeyPolicy',
      request: { keyId: KEY, policyName: 'default', policy: POLICY, bypassPolicyLockoutSafetyCheck: false },
    },
    requestOf('PutKeyPolicy', { Policy: POLICY }),
  ],
  [
    'lists of objects',
    {
      api: 'TagResource',
      request: {
        keyId: KEY,
        tags: [
          { tagKey: 'owner', tagValue: 'dana' },
          { tagKey: 'team', tagValue: 'orders' },
        ],
      },
    },
    requestOf('TagResource', { Tags: TAGS }),
  ],
  [
    'the rehearsal of a call',
    { api: 'RevokeGrant', request: { keyId: KEY, grantId: 'a1', dryRun: true }, outcome: 'dry-run' },
    requestOf('RevokeGrant', { GrantId: 'a1' }),
  ],
  [
    'a trail',
    {
      api: 'StartLogging',
      eventSource: 'cloudtrail.amazonaws.com',
      request: { name: 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/main' },
    },
    { service: 'cloudtrail', operation: 'StartLogging', region: 'eu-west-1', parameters: { Name: 'main' } },
  ],
];

const OTHER: readonly (readonly [what: string, action: Partial<KeyAction>, request: AwsRequest])[] = [
  ['another operation', { api: 'DisableKey' }, requestOf('EnableKey')],
  ['another service', { api: 'EnableKey', eventSource: 'iam.amazonaws.com' }, requestOf('EnableKey')],
  ['another Region', { api: 'EnableKey', region: 'us-east-1' }, requestOf('EnableKey')],
  [
    'another value',
    { api: 'ScheduleKeyDeletion', request: { keyId: KEY, pendingWindowInDays: 7 } },
    requestOf('ScheduleKeyDeletion', { PendingWindowInDays: 30 }),
  ],
  [
    'another policy',
    { api: 'PutKeyPolicy', request: { keyId: KEY, policy: `${POLICY} ` } },
    requestOf('PutKeyPolicy', { Policy: POLICY }),
  ],
  [
    'something switched on that nobody asked for',
    { api: 'PutKeyPolicy', request: { keyId: KEY, policy: POLICY, bypassPolicyLockoutSafetyCheck: true } },
    requestOf('PutKeyPolicy', { Policy: POLICY }),
  ],
  [
    'a value within a list',
    {
      api: 'TagResource',
      request: {
        keyId: KEY,
        tags: [
          { tagKey: 'owner', tagValue: 'eve' },
          { tagKey: 'team', tagValue: 'orders' },
        ],
      },
    },
    requestOf('TagResource', { Tags: TAGS }),
  ],
  [
    'a shorter list',
    { api: 'TagResource', request: { keyId: KEY, tags: [{ tagKey: 'owner', tagValue: 'dana' }] } },
    requestOf('TagResource', { Tags: TAGS }),
  ],
  [
    'a list in place of a value',
    { api: 'RevokeGrant', request: { keyId: KEY, grantId: ['a1', 'a2'] } },
    requestOf('RevokeGrant', { GrantId: 'a1' }),
  ],
  [
    'a value in place of an object',
    { api: 'CreateGrant', request: { keyId: KEY, constraints: 'none' } },
    requestOf('CreateGrant', { Constraints: { EncryptionContextSubset: { purpose: 'orders' } } }),
  ],
];

describe('a record of CloudTrail fits the request', () => {
  test.each(FITTING)('with %s', (_what, action, request) => {
    expect(fitsRequest(actionOf(action), request)).toBe(true);
  });

  test('that it was made from, whatever its parameters are', () => {
    const name = fc.stringMatching(/^[A-Z][a-z]{2,8}$/);
    const { json } = fc.letrec<{ json: AwsRequest['parameters'][string] }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(name, tie('json'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, json, { maxKeys: 4 }), (parameters) => {
        const request = requestOf('TagResource', parameters);
        const told = toCamelCase({ ...request.parameters }) as Readonly<Record<string, unknown>>;
        expect(fitsRequest(actionOf({ api: 'TagResource', request: told }), request)).toBe(true);
      }),
    );
  });
});

/** As CloudTrail spells the names of parameters. */
function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, toCamelCase(one)]),
  );
}

describe('a record of CloudTrail does not fit a request', () => {
  test.each(OTHER)('of %s', (_what, action, request) => {
    expect(fitsRequest(actionOf(action), request)).toBe(false);
  });
});
