import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FindingRef, readFindingRef, writeFindingRef } from '../../lib/ledger/finding-ref.ts';

const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';

describe('the name of a finding', () => {
  test.each<[string, FindingRef]>([
    [`rotation-enabled@${KEY}`, { subject: KEY, control: 'rotation-enabled' }],
    [
      `grant-least-privilege#${'a1'.repeat(32)}@${KEY}`,
      { subject: KEY, control: 'grant-least-privilege', item: 'a1'.repeat(32) },
    ],
    [
      'iam-policy-kms-least-privilege#p@x@arn:aws:iam::111122223333:user/jane@example.com',
      {
        subject: 'arn:aws:iam::111122223333:user/jane@example.com',
        control: 'iam-policy-kms-least-privilege',
        item: 'p@x',
      },
    ],
    ['key-available@alias/payments', { subject: 'alias/payments', control: 'key-available' }],
  ])('%s is read', (text, ref) => {
    expect(readFindingRef(text)).toEqual(ref);
  });

  test('names a key by its id, and anything else by its ARN', () => {
    const arn = `arn:aws:kms:eu-west-1:111122223333:key/${KEY}`;
    expect(writeFindingRef({ subject: arn, control: 'rotation-enabled' })).toBe(`rotation-enabled@${KEY}`);
    const trail = 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/main';
    expect(writeFindingRef({ subject: trail, control: 'audit-trail-intact' })).toBe(`audit-trail-intact@${trail}`);
  });

  test.each(['', '@', 'rotation-enabled', 'rotation-enabled@', `@${KEY}`, `x#@${KEY}`, `Not An Id@${KEY}`])(
    '%j is none',
    (text) => {
      expect(readFindingRef(text)).toBeUndefined();
    },
  );

  test('is read as it was written, whatever IAM allows in names', () => {
    const name = fc.stringMatching(/^[\w+=,.@-]{1,64}$/);
    fc.assert(
      fc.property(name, fc.option(name, { nil: undefined }), (user, item) => {
        const subject = `arn:aws:iam::111122223333:user/${user}`;
        const ref = { subject, control: 'iam-policy-kms-least-privilege', ...(item === undefined ? {} : { item }) };
        expect(readFindingRef(writeFindingRef(ref))).toEqual(ref);
      }),
    );
  });
});
