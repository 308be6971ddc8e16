import { describe, expect, test } from '@jest/globals';
import control from '../../lib/controls/key-administrator-authorized.ts';
import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread } from '../../lib/facts/key-facts.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES } from './control-case.ts';
import { DANA, EVE, KEYWARDEN, NAMED, SERVICE } from './people.ts';

const STORE = 'arn:aws:kms:eu-west-1:111122223333:custom-key-store/cks-1234567890abcdef0';
const verify = (api: string, actor: Actor) =>
  control.verify({
    action: actionOf(api, { actor, subject: STORE, keys: [], request: { customKeyStoreId: 'cks-1234567890abcdef0' } }),
    facts: factsUnread('a key store has no such facts'),
    policy: NAMED,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  });

describe.each([
  'CreateCustomKeyStore',
  'UpdateCustomKeyStore',
  'ConnectCustomKeyStore',
  'DisconnectCustomKeyStore',
  'DeleteCustomKeyStore',
])('%s', (api) => {
  test('is for administrators, and the sentence names the key store', () => {
    expect(control.events).toContain(api);
    expect(verify(api, DANA).verdict).toBe('compliant');
    expect(verify(api, EVE)).toEqual({
      verdict: 'violation',
      reason: `Key store cks-1234567890abcdef0: ${api} was done by eve@example.com as arn:aws:iam::111122223333:role/Contractor, who is no administrator.`,
    });
  });
});

test('A deletion that is ordered is left to the control that judges it with its approval', () => {
  expect(control.events).not.toContain('ScheduleKeyDeletion');
});

describe('a finding is about', () => {
  const item = (api: string, request: Record<string, unknown> = {}, actor = EVE) =>
    control.item?.(actionOf(api, { actor, request }));

  test.each([
    ['DisableKey', 'EnableKey'],
    ['DisableKeyRotation', 'EnableKeyRotation'],
    ['ImportKeyMaterial', 'DeleteImportedKeyMaterial'],
    ['DisconnectCustomKeyStore', 'ConnectCustomKeyStore'],
  ])('the same thing when %s and %s are done: an administrator who does either settles it', (one, other) => {
    expect(item(one)).toBeDefined();
    expect(item(one)).toBe(item(other));
  });

  test('another thing for every kind of operation', () => {
    const apis = ['PutKeyPolicy', 'EnableKey', 'CancelKeyDeletion', 'UpdatePrimaryRegion', 'ImportKeyMaterial'];
    expect(new Set([...apis, 'EnableKeyRotation', 'ReplicateKey'].map((api) => item(api))).size).toBe(7);
  });

  test('one alias, one replica, or the very tags that were changed, in whatever order', () => {
    expect(item('UpdateAlias', { aliasName: 'alias/a' })).toBe('alias/a');
    expect(item('DeleteAlias', { aliasName: 'alias/a' })).toBe('alias/a');
    expect(item('DeleteAlias', {})).toBe('alias');
    expect(item('ReplicateKey', { replicaRegion: 'eu-central-1' })).toBe('replica eu-central-1');
    expect(item('ReplicateKey', {})).toBe('replica ?');
    expect(item('TagResource', { tags: [{ tagKey: 'b' }, { tagKey: 'a' }] })).toBe('tags a b');
    expect(item('UntagResource', { tagKeys: ['a', 'b'] })).toBe('tags a b');
  });

  test('nothing when nobody answers for the action, so that it closes nothing that somebody did', () => {
    expect(item('PutKeyPolicy', {}, KEYWARDEN)).toBeUndefined();
    expect(item('PutKeyPolicy', {}, SERVICE)).toBeUndefined();
  });
});
