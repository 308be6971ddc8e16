import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { resolveValue, type Scope, type Template, type TemplateValue } from '../../local/resolve-template.ts';
import { authorise, type Statement } from './authorisation.ts';

type Properties = Readonly<Record<string, TemplateValue>>;

const ACCOUNT = '111122223333';
const BUCKET = 'arn:aws:s3:::keywarden-dev-evidence-111122223333-eu-west-1';
const OBJECT = `${BUCKET}/checkpoints/000000000001.json`;
const WITH_EVERYTHING: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
const ROLE = `arn:aws:iam::${ACCOUNT}:role/`;
const SIGNERS = [`${ROLE}keywarden-dev-checkpoint`, `${ROLE}keywarden-dev-report`];
const OTHERS = [`${ROLE}Admin`, `${ROLE}keywarden-dev-lifecycle`, `arn:aws:iam::${ACCOUNT}:root`];

let resources: Template['Resources'];
let scope: Scope;
beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  const template: Template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  resources = template.Resources;
  const all = Object.entries(resources);
  scope = {
    account: ACCOUNT,
    region: 'eu-west-1',
    types: new Map(all.map(([id, { Type }]) => [id, Type])),
    physicalIds: new Map([...all.map(([id]) => [id, id] as const), ['EvidenceBucket', BUCKET.split(':').at(-1) ?? '']]),
  };
});

const propertiesOf = (id: string): Properties => resolveValue(resources[id]?.Properties ?? {}, scope) as Properties;

function statementsOf(id: string, property: string): Statement[] {
  const { Statement: statements } = propertiesOf(id)[property] as unknown as { Statement: Statement[] };
  return statements;
}

/** What somebody gets who is allowed everything by other policies. */
function askBucket(action: string, resource: string, principal: string, more: Record<string, string[]> = {}) {
  const context = { 'aws:SecureTransport': ['true'], 'aws:PrincipalArn': [principal], ...more };
  const statements = [...statementsOf('EvidenceBucketPolicy', 'PolicyDocument'), WITH_EVERYTHING];
  return authorise(statements, { action, resource, context });
}

describe('the evidence bucket', () => {
  test('keeps every version for as long as the policy file says, in compliance mode, and outlives the stack', () => {
    expect(resources.EvidenceBucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(propertiesOf('EvidenceBucket')).toMatchObject({
      BucketName: BUCKET.split(':').at(-1),
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 7 } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  test.each([
    ['s3:DeleteObject', OBJECT],
    ['s3:DeleteObjectVersion', OBJECT],
    ['s3:PutObjectRetention', OBJECT],
    ['s3:BypassGovernanceRetention', OBJECT],
    ['s3:DeleteBucket', BUCKET],
    ['s3:PutBucketVersioning', BUCKET],
    ['s3:PutLifecycleConfiguration', BUCKET],
    ['s3:PutBucketObjectLockConfiguration', BUCKET],
  ])('refuses %s to everybody, whatever else they may', (action, resource) => {
    for (const principal of [...SIGNERS, ...OTHERS]) {
      expect([principal, askBucket(action, resource, principal)]).toEqual([principal, 'refused']);
    }
  });

  test('takes another lock from CloudFormation only, which brings a new number of years', () => {
    const lock = 's3:PutBucketObjectLockConfiguration';
    const via = (service: string) => askBucket(lock, BUCKET, `${ROLE}Deployer`, { 'aws:CalledVia': [service] });
    expect(via('cloudformation.amazonaws.com')).toBe('allowed');
    expect(via('athena.amazonaws.com')).toBe('refused');
  });

  test('takes objects from the functions that sign, and from nobody else', () => {
    for (const principal of SIGNERS) expect(askBucket('s3:PutObject', OBJECT, principal)).toBe('allowed');
    for (const principal of OTHERS) expect(askBucket('s3:PutObject', OBJECT, principal)).toBe('refused');
  });

  test('can be read by whoever may, and by nobody over plain HTTP', () => {
    for (const action of ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucketVersions']) {
      const resource = action.startsWith('s3:List') ? BUCKET : OBJECT;
      expect(askBucket(action, resource, `${ROLE}Auditor`)).toBe('allowed');
      expect(askBucket(action, resource, `${ROLE}Auditor`, { 'aws:SecureTransport': ['false'] })).toBe('refused');
    }
  });
});

describe('the signing key', () => {
  test('is a signing key that outlives the stack', () => {
    expect(resources.SigningKey).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(propertiesOf('SigningKey')).toMatchObject({
      KeySpec: 'ECC_NIST_P384',
      KeyUsage: 'SIGN_VERIFY',
      PendingWindowInDays: 30,
    });
  });

  test('signs for the functions that make checkpoints and evidence packs, and for nobody else', () => {
    const ask = (action: string, principal: string) => {
      const context = { 'aws:PrincipalArn': [principal] };
      return authorise([...statementsOf('SigningKey', 'KeyPolicy'), WITH_EVERYTHING], {
        action,
        resource: '*',
        context,
      });
    };
    for (const principal of SIGNERS) expect(ask('kms:Sign', principal)).toBe('allowed');
    for (const principal of OTHERS) expect(ask('kms:Sign', principal)).toBe('refused');
    for (const principal of OTHERS) expect(ask('kms:GetPublicKey', principal)).toBe('allowed');
  });
});

test('The role of checkpoints writes to its own names in the bucket, signs with its own key, and changes no key', () => {
  const policies = propertiesOf('CheckpointRole').Policies as unknown as {
    PolicyDocument: { Statement: Statement[] };
  }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const ask = (action: string, resource: string) => authorise(statements, { action, resource, context: {} });
  const key = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/`;
  for (const name of ['checkpoints/1', 'inventory/1', 'keys/1']) {
    expect(ask('s3:PutObject', `${BUCKET}/${name}`)).toBe('allowed');
  }
  expect(ask('s3:PutObject', `${BUCKET}/reports/1`)).toBe('not-allowed');
  expect(ask('kms:Sign', `${key}SigningKey`)).toBe('allowed');
  expect(ask('kms:Sign', `${key}other`)).toBe('not-allowed');
  expect(ask('kms:DescribeKey', `${key}other`)).toBe('allowed');
  for (const action of ['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey', 'CreateGrant', 'RevokeGrant']) {
    expect(ask(`kms:${action}`, `${key}other`)).toBe('not-allowed');
  }
});

test('An alarm tells when the checkpoint function fails, and when no run ended well for three hours, data or not', () => {
  expect(propertiesOf('CheckpointErrorsAlarm')).toMatchObject({ MetricName: 'Errors', Namespace: 'AWS/Lambda' });
  const { Metrics, ...alarm } = propertiesOf('NoCheckpointAlarm');
  expect(alarm).toMatchObject({
    EvaluationPeriods: 3,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
    AlarmActions: ['OfficerTopic'],
  });
  expect(Metrics).toMatchObject([
    { Expression: 'FILL(invocations, 0) - FILL(errors, 0)', ReturnData: true },
    { Id: 'invocations', MetricStat: { Metric: { MetricName: 'Invocations' }, Period: 3600, Stat: 'Sum' } },
    { Id: 'errors', MetricStat: { Metric: { MetricName: 'Errors' }, Period: 3600, Stat: 'Sum' } },
  ]);
});
