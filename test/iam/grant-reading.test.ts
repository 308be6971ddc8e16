import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readGrantRecord, readListedGrant, recogniseServiceGrant, UnreadableGrantError } from '../../lib/iam/grant.ts';
import { ACCOUNT, FOREIGN, GRANT_ID, KEY_ARN, roleIn } from './grant-fixtures.ts';

const ENTRY = {
  KeyId: KEY_ARN,
  GrantId: GRANT_ID,
  Name: 'app-2026',
  CreationDate: new Date('2026-08-01T12:00:00Z'),
  GranteePrincipal: roleIn(ACCOUNT),
  RetiringPrincipal: roleIn(ACCOUNT, 'ops'),
  IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
  Operations: ['Decrypt', 'DescribeKey'],
  Constraints: { EncryptionContextSubset: { department: 'billing' } },
};

const GRANT = {
  grantId: GRANT_ID,
  keyArn: KEY_ARN,
  name: 'app-2026',
  createdAt: '2026-08-01T12:00:00.000Z',
  granteePrincipal: roleIn(ACCOUNT),
  retiringPrincipal: roleIn(ACCOUNT, 'ops'),
  issuingAccount: ACCOUNT,
  operations: ['Decrypt', 'DescribeKey'],
  constraints: { encryptionContextSubset: { department: 'billing' } },
};

/** What reading throws, with the type and the place of it. */
function errorOf(read: () => unknown): UnreadableGrantError {
  try {
    read();
  } catch (error) {
    if (error instanceof UnreadableGrantError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('an entry of ListGrants', () => {
  test('is read as the SDK gives it', () => {
    expect(readListedGrant(ENTRY)).toEqual(GRANT);
  });

  test.each([
    ['text with an offset', '2026-08-01T14:00:00+02:00'],
    ['seconds since 1970', Date.UTC(2026, 7, 1, 12) / 1000],
  ])('is read as the command line prints it, with the date as %s', (_how, date) => {
    expect(readListedGrant(JSON.parse(JSON.stringify({ ...ENTRY, CreationDate: date })))).toEqual(GRANT);
  });

  test('is read with services, all constraints, and the account as 12 digits', () => {
    const entry = {
      KeyId: KEY_ARN,
      GrantId: GRANT_ID,
      Operations: ['Decrypt'],
      IssuingAccount: ACCOUNT,
      GranteeServicePrincipal: 'dynamodb.amazonaws.com',
      RetiringServicePrincipal: 'dynamodb.amazonaws.com',
      Constraints: {
        EncryptionContextEquals: { a: 'b' },
        SourceArn: 'arn:aws:dynamodb:us-west-2:111122223333:table/t',
      },
    };
    expect(readListedGrant(entry)).toEqual({
      grantId: GRANT_ID,
      keyArn: KEY_ARN,
      operations: ['Decrypt'],
      issuingAccount: ACCOUNT,
      granteeServicePrincipal: 'dynamodb.amazonaws.com',
      retiringServicePrincipal: 'dynamodb.amazonaws.com',
      constraints: {
        encryptionContextEquals: { a: 'b' },
        sourceArn: 'arn:aws:dynamodb:us-west-2:111122223333:table/t',
      },
    });
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty context', { EncryptionContextSubset: {}, EncryptionContextEquals: null, SourceArn: '' }],
  ])('has no constraints when they are %s', (_what, Constraints) => {
    expect(readListedGrant({ ...ENTRY, Constraints })).not.toHaveProperty('constraints');
  });

  test('takes the ARN of the listed key when it gives the bare id or none', () => {
    const { KeyId: _none, ...withoutKey } = ENTRY;
    expect(readListedGrant(withoutKey, KEY_ARN).keyArn).toBe(KEY_ARN);
    expect(readListedGrant({ ...ENTRY, KeyId: KEY_ARN.split('/')[1] }, KEY_ARN).keyArn).toBe(KEY_ARN);
  });

  test.each([
    ['not an object', [], 'the entry', 'a'],
    ['without an id', { ...ENTRY, GrantId: '' }, 'the entry.GrantId', 'the id of the grant'],
    ['on the bare id of another key', { ...ENTRY, KeyId: 'another' }, 'the entry.KeyId', KEY_ARN],
    ['with operations as text', { ...ENTRY, Operations: 'Decrypt' }, 'the entry.Operations', '["Decrypt"]'],
    ['with an operation that is no text', { ...ENTRY, Operations: [1] }, 'the entry.Operations', 'a list'],
    ['with a grantee that is no text', { ...ENTRY, GranteePrincipal: ['x'] }, 'the entry.GranteePrincipal', 'text'],
    ['with constraints that are no object', { ...ENTRY, Constraints: 'a=b' }, 'the entry.Constraints', 'an object'],
    [
      'with a context whose value is no text',
      { ...ENTRY, Constraints: { EncryptionContextSubset: { a: 1 } } },
      'the entry.Constraints.EncryptionContextSubset',
      'pairs of texts',
    ],
    ['with a date that is none', { ...ENTRY, CreationDate: 'yesterday' }, 'the entry.CreationDate', 'a date'],
    ['with a date that is an object', { ...ENTRY, CreationDate: { toString: {} } }, 'the entry.CreationDate', 'a date'],
  ])('is refused %s, and the error says where and what to do', (_how, entry, field, expected) => {
    const error = errorOf(() => readListedGrant(entry, KEY_ARN));
    expect(error.field).toBe(field);
    expect(error.message).toContain(`${field} is `);
    expect(error.expected).toContain(expected);
  });
});

const RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
    accountId: ACCOUNT,
    invokedBy: 'ec2-frontend-api.amazonaws.com',
    sessionContext: { sessionIssuer: { type: 'Role', arn: roleIn(ACCOUNT, 'ops') } },
  },
  eventTime: '2026-08-01T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'CreateGrant',
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  requestParameters: {
    keyId: KEY_ARN.split('/')[1],
    granteePrincipal: roleIn(ACCOUNT),
    retiringPrincipal: roleIn(ACCOUNT, 'ops'),
    operations: ['Decrypt', 'DescribeKey'],
    constraints: { encryptionContextSubset: { department: 'billing' } },
    name: 'app-2026',
  },
  responseElements: { grantId: GRANT_ID, keyId: KEY_ARN },
  resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY_ARN }],
};

describe('the record of a CreateGrant call', () => {
  test('is read as the grant that ListGrants shows, and as what tells who made it', () => {
    expect(readGrantRecord(RECORD)).toEqual({
      grant: { ...GRANT, createdAt: '2026-08-01T12:00:00Z' },
      evidence: {
        actorType: 'AssumedRole',
        actorArn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
        accountId: ACCOUNT,
        invokedBy: 'ec2-frontend-api.amazonaws.com',
        sourceIp: '192.0.2.10',
        userAgent: 'aws-cli/2.31.0',
        sessionIssuer: roleIn(ACCOUNT, 'ops'),
      },
    });
  });

  test.each([
    ['resources, as before December 2022', { responseElements: { grantId: GRANT_ID } }],
    ['the response', { resources: undefined }],
    ['the request', { resources: [], responseElements: { grantId: GRANT_ID }, requestParameters: { keyId: KEY_ARN } }],
  ])('finds the key in %s', (_where, overrides) => {
    expect(readGrantRecord({ ...RECORD, ...overrides }).grant.keyArn).toBe(KEY_ARN);
  });

  test('is read without identity, session, operations and constraints, as old and odd records have it', () => {
    const { grant, evidence } = readGrantRecord({
      ...RECORD,
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal', sessionContext: { sessionIssuer: {} } },
      requestParameters: {
        keyId: KEY_ARN,
        granteePrincipal: 'mq.amazonaws.com',
        constraints: { encryptionContextSubset: {} },
      },
    });
    expect(grant).toMatchObject({ operations: [], granteePrincipal: 'mq.amazonaws.com' });
    expect(grant).not.toHaveProperty('constraints');
    expect(evidence).toMatchObject({ actorType: 'Unknown', invokedBy: 'AWS Internal' });
    expect(recogniseServiceGrant(grant, evidence).kind).toBe('service');
  });

  test.each([
    ['of another call', { eventName: 'RevokeGrant' }, 'eventName'],
    ['of another service', { eventSource: 'ec2.amazonaws.com' }, 'eventSource'],
    ['of a call that was denied', { errorCode: 'AccessDenied', requestParameters: null }, 'errorCode'],
    ['of a dry run', { errorCode: 'DryRunOperationException' }, 'errorCode'],
    ['without the request', { requestParameters: null }, 'requestParameters'],
    ['without the answer', { responseElements: null }, 'responseElements'],
    ['without the id of the grant', { responseElements: { keyId: KEY_ARN } }, 'responseElements.grantId'],
    [
      'without the ARN of the key',
      { resources: [], responseElements: { grantId: GRANT_ID } },
      'requestParameters.keyId',
    ],
    ['with resources that are no objects', { resources: ['x'] }, 'resources'],
  ])('is refused when it is %s', (_what, overrides, field) => {
    expect(errorOf(() => readGrantRecord({ ...RECORD, ...overrides })).field).toBe(field);
  });

  test.each<[string, string, string, string]>([
    ['a service-linked role attaches a volume', 'autoscaling.amazonaws.com', 'service', ACCOUNT],
    ['another account grants to its own role', '', 'person', FOREIGN],
    ['a person grants to a role of the account', '', 'person', ACCOUNT],
  ])('of real shape is recognised: %s', (_what, invokedBy, kind, accountId) => {
    const records = samples().filter((record) => record.eventName === 'CreateGrant' && record.errorCode === undefined);
    const found = records.find(
      ({ userIdentity }) => (userIdentity.invokedBy ?? '') === invokedBy && userIdentity.accountId === accountId,
    );
    const { grant, evidence } = readGrantRecord(found);
    expect(recogniseServiceGrant(grant, evidence).kind).toBe(kind);
  });

  test('never throws anything but its own error, whatever it is given', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.jsonValue().map((requestParameters) => ({ ...RECORD, requestParameters })),
      fc.jsonValue().map((value) => ({ ...RECORD, eventName: value, eventSource: value })),
      fc.constant({ ...RECORD, eventName: { toString: {} } }),
      fc.jsonValue().map((userIdentity) => ({ ...RECORD, userIdentity })),
      fc.jsonValue().map((Constraints) => ({ ...ENTRY, Constraints })),
      fc.jsonValue().map((CreationDate) => ({ ...ENTRY, CreationDate })),
    );
    fc.assert(
      fc.property(anything, (value) => {
        for (const read of [readListedGrant, readGrantRecord]) {
          try {
            expect(read(value)).toBeDefined();
          } catch (error) {
            expect(error).toBeInstanceOf(UnreadableGrantError);
          }
        }
      }),
    );
  });
});

interface Sample {
  readonly eventName: string;
  readonly errorCode?: string;
  readonly userIdentity: { readonly invokedBy?: string; readonly accountId?: string };
}

/** Records as AWS writes them, with the names and numbers of the documentation. */
function samples(): Sample[] {
  const file = new URL('../event/cloudtrail-samples.json', import.meta.url);
  const entries: { record: Sample }[] = JSON.parse(readFileSync(file, 'utf8'));
  return entries.map(({ record }) => record);
}
