import { describe, expect, test } from '@jest/globals';
import type { Actor } from '../../lib/event/key-action.ts';
import { isNamed, isSameActor, mayBeSameActor, nameActor } from '../../lib/facts/actor.ts';

const actor = (fields: Partial<Actor> = {}): Actor => ({ type: 'AssumedRole', bySelf: false, ...fields });
const ROLE = 'arn:aws:iam::111122223333:role/KeyAdmin';
const dana = actor({
  arn: 'arn:aws:sts::111122223333:assumed-role/KeyAdmin/dana@example.com',
  sessionIssuer: ROLE,
  person: 'dana@example.com',
});

describe('whether the policy file names an actor', () => {
  test.each<[string, Actor, readonly string[], boolean]>([
    ['by the role of the session', dana, [ROLE], true],
    ['by the session', dana, ['arn:aws:sts::111122223333:assumed-role/KeyAdmin/*'], true],
    ['by a user', actor({ arn: 'arn:aws:iam::111122223333:user/dana' }), ['arn:aws:iam::111122223333:user/*'], true],
    ['not by another role', dana, ['arn:aws:iam::111122223333:role/Other'], false],
    ['not by the name that a person chose', actor({ person: ROLE }), [ROLE], false],
    ['not when nobody is named', dana, [], false],
    ['not when the record names nobody', actor(), [ROLE], false],
  ])('%s', (_name, who, patterns, expected) => {
    expect(isNamed(who, patterns)).toBe(expected);
  });
});

describe('whether two actions were done by the same somebody', () => {
  const olivia = actor({
    arn: 'arn:aws:sts::111122223333:assumed-role/Officer/o',
    sessionIssuer: 'x',
    person: 'olivia',
  });
  test.each<[string, Actor, Actor, boolean]>([
    ['the same session', dana, dana, true],
    ['the same person in another role', dana, { ...olivia, person: 'dana@example.com' }, true],
    ['the same person, written otherwise', dana, { ...olivia, person: 'Dana@Example.com' }, true],
    ['another person in another role', dana, olivia, false],
    ['another person in the same role', dana, { ...olivia, sessionIssuer: ROLE }, false],
    [
      'two nameless sessions of one role',
      actor({ arn: 'a', sessionIssuer: ROLE }),
      actor({ arn: 'b', sessionIssuer: ROLE }),
      true,
    ],
    ['two users', actor({ arn: 'a' }), actor({ arn: 'b' }), false],
    ['two that no record names', actor(), actor(), false],
  ])('%s', (_name, one, other, expected) => {
    expect(isSameActor(one, other)).toBe(expected);
    expect(isSameActor(other, one)).toBe(expected);
  });
});

describe('whether two names in one role may be one person', () => {
  const session = (name: string, role = ROLE, person = name) =>
    actor({ arn: `arn:aws:sts::111122223333:assumed-role/X/${name}`, sessionIssuer: role, person });
  const CENTER =
    'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_KeyAdmin_0123456789abcdef';
  test.each<[string, Actor, Actor, boolean]>([
    ['yes, when whoever opened the session chose the name', session('a@example.com'), session('b@example.com'), true],
    ['not in two roles', session('a@example.com'), session('b@example.com', `${ROLE}2`), false],
    ['not by Identity Center', session('a@example.com', CENTER), session('b@example.com', CENTER), false],
    ['not by source identity', session('1', ROLE, 'a@example.com'), session('2', ROLE, 'b@example.com'), false],
    ['yes, when one name is chosen', session('1', ROLE, 'a@example.com'), session('b@example.com'), true],
    ['not for two users', actor({ arn: 'x:user/a', person: 'a' }), actor({ arn: 'x:user/b', person: 'b' }), false],
  ])('%s', (_name, one, other, expected) => {
    expect(mayBeSameActor(one, other)).toBe(expected);
    expect(mayBeSameActor(other, one)).toBe(expected);
  });
});

describe('how sentences call an actor', () => {
  test.each<[string, Actor, string]>([
    ['a person in a role', dana, `dana@example.com as ${ROLE}`],
    ['a user', actor({ arn: 'arn:aws:iam::111122223333:user/dana' }), 'arn:aws:iam::111122223333:user/dana'],
    ['a service', actor({ type: 'AWSService', invokedBy: 'ec2.amazonaws.com' }), 'ec2.amazonaws.com'],
    ['nobody', actor({ type: 'Unknown' }), 'Unknown'],
    ['what would forge a line', actor({ arn: 'a\nb' }), 'a b'],
  ])('%s', (_name, who, expected) => {
    expect(nameActor(who)).toBe(expected);
  });
});
