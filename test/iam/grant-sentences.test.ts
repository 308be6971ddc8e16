import { describe, expect, test } from '@jest/globals';
import { type Grant, type GrantContext, judgeGrant, readGrantRecord } from '../../lib/iam/grant.ts';
import { readServiceName, roleOfService } from '../../lib/iam/grants/known-services.ts';
import {
  ACCOUNT,
  byPerson,
  contextOf,
  FOREIGN,
  GRANT_ID,
  grantOf,
  KEY_ARN,
  openGrantOf,
  PARTNER,
  roleIn,
} from './grant-fixtures.ts';

const PATH = 'requestParameters';
const RECORD = {
  eventSource: 'kms.amazonaws.com',
  eventName: 'CreateGrant',
  eventTime: '2026-08-01T12:00:00Z',
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { arn: roleIn(ACCOUNT, 'ops') } },
  },
  requestParameters: { keyId: KEY_ARN, operations: ['Decrypt'], granteePrincipal: roleIn(ACCOUNT) },
  responseElements: { grantId: GRANT_ID, keyId: KEY_ARN },
};
const request = (changes: object) => ({ requestParameters: { ...RECORD.requestParameters, ...changes } });
const identity = (changes: object) => ({ userIdentity: { ...RECORD.userIdentity, ...changes } });

describe('a record of CreateGrant that cannot be read', () => {
  test.each<[object, string]>([
    [{ eventSource: 'iam.amazonaws.com' }, 'eventSource is "iam.amazonaws.com"; expected kms.amazonaws.com.'],
    [{ eventName: 'RevokeGrant' }, 'eventName is "RevokeGrant"; expected CreateGrant.'],
    [
      { errorCode: 'AccessDenied' },
      'errorCode is "AccessDenied"; expected no errorCode, because a call that failed made no grant.',
    ],
    [{ errorCode: 7 }, 'the record.errorCode is 7; expected text.'],
    [{ requestParameters: null }, `${PATH} is null; expected the request of the call.`],
    [{ responseElements: null }, 'responseElements is null; expected the answer, which names the grant.'],
    [{ responseElements: {} }, 'responseElements.grantId is undefined; expected the id of the grant.'],
    [{ userIdentity: 'x' }, 'the record.userIdentity is "x"; expected an object.'],
    [{ sourceIPAddress: 7 }, 'the record.sourceIPAddress is 7; expected text.'],
    [{ userAgent: 7 }, 'the record.userAgent is 7; expected text.'],
    [{ eventTime: 7 }, 'the record.eventTime is 7; expected text.'],
    [request({ granteeServicePrincipal: 7 }), `${PATH}.granteeServicePrincipal is 7; expected text.`],
    [request({ retiringServicePrincipal: 7 }), `${PATH}.retiringServicePrincipal is 7; expected text.`],
    [request({ constraints: { sourceArn: 7 } }), `${PATH}.constraints.sourceArn is 7; expected text.`],
    [request({ operations: ['Decrypt', ''] }), `${PATH}.operations is a list; expected a list of grant operations`],
    [request({ operations: ['Decrypt', 7] }), `${PATH}.operations is a list; expected a list of grant operations`],
    [identity({ type: 7 }), 'userIdentity.type is 7; expected text.'],
    [identity({ arn: 7 }), 'userIdentity.arn is 7; expected text.'],
    [identity({ accountId: 7 }), 'userIdentity.accountId is 7; expected text.'],
    [identity({ invokedBy: 7 }), 'userIdentity.invokedBy is 7; expected text.'],
    [identity({ sessionContext: 7 }), 'userIdentity.sessionContext is 7; expected an object.'],
    [
      identity({ sessionContext: { sessionIssuer: 7 } }),
      'userIdentity.sessionContext.sessionIssuer is 7; expected an object.',
    ],
    [identity({ sessionContext: { sessionIssuer: { arn: 7 } } }), 'sessionIssuer.arn is 7; expected text.'],
    [{ resources: ['x'] }, 'resources is "x"; expected objects.'],
    [{ resources: [{ ARN: 7 }] }, 'resources.ARN is 7; expected text.'],
    [{ responseElements: { grantId: GRANT_ID, keyId: 7 } }, 'responseElements.keyId is 7; expected text.'],
    [
      { ...request({ keyId: 'a' }), responseElements: { grantId: GRANT_ID } },
      `${PATH}.keyId is "a"; expected the ARN of the key.`,
    ],
  ])('%j: %s', (changes, message) => {
    expect(() => readGrantRecord({ ...RECORD, ...changes })).toThrow(`The grant cannot be read: ${message}`);
  });

  test('is no object at all', () => {
    expect(() => readGrantRecord('x')).toThrow(
      expect.objectContaining({
        name: 'UnreadableGrantError',
        message: 'The grant cannot be read: the record is "x"; expected a CloudTrail record of CreateGrant.',
      }),
    );
  });

  test('but one with all of it gives services and constraints, too', () => {
    const sourceArn = `arn:aws:dynamodb:us-west-2:${ACCOUNT}:table/t`;
    const services = {
      granteeServicePrincipal: 'dynamodb.amazonaws.com',
      retiringServicePrincipal: 'rds.amazonaws.com',
    };
    const { grant, evidence } = readGrantRecord({ ...RECORD, ...request({ ...services, constraints: { sourceArn } }) });
    expect(grant).toMatchObject({ ...services, constraints: { sourceArn }, issuingAccount: ACCOUNT });
    expect(evidence).toEqual({
      actorType: 'AssumedRole',
      actorArn: RECORD.userIdentity.arn,
      accountId: ACCOUNT,
      sourceIp: '192.0.2.10',
      userAgent: 'aws-cli/2.31.0',
      sessionIssuer: roleIn(ACCOUNT, 'ops'),
    });
  });
});

const judge = (grant: Partial<Grant>, context: Partial<GrantContext> = {}) =>
  judgeGrant(grantOf(grant), contextOf({ evidence: byPerson(), ...context }));

describe('what is said of a grant', () => {
  const G = `Grant ${GRANT_ID}`;
  const older = '2'.repeat(64);
  test.each<[string, Partial<Grant>, Partial<GrantContext>, string]>([
    ['that is in order', {}, {}, `${G} lets ${roleIn(ACCOUNT)} do Decrypt, as the policy allows.`],
    [
      'that allows several operations',
      { operations: ['Decrypt', 'DescribeKey'] },
      {},
      `${G} lets ${roleIn(ACCOUNT)} do Decrypt, DescribeKey, as the policy allows.`,
    ],
    [
      'that allows what nobody has heard of',
      { operations: ['Teleport', 'Vanish'] },
      {},
      `${G} allows Teleport, Vanish, which Keywarden does not know.`,
    ],
    [
      'that does more than its profile',
      { granteePrincipal: roleIn(ACCOUNT, 'reader-1'), operations: ['Encrypt', 'Sign'] },
      {},
      `${G} lets ${roleIn(ACCOUNT, 'reader-1')} do more than its profile allows: Encrypt, Sign.`,
    ],
    ['that gives the same as another', {}, { duplicateOf: older }, `${G} gives the same as the older grant ${older}.`],
    [
      'whose grantee cannot be looked up',
      {},
      { granteeExists: { known: false, reason: 'IAM did not answer' } },
      `Whether ${roleIn(ACCOUNT)}, the grantee of grant ${GRANT_ID}, still exists could not be read: IAM did not answer.`,
    ],
    [
      'of another account that may belong to an organisation',
      { granteePrincipal: roleIn(FOREIGN) },
      { trust: { ...contextOf().trust, trustedOrganizations: ['o-1', 'o-2'] } },
      `${G} reaches another account, and whether account ${FOREIGN} belongs to o-1, o-2 is not known here; name it among the trusted accounts if it does.`,
    ],
  ])('%s', (_what, grant, context, reason) => {
    expect(judge(grant, context).reason).toBe(reason);
  });

  test('several things are wrong with: the gravest first, and of equal ones in the order of the rules', () => {
    const all = judge(
      { granteePrincipal: roleIn(FOREIGN), operations: ['CreateGrant'], createdAt: '2026-01-01T00:00:00Z' },
      { duplicateOf: older },
    );
    expect(all.findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['G1', 'critical'],
      ['G2', 'high'],
      ['G5', 'medium'],
      ['G6', 'low'],
    ]);
    const { constraints: _none, ...free } = grantOf({ operations: ['Encrypt'], createdAt: '2026-01-01T00:00:00Z' });
    const two = judgeGrant(free, contextOf({ evidence: byPerson() }));
    expect(two.findings.map(({ rule }) => rule)).toEqual(['G4', 'G5']);
  });

  test('names whom it is for, and has no severity when nothing is wrong', () => {
    const { findings } = judge({ granteePrincipal: roleIn(FOREIGN) });
    expect(findings[0]).toMatchObject({ principal: roleIn(FOREIGN), excess: [] });
    expect(judge({})).not.toHaveProperty('severity');
  });

  test('that names no grantee is unclear, and says that nobody can tell for whom it is', () => {
    const { granteePrincipal: _none, ...nobody } = grantOf();
    const { verdict, findings, unclear } = judgeGrant(nobody, contextOf({ evidence: byPerson() }));
    expect({ verdict, findings, unclear }).toEqual({
      verdict: 'unknown',
      findings: [],
      unclear: [
        `Whether an AWS service or a person made grant ${GRANT_ID} for its grantee cannot be told, so that it is kept.`,
        `${G} does not say who its grantee is.`,
      ],
    });
  });

  test('of which something is unclear is kept for that', () => {
    expect(judge({ operations: ['Teleport'] }).keep).toBe('What is wrong with it is not certain.');
  });

  test('whose maker cannot be told names the rules that a person’s would break', () => {
    const doubt = judgeGrant(
      openGrantOf({ retiringServicePrincipal: 'dynamodb.amazonaws.com', createdAt: '2026-01-01T00:00:00Z' }),
      contextOf(),
    );
    expect(doubt.reason).toBe(
      `Whether an AWS service or a person made grant ${GRANT_ID} for ${roleIn(ACCOUNT)} cannot be told, so that it is kept, although a person's would break G4, G5.`,
    );
  });

  test('that a service got outright says for whose resources', () => {
    const { granteePrincipal: _none, ...bare } = openGrantOf();
    const grant = { ...bare, granteeServicePrincipal: 'dynamodb.amazonaws.com' };
    const of = (constraints?: Grant['constraints']) =>
      judgeGrant({ ...grant, ...(constraints === undefined ? {} : { constraints }) }, contextOf());
    expect(of().findings[0]?.reason).toBe(
      `${G} lets dynamodb.amazonaws.com use the key for anybody's resources, because it has no SourceArn.`,
    );
    const table = (account: string) => ({ sourceArn: `arn:aws:dynamodb:us-west-2:${account}:table/t` });
    expect(of(table('*')).findings[0]?.reason).toBe(
      `${G} lets dynamodb.amazonaws.com use the key for resources of any account, ${table('*').sourceArn}.`,
    );
    expect(of(table(FOREIGN)).findings[0]?.reason).toBe(
      `${G} lets dynamodb.amazonaws.com use the key for ${table(FOREIGN).sourceArn} of account ${FOREIGN}, and that account is not trusted.`,
    );
    for (const account of [PARTNER, `${FOREIGN}0`, `x${FOREIGN}`]) expect(of(table(account)).findings).toEqual([]);
  });
});

describe('the name of a service', () => {
  test.each([
    ['dynamodb.amazonaws.com', 'dynamodb'],
    ['dynamodb.us-west-2.amazonaws.com', 'dynamodb'],
    ['dynamodb.us-gov-west-1.amazonaws.com', 'dynamodb'],
    ['dynamodb.cn-north-1.amazonaws.com.cn', 'dynamodb'],
    ['delivery.logs.amazonaws.com', 'delivery.logs'],
    ['x dynamodb.amazonaws.com', undefined],
    ['dynamodb.amazonaws.com x', undefined],
  ])('%s is %s', (text, name) => {
    expect(readServiceName(text)).toBe(name);
  });

  test.each([
    ['dynamodb', 'issuer'],
    ['states', 'carrier'],
    ['cloudformation', 'provisioner'],
    ['signin', 'console'],
    ['braket', 'unknown'],
  ])('%s is that of a service that is: %s', (service, role) => {
    expect(roleOfService(service)).toBe(role);
  });
});
