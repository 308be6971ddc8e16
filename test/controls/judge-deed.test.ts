import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nameItem, nameSubject } from '../../lib/controls/judgement/judge-deed.ts';
import keyCreationAttributed from '../../lib/controls/key-creation-attributed.ts';
import { factsUnread } from '../../lib/facts/key-facts.ts';
import { KEY_ID } from '../facts/key.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';
import { DANA } from './people.ts';

describe('what an action is about', () => {
  test.each([
    [actionOf('PutKeyPolicy').subject, `Key ${KEY_ID}`],
    ['arn:aws:kms:eu-west-1:111122223333:custom-key-store/cks-1', 'Key store cks-1'],
    ['arn:aws:kms:eu-west-1:111122223333:alias/a/b', 'Key alias/a/b'],
    ['arn:aws:kms:eu-west-1:111122223333:unidentified', 'Key unidentified'],
  ])('%s is called as people call it', (subject, name) => {
    expect(nameSubject(actionOf('PutKeyPolicy', { subject }))).toBe(name);
  });
});

describe('the item of a finding', () => {
  test('is the text itself, when it fits', () => {
    expect(nameItem('tags', 'owner', 'a b')).toBe('tags owner a b');
  });

  test('of 300 characters is kept, and one more makes it a beginning and a digest of 300 together', () => {
    expect(nameItem('x'.repeat(300))).toBe('x'.repeat(300));
    expect(nameItem('x'.repeat(301))).toMatch(/^x{283}~[0-9a-f]{16}$/);
    expect(nameItem('a\u00e9b')).toMatch(/^a\?b~[0-9a-f]{16}$/);
  });

  test('tells two long texts apart that begin alike', () => {
    const long = 'x'.repeat(400);
    expect(nameItem(`${long}1`)).not.toBe(nameItem(`${long}2`));
    expect(nameItem(`${long}1`)).toBe(nameItem(`${long}1`));
  });

  test('is printable ASCII of at most 300 characters, whatever the record holds, and differs for different texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 900 }), fc.string({ unit: 'binary' }), (text, other) => {
        expect(nameItem(text)).toMatch(/^[\x20-\x7e]{0,300}$/);
        if (text !== other) expect(nameItem(text)).not.toBe(nameItem(other));
      }),
    );
  });
});

test('A creation whose record names no key is unknown, and says which event to look up', () => {
  const action = actionOf('CreateKey', {
    actor: DANA,
    subject: 'arn:aws:kms:eu-west-1:111122223333:unidentified',
    keys: [],
  });
  const evidence = { policy: POLICY, now: NOW, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES };
  expect(keyCreationAttributed.verify({ action, facts: factsUnread('it was not read'), ...evidence })).toEqual({
    verdict: 'unknown',
    reason: expect.stringContaining(`the record does not name it; look event ${action.eventId} up in CloudTrail.`),
  });
});
