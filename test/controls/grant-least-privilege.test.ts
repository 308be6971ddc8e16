import { describe, expect, test } from '@jest/globals';
import grantLeastPrivilege from '../../lib/controls/grant-least-privilege.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { unread } from '../../lib/facts/key-facts.ts';
import { factsOf } from '../facts/key.ts';
import { FOREIGN, GRANT_ID, grantOf, openGrantOf, roleIn } from '../iam/grant-fixtures.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES } from './control-case.ts';
import { listing, making, TRUSTING } from './grant-least-privilege.cases.ts';

const verify = (facts = listing(grantOf())) =>
  grantLeastPrivilege.verify({
    action: making(),
    facts,
    policy: TRUSTING,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  });

describe('the severity of a grant', () => {
  test.each([
    ['critical', 'reaches an untrusted account', grantOf({ granteePrincipal: roleIn(FOREIGN) })],
    ['critical', 'is for everybody', grantOf({ granteePrincipal: '*' })],
    ['high', 'may be passed on', grantOf({ operations: ['Decrypt', 'CreateGrant'] })],
    ['medium', 'is not constrained', openGrantOf()],
  ] as const)('is %s when it %s', (severity, _name, grant) => {
    expect(verify(listing(grant)).severity).toBe(severity);
  });

  test('is that of the control when nothing was found, or nothing could be looked at', () => {
    expect(verify()).not.toHaveProperty('severity');
    expect(verify({ ...factsOf(), grant: unread('it was refused') })).not.toHaveProperty('severity');
  });
});

describe('the sentence about a grant', () => {
  test('ends with one period, and calls a grant that no action names by no name', () => {
    expect(verify().reason).toMatch(/[a-z)]\.$/);
    const { reason } = grantLeastPrivilege.verify({
      facts: { ...factsOf(), grant: unread('it was refused') },
      policy: TRUSTING,
      now: NOW,
      ownRoles: OWN_ROLES,
      ownResources: OWN_RESOURCES,
    });
    expect(reason).toMatch(/: the grant cannot be judged because it was refused\.$/);
  });
});

describe('the finding of a grant', () => {
  const idOf = (action: KeyAction) => grantLeastPrivilege.item?.(action);

  test('is named by the id in the answer of the call that made it, or in the request of the one that ended it', () => {
    expect(idOf(making())).toBe(GRANT_ID);
    expect(idOf(actionOf('RevokeGrant', { request: { grantId: GRANT_ID } }))).toBe(GRANT_ID);
    expect(idOf(actionOf('RetireGrant', { request: { grantId: GRANT_ID } }))).toBe(GRANT_ID);
  });

  test('has no name of its own when the record tells none', () => {
    expect(idOf(making({ response: {}, request: { grantId: GRANT_ID } }))).toBeUndefined();
    expect(idOf(actionOf('RetireGrant', { request: {} }))).toBeUndefined();
    expect(idOf(actionOf('RevokeGrant', { request: { grantId: 7 } }))).toBeUndefined();
    expect(idOf(making({ response: { grantId: '' } }))).toBeUndefined();
  });
});
