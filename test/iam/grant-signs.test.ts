import { describe, expect, test } from '@jest/globals';
import { findDuplicateGrants, type Grant } from '../../lib/iam/grant.ts';
import { isShapedAsLambda, listBindings } from '../../lib/iam/grants/grant-bindings.ts';
import { readCaller } from '../../lib/iam/grants/grant-caller.ts';
import { ACCOUNT, byPerson, byService, grantOf, openGrantOf } from './grant-fixtures.ts';

const idOf = (digit: number): string => String(digit).repeat(64);
const duplicatesOf = (...grants: readonly Partial<Grant>[]) => [
  ...findDuplicateGrants(grants.map((one, at) => grantOf({ grantId: idOf(at + 1), ...one }))),
];

describe('of grants that give the same', () => {
  test('the oldest stays, wherever it stands in the list', () => {
    const [older, newer] = [{ createdAt: '2026-08-01T00:00:00Z' }, { createdAt: '2026-08-02T00:00:00Z' }];
    expect(duplicatesOf(older, newer)).toEqual([[idOf(2), idOf(1)]]);
    expect(duplicatesOf(newer, older)).toEqual([[idOf(1), idOf(2)]]);
  });

  test('the one with a date stays before one without, and the lower id among equals', () => {
    const { createdAt: _none, ...undated } = grantOf();
    const grants = [
      { ...undated, grantId: idOf(1) },
      { ...grantOf(), grantId: idOf(2) },
    ];
    expect([...findDuplicateGrants(grants)]).toEqual([[idOf(1), idOf(2)]]);
    expect([...findDuplicateGrants(grants.toReversed())]).toEqual([[idOf(1), idOf(2)]]);
    const equals = [5, 3, 4].map((digit) => grantOf({ grantId: idOf(digit) }));
    expect([...findDuplicateGrants(equals)]).toEqual([
      [idOf(5), idOf(3)],
      [idOf(4), idOf(3)],
    ]);
  });

  test('the order of the encryption context says nothing, and its kind does', () => {
    const context = { a: '1', b: '2', c: '3' };
    const reversed = Object.fromEntries(Object.entries(context).reverse());
    const subset = (pairs: Record<string, string>) => ({ constraints: { encryptionContextSubset: pairs } });
    expect(duplicatesOf(subset(context), subset(reversed))).toHaveLength(1);
    expect(duplicatesOf(subset(context), { constraints: { encryptionContextEquals: context } })).toEqual([]);
  });
});

describe('what ties a grant to a service', () => {
  const servicesOf = (grant: Partial<Grant>) => listBindings(openGrantOf(grant)).map(({ service }) => service);
  test.each<[string, Partial<Grant>, readonly string[]]>([
    ['nothing', {}, []],
    ['a key of the context', { constraints: { encryptionContextSubset: { 'AWS:EBS:id': 'vol-1' } } }, ['ebs']],
    ['not a key that only contains one', { constraints: { encryptionContextSubset: { 'my-aws:ebs:id': 'x' } } }, []],
    ['its source', { constraints: { sourceArn: `arn:aws:rds:us-west-2:${ACCOUNT}:db:x` } }, ['rds']],
    ['its source in another partition', { constraints: { sourceArn: 'arn:aws-us-gov:rds:x:1:db:x' } }, ['rds']],
    ['not a source that only contains an ARN', { constraints: { sourceArn: 'x arn:aws:rds:x:1:db:x' } }, []],
    ['who may retire it', { retiringPrincipal: 'ec2.us-west-2.amazonaws.com' }, ['ebs']],
  ])('is %s', (_what, grant, services) => {
    expect(servicesOf(grant)).toEqual(services);
  });

  const shaped = (partition: string, change = (text: string) => text) => {
    const session = change(`arn:${partition}:sts::${ACCOUNT}:assumed-role/orders-role/orders`);
    const of = change(`arn:${partition}:lambda:us-west-2:${ACCOUNT}:function:orders`);
    const constraints = { encryptionContextSubset: { 'aws:lambda:FunctionArn': of } };
    return isShapedAsLambda(openGrantOf({ granteePrincipal: session, retiringPrincipal: session, constraints }));
  };
  test('is the shape of a grant of Lambda, in every partition, and not with text before the ARNs', () => {
    expect(['aws', 'aws-cn', 'aws-us-gov'].map((partition) => shaped(partition))).toEqual([true, true, true]);
    expect(shaped('aws', (text) => `x ${text}`)).toBe(false);
    expect(isShapedAsLambda(openGrantOf())).toBe(false);
  });

  test.each(['granteePrincipal', 'FunctionArn'])('is not that shape when only %s is no ARN', (field) => {
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/orders-role/orders`;
    const name = field === 'granteePrincipal' ? `x ${session}` : session;
    const of = `${field === 'FunctionArn' ? 'x ' : ''}arn:aws:lambda:us-west-2:${ACCOUNT}:function:orders`;
    const constraints = { encryptionContextSubset: { 'aws:lambda:FunctionArn': of } };
    expect(isShapedAsLambda(openGrantOf({ granteePrincipal: name, retiringPrincipal: name, constraints }))).toBe(false);
  });
});

describe('who made the call', () => {
  const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`;
  const { sourceIp: _ip, ...hidden } = byPerson();
  const { actorArn: _arn, ...unnamed } = byPerson();
  const { accountId: _account, ...nameless } = unnamed;
  test.each([
    [undefined, { kind: 'unknown', says: 'The call that made the grant is not known.' }],
    [
      { actorType: 'AWSService', invokedBy: 'fargate.amazonaws.com' },
      {
        kind: 'service',
        service: 'fargate',
        says: 'An AWS service made the call under its own name (userIdentity.type AWSService).',
      },
    ],
    [
      { actorType: 'AWSService' },
      { kind: 'service', says: 'An AWS service made the call under its own name (userIdentity.type AWSService).' },
    ],
    [
      byService('dynamodb.amazonaws.com'),
      { kind: 'service', service: 'dynamodb', says: 'The record says invokedBy dynamodb.amazonaws.com.' },
    ],
    [
      byPerson({ sourceIp: 'dynamodb.amazonaws.com' }),
      { kind: 'service', service: 'dynamodb', says: 'The record says sourceIPAddress dynamodb.amazonaws.com.' },
    ],
    [byPerson({ sourceIp: 'AWS Internal' }), { kind: 'masked', says: 'The record says sourceIPAddress AWS Internal.' }],
    [byService('AWS Internal'), { kind: 'service', says: 'The record says invokedBy AWS Internal.' }],
    [hidden, { kind: 'unknown', says: `The record does not tell whether a service called for ${ARN}.` }],
    [
      byPerson(),
      { kind: 'person', says: `${ARN} made the call from 192.0.2.10, and no service is named in the record.` },
    ],
    [
      unnamed,
      { kind: 'person', says: `${ACCOUNT} made the call from 192.0.2.10, and no service is named in the record.` },
    ],
    [
      nameless,
      { kind: 'person', says: 'AssumedRole made the call from 192.0.2.10, and no service is named in the record.' },
    ],
  ])('%j: %j', (evidence, caller) => {
    expect(readCaller(evidence)).toEqual(caller);
  });
});
