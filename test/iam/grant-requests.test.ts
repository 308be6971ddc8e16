import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  findDuplicateGrants,
  type Grant,
  readListedGrant,
  restoreRequest,
  revokeRequest,
} from '../../lib/iam/grant.ts';
import { ACCOUNT, FOREIGN, GRANT_ID, grantOf, KEY_ARN, openGrantOf, roleIn } from './grant-fixtures.ts';

describe('the request that revokes a grant', () => {
  test('names the key by its ARN, because the grant may be in another account, and the grant by its id', () => {
    expect(revokeRequest(grantOf())).toEqual({ KeyId: KEY_ARN, GrantId: GRANT_ID });
  });
});

describe('the request that restores a grant', () => {
  test('has every field of a person’s grant', () => {
    const grant = grantOf({
      retiringPrincipal: roleIn(ACCOUNT, 'ops'),
      operations: ['Decrypt', 'DescribeKey'],
      constraints: { encryptionContextEquals: { a: 'b' }, sourceArn: 'arn:aws:s3:::invoices' },
      name: 'app-2026',
    });
    expect(restoreRequest(grant).request).toEqual({
      KeyId: KEY_ARN,
      GranteePrincipal: roleIn(ACCOUNT),
      RetiringPrincipal: roleIn(ACCOUNT, 'ops'),
      Operations: ['Decrypt', 'DescribeKey'],
      Constraints: { EncryptionContextEquals: { a: 'b' }, SourceArn: 'arn:aws:s3:::invoices' },
      Name: 'app-2026',
    });
  });

  test('has every field of a grant to a service', () => {
    const { granteePrincipal: _none, ...bare } = openGrantOf();
    const sourceArn = `arn:aws:dynamodb:us-west-2:${ACCOUNT}:table/orders`;
    const service = {
      granteeServicePrincipal: 'dynamodb.amazonaws.com',
      retiringServicePrincipal: 'dynamodb.amazonaws.com',
    };
    expect(restoreRequest({ ...bare, ...service, constraints: { sourceArn } }).request).toEqual({
      KeyId: KEY_ARN,
      GranteeServicePrincipal: 'dynamodb.amazonaws.com',
      RetiringServicePrincipal: 'dynamodb.amazonaws.com',
      Operations: ['Decrypt'],
      Constraints: { SourceArn: sourceArn },
    });
  });

  test('has no fields for what the grant does not have', () => {
    expect(restoreRequest(openGrantOf()).request).toEqual({
      KeyId: KEY_ARN,
      GranteePrincipal: roleIn(ACCOUNT),
      Operations: ['Decrypt'],
    });
  });

  test('gives a grant that ListGrants would show as equal, but for its id, date and issuer', () => {
    const text = fc.string({ minLength: 1 });
    const pairs = fc.dictionary(text, fc.string(), { minKeys: 1, maxKeys: 8, noNullPrototype: true });
    const constraints = fc
      .record({ encryptionContextSubset: pairs, encryptionContextEquals: pairs, sourceArn: text }, { requiredKeys: [] })
      .filter((some) => Object.keys(some).length > 0);
    const grants = fc
      .record(
        {
          granteePrincipal: fc.constantFrom(roleIn(ACCOUNT), roleIn(FOREIGN)),
          operations: fc.subarray(['Decrypt', 'Encrypt', 'DescribeKey'], { minLength: 1 }),
          retiringPrincipal: text,
          constraints,
          name: text,
        },
        { requiredKeys: ['granteePrincipal', 'operations'] },
      )
      .map((fields): Grant => ({ grantId: GRANT_ID, keyArn: KEY_ARN, ...fields }));
    fc.assert(
      fc.property(grants, (grant) => {
        // ListGrants names the fields as CreateGrant does.
        expect(readListedGrant({ ...restoreRequest(grant).request, GrantId: GRANT_ID })).toEqual(grant);
      }),
    );
  });

  test('says what no request can bring back', () => {
    const { lost } = restoreRequest(grantOf());
    expect(lost).toEqual([
      expect.stringContaining(`new id instead of ${GRANT_ID}`),
      expect.stringContaining('Grant tokens'),
      expect.stringContaining('not at 2026-08-01T12:00:00Z'),
      expect.stringContaining(`issued by ${ACCOUNT}`),
    ]);
  });

  test.each([
    ['its operations are not known', grantOf({ operations: [] }), 'operations'],
    ['its grantee is not known', grantOf({ granteePrincipal: '' }), 'grantee'],
    ['its grantee is gone', grantOf({ granteePrincipal: 'AROAEXAMPLEEXAMPLE001:orders' }), 'no longer exists'],
  ])('is missing, with the reason first, when %s', (_when, grant, says) => {
    const { granteePrincipal, ...rest } = grant;
    const restoration = restoreRequest(granteePrincipal === '' ? rest : grant);
    expect(restoration).not.toHaveProperty('request');
    expect(restoration.lost[0]).toContain('cannot be restored');
    expect(restoration.lost[0]).toContain(says);
  });
});

describe('the search for duplicate grants', () => {
  const numbered = (number: number, overrides: Partial<Grant> = {}) =>
    grantOf({ grantId: String(number).padStart(64, '0'), ...overrides });
  const idOf = (number: number) => numbered(number).grantId;

  test('keeps the oldest of equal grants, in whatever order they come', () => {
    const grants = [
      numbered(1, { createdAt: '2026-08-02T00:00:00Z' }),
      numbered(2, { createdAt: '2026-08-01T00:00:00Z', operations: ['DescribeKey', 'Decrypt'] }),
      numbered(3, { createdAt: '2026-08-03T00:00:00Z' }),
      numbered(4, { createdAt: '2026-07-01T00:00:00Z' }),
      numbered(5, { createdAt: '2026-08-04T00:00:00Z', operations: ['Decrypt', 'DescribeKey', 'Decrypt'] }),
    ];
    const expected = [
      [idOf(1), idOf(4)],
      [idOf(3), idOf(4)],
      [idOf(5), idOf(2)],
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(grants, { minLength: 5 }), (shuffled) => {
        expect([...findDuplicateGrants(shuffled)].sort()).toEqual(expected);
      }),
    );
  });

  test('orders grants of one moment, or without a date, by their ids', () => {
    const { createdAt: _never, ...undated } = numbered(3);
    expect([...findDuplicateGrants([numbered(2), undated, numbered(1)])]).toEqual([
      [idOf(2), idOf(1)],
      [idOf(3), idOf(1)],
    ]);
  });

  test('takes one grant that is listed twice for one grant', () => {
    expect(findDuplicateGrants([numbered(1), numbered(1)]).size).toBe(0);
  });

  test.each<[string, Partial<Grant>]>([
    ['the key', { keyArn: KEY_ARN.replace('1234abcd', '00000000') }],
    ['the grantee', { granteePrincipal: roleIn(ACCOUNT, 'other') }],
    ['the operations', { operations: ['Encrypt'] }],
    ['the context', { constraints: { encryptionContextSubset: { department: 'sales' } } }],
    ['the kind of constraint', { constraints: { encryptionContextEquals: { department: 'billing' } } }],
    [
      'the source',
      { constraints: { encryptionContextSubset: { department: 'billing' }, sourceArn: 'arn:aws:s3:::x' } },
    ],
    ['the retiring principal', { retiringPrincipal: roleIn(ACCOUNT) }],
    ['the name', { name: 'other' }],
  ])('takes grants that differ in %s for different ones', (_what, overrides) => {
    expect(findDuplicateGrants([numbered(1), numbered(2, overrides)]).size).toBe(0);
  });

  test('never lets all of some equal grants go', () => {
    const grants = fc.array(
      fc
        .tuple(fc.nat(20), fc.nat(2), fc.nat(3))
        .map(([id, name, day]) => numbered(id, { name: String(name), createdAt: `2026-08-0${day + 1}T00:00:00Z` })),
    );
    fc.assert(
      fc.property(grants, (list) => {
        const duplicates = findDuplicateGrants(list);
        for (const stays of duplicates.values()) expect(list.some(({ grantId }) => grantId === stays)).toBe(true);
        const names = new Set(list.map(({ name }) => name));
        // An id belongs to one grant, so that ids that come twice with different contents are left out here.
        fc.pre(new Set(list.map(({ grantId }) => grantId)).size === list.length);
        const left = list.filter(({ grantId }) => !duplicates.has(grantId));
        expect(left.map(({ name }) => name).sort()).toEqual([...names].sort());
      }),
    );
  });

  test('takes as many grants as a key can have', () => {
    const grants = Array.from({ length: 50_000 }, (_none, index) => numbered(index, { name: String(index % 25_000) }));
    expect(findDuplicateGrants(grants).size).toBe(25_000);
  });
});
