import { describe, expect, test } from '@jest/globals';
import { type Grant, type GrantEvidence, judgeGrant, recogniseServiceGrant } from '../../lib/iam/grant.ts';
import {
  ACCOUNT,
  byPerson,
  byService,
  contextOf,
  FOREIGN,
  grantOf,
  openGrantOf,
  PARTNER,
  roleIn,
} from './grant-fixtures.ts';

const DYNAMODB = 'dynamodb.us-west-2.amazonaws.com';
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/orders-role/orders`;
const functionOf = (account: string) => ({
  encryptionContextEquals: { 'aws:lambda:FunctionArn': `arn:aws:lambda:us-west-2:${account}:function:orders` },
});
const kindOf = (grant: Partial<Grant>, evidence?: GrantEvidence) =>
  recogniseServiceGrant(openGrantOf(grant), evidence).kind;

describe('a service’s name in ListGrants is believed when something ties the grant to the same service', () => {
  test.each<[string, Partial<Grant>]>([
    [
      'a key of its encryption context',
      { constraints: { encryptionContextEquals: { 'aws:dynamodb:tableName': 't' } } },
    ],
    ['the retiring principal', { retiringPrincipal: 'dynamodb.amazonaws.com' }],
    ['the retiring service', { retiringServicePrincipal: 'dynamodb.amazonaws.com' }],
    ['the source', { constraints: { sourceArn: `arn:aws:dynamodb:us-west-2:${ACCOUNT}:table/t` } }],
  ])('by %s', (_what, binding) => {
    expect(kindOf({ granteePrincipal: DYNAMODB, ...binding })).toBe('service');
    expect(kindOf({ granteePrincipal: 'rds.amazonaws.com', ...binding })).toBe('undecidable');
  });

  test('also when it goes by two names', () => {
    const volume = { constraints: { encryptionContextSubset: { 'aws:ebs:id': 'vol-1' } } };
    expect(kindOf({ granteePrincipal: 'ec2.us-west-2.amazonaws.com', ...volume })).toBe('service');
  });

  test('but an ordinary role with such a sign is neither a service nor a person for certain', () => {
    expect(kindOf({ retiringServicePrincipal: 'dynamodb.amazonaws.com' })).toBe('undecidable');
  });
});

describe('Lambda’s grants in ListGrants', () => {
  const lambda = { granteePrincipal: SESSION, retiringPrincipal: SESSION };
  test('are known by the function’s session, twice, and a function of the same account', () => {
    expect(kindOf({ ...lambda, constraints: functionOf(ACCOUNT) })).toBe('service');
  });

  test.each<[string, Partial<Grant>]>([
    ['the function is of another account', { ...lambda, constraints: functionOf(FOREIGN) }],
    [
      'somebody else may retire it',
      { granteePrincipal: SESSION, retiringPrincipal: roleIn(ACCOUNT), constraints: functionOf(ACCOUNT) },
    ],
    ['nobody may retire it', { granteePrincipal: SESSION, constraints: functionOf(ACCOUNT) }],
  ])('are not known for certain when %s', (_when, grant) => {
    expect(kindOf(grant)).toBe('undecidable');
  });
});

describe('a record that does not tell who called', () => {
  const session = { granteePrincipal: SESSION };
  const { sourceIp: _none, ...withoutAddress } = byPerson();
  test.each([
    ['because it has no source address', withoutAddress],
    ['because it is the copy of another account', byPerson({ actorType: 'AWSAccount' })],
    ['because it has no identity', byPerson({ actorType: 'Unknown' })],
  ])('leaves a role session undecided: %s', (_why, evidence) => {
    expect(kindOf(session, evidence)).toBe('undecidable');
    expect(kindOf(session, byPerson())).toBe('person');
  });
});

test.each([
  ['i-', 'no id of an instance'],
  ['i-0123456789abcdef0/x', 'more than an id'],
  ['dana', 'no instance'],
])('the session name %s of aws:ec2-infrastructure is %s and no sign of EC2', (name) => {
  expect(kindOf({ granteePrincipal: `arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-infrastructure/${name}` })).toBe(
    'undecidable',
  );
});

test('the service behind a grant is named when it is known', () => {
  expect(recogniseServiceGrant(openGrantOf(), byService('lambda.amazonaws.com'))).toMatchObject({ service: 'lambda' });
  expect(
    recogniseServiceGrant(openGrantOf({ granteePrincipal: DYNAMODB }), byService('dynamodb.amazonaws.com')),
  ).toEqual({
    kind: 'service',
    service: 'dynamodb',
    signs: [
      'The record says invokedBy dynamodb.amazonaws.com.',
      `The grantee is written as the name of a service, ${DYNAMODB}.`,
    ],
  });
  expect(recogniseServiceGrant(grantOf(), byPerson())).not.toHaveProperty('service');
});

describe('the sentence of a finding says what is so', () => {
  test.each<[Partial<Grant>, string]>([
    [{ granteePrincipal: '*' }, 'lets everybody (*) use the key'],
    [{ granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/*` }, 'names its grantee with a wildcard'],
    [{ granteePrincipal: ACCOUNT }, `lets all of account ${ACCOUNT} use the key`],
    [{ granteePrincipal: roleIn(FOREIGN) }, `of account ${FOREIGN} use the key, and that account is not trusted`],
    [{ operations: ['CreateGrant'] }, 'pass the key on to others (CreateGrant)'],
    [
      { granteePrincipal: roleIn(ACCOUNT, 'reader-1'), operations: ['Encrypt'] },
      'more than its profile allows: Encrypt',
    ],
    [{ createdAt: '2026-01-01T00:00:00Z' }, 'is 214 days old, and grants may be no older than 90 days'],
  ])('%j', (overrides, says) => {
    expect(judgeGrant(grantOf(overrides), contextOf({ evidence: byPerson() })).reason).toContain(says);
  });
});

test.each([
  'Encrypt',
  'ReEncryptTo',
  'ReEncryptFrom',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
])('%s needs a constraint, and the finding names it as the excess', (operation) => {
  const { findings } = judgeGrant(openGrantOf({ operations: ['DescribeKey', operation] }), contextOf());
  expect(findings).toMatchObject([{ rule: 'G4', excess: [operation], principal: roleIn(ACCOUNT) }]);
});

test('a service that got the grant outright reaches anybody when its SourceArn has a wildcard for the account', () => {
  const { granteePrincipal: _none, ...bare } = openGrantOf();
  const grant = { ...bare, granteeServicePrincipal: 'dynamodb.amazonaws.com' };
  const judge = (sourceArn: string) => judgeGrant({ ...grant, constraints: { sourceArn } }, contextOf());
  expect(judge('arn:aws:dynamodb:us-west-2:*:table/t')).toMatchObject({ verdict: 'violation', severity: 'critical' });
  expect(judge('arn:aws:dynamodb:us-west-2:1111????3333:table/t')).toMatchObject({ verdict: 'violation' });
  expect(judge(`arn:aws:dynamodb:us-west-2:${PARTNER}:table/t`)).toMatchObject({ verdict: 'compliant' });
  // The ARN of a bucket names no account.
  expect(judge('arn:aws:s3:::invoices')).toMatchObject({ verdict: 'compliant' });
});

test('a list of trusted principals alone is enough to call another account untrusted', () => {
  const trust = { ...contextOf().trust, trustedAccounts: [], trustedPrincipals: [roleIn(PARTNER, '*')] };
  const judge = (account: string) => judgeGrant(grantOf({ granteePrincipal: roleIn(account) }), contextOf({ trust }));
  expect(judge(FOREIGN)).toMatchObject({ verdict: 'violation', needs: [] });
  expect(judge(PARTNER)).toMatchObject({ verdict: 'compliant' });
});
