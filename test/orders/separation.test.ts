import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readArn, readCaller } from '../../lib/orders/read-caller.ts';
import { compareWith, complainOfSamePerson } from '../../lib/orders/separation.ts';

const session = (role: string, name: string) => `arn:aws:sts::111122223333:assumed-role/${role}/${name}`;
const CENTER = 'AWSReservedSSO_KeyAdmin_0123456789abcdef';
const caller = (arn: string) => readCaller({ arn, accountId: '111122223333' }).by;
const OLIVIA = caller(session('SecurityOfficer', 'olivia@example.com'));

describe('two are compared', () => {
  test.each([
    ['the same session', OLIVIA, { arn: session('SecurityOfficer', 'olivia@example.com') }, 'same'],
    ['one name in two roles', OLIVIA, { arn: session('KeyAdmin', 'olivia@example.com') }, 'same'],
    ['one name in two cases', OLIVIA, { arn: session('KeyAdmin', 'Olivia@Example.com') }, 'same'],
    [
      'a session and an IAM user of its name',
      OLIVIA,
      { arn: 'arn:aws:iam::111122223333:user/a/olivia@example.com' },
      'same',
    ],
    ['a session and a person of its name', OLIVIA, { person: 'OLIVIA@example.com' }, 'same'],
    [
      'a person behind a machine-made session',
      OLIVIA,
      { arn: session('App', 'i-1'), person: 'olivia@example.com' },
      'same',
    ],
    ['two names in one ordinary role', OLIVIA, { arn: session('SecurityOfficer', 'eve@example.com') }, 'maybe'],
    [
      'two names in roles of one name in two accounts',
      OLIVIA,
      { arn: 'arn:aws:sts::444455556666:assumed-role/SecurityOfficer/eve' },
      'other',
    ],
    [
      'two names in one role of Identity Center',
      caller(session(CENTER, 'olivia')),
      { arn: session(CENTER, 'eve') },
      'other',
    ],
    ['two names in two roles', OLIVIA, { arn: session('KeyAdmin', 'dana@example.com') }, 'other'],
    ['a session and the root user', OLIVIA, { arn: 'arn:aws:iam::111122223333:root' }, 'other'],
    ['a session and nobody that a record names', OLIVIA, {}, 'other'],
  ] as const)('%s', (_name, one, other, answer) => {
    expect(compareWith(one, other)).toBe(answer);
  });

  test('and nobody is somebody else than themselves, whatever their names are', () => {
    const name = fc.stringMatching(/^[\w+=,.@-]{2,64}$/);
    fc.assert(
      fc.property(name, name, name, (role, other, person) => {
        expect(compareWith(caller(session(role, person)), { arn: session(role, person) })).toBe('same');
        expect(compareWith(caller(session(role, person)), { arn: session(other, person.toUpperCase()) })).toBe('same');
      }),
    );
  });
});

describe('the complaint', () => {
  const concerned = [{ who: { arn: session('KeyAdmin', 'olivia@example.com') }, did: 'caused the finding' }];

  test('says who did what, by which rule, and who may instead', () => {
    const officers = ['arn:aws:iam::111122223333:role/SecurityOfficer'];
    const text = complainOfSamePerson(OLIVIA, concerned, officers) ?? '';
    expect(text).toContain('olivia@example.com');
    expect(text).toContain('caused the finding, and is the same person (approval.differentPerson)');
    expect(text).toContain('Somebody else of approval.officers may: arn:aws:iam::111122223333:role/SecurityOfficer.');
  });

  test('is not made of somebody else', () => {
    expect(complainOfSamePerson(caller(session('Officer', 'oscar')), concerned, [])).toBeUndefined();
  });
});

describe('a caller', () => {
  test.each([
    ['a session', session('Role', 'olivia'), { type: 'AssumedRole', person: 'olivia' }],
    ['an IAM user with a path', 'arn:aws:iam::111122223333:user/staff/olivia', { type: 'IAMUser', person: 'olivia' }],
    [
      'a federated user',
      'arn:aws:sts::111122223333:federated-user/olivia',
      { type: 'FederatedUser', person: 'olivia' },
    ],
    ['of another partition', 'arn:aws-us-gov:sts::111122223333:assumed-role/Role/olivia', { type: 'AssumedRole' }],
  ])('is named: %s', (_name, arn, actor) => {
    const who = readCaller({ arn, accountId: '111122223333' });
    expect(who.actor).toMatchObject({ ...actor, arn, bySelf: false });
    expect(who.by).toMatchObject({ arn, verified: true });
  });

  test('that is the root user has no name of a person', () => {
    const who = readCaller({ arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' });
    expect(who.actor).toMatchObject({ type: 'Root' });
    expect(who.actor).not.toHaveProperty('person');
    expect(who.by.name).toBe('the root user of account 111122223333');
  });

  test('whose ARN has a form that nobody knows is nobody else by accident', () => {
    expect(readArn('arn:aws:sts::111122223333:something-new/olivia')).toEqual({
      type: 'Unknown',
      name: 'arn:aws:sts::111122223333:something-new/olivia',
    });
  });
});
