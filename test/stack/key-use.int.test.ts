import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { matchesPattern } from '../../local/gateway/event-pattern.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

type Json = Record<string, unknown>;
type Resource = { Type: string; Condition?: string; DeletionPolicy?: string; Properties: Json };
type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: Json };

let resources: Record<string, Resource>;
let conditions: Json;

beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  const template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  resources = template.Resources;
  conditions = template.Conditions;
});

/** The pattern of the rule in a stack with these parameters. */
function patternWith(bucket: string, prefix: string): Json {
  const text = JSON.stringify(resources.TrailFilesRule?.Properties.EventPattern)
    .replaceAll('{"Ref":"TrailBucket"}', JSON.stringify(bucket))
    .replace(/\{"Fn::Sub":"([^"]*)"\}/g, (_, sub: string) => JSON.stringify(sub.replace(/\$\{TrailPrefix\}/, prefix)));
  return JSON.parse(text) as Json;
}

const BUCKET = 'trail-bucket';
const LOG_FILE =
  'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/111122223333_CloudTrail_eu-west-1_20260803T0905Z_0a1b2c3d4e5f6g7h.json.gz';
const created = (key: string, bucket = BUCKET): Json => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: bucket }, object: { key } },
});

describe('the rule for the log files of the trail', () => {
  test('delivers log files of any account of an organisation, also below a prefix', () => {
    const ofOrganisation = LOG_FILE.replace('AWSLogs/', 'AWSLogs/o-a1b2c3d4e5/');
    for (const key of [LOG_FILE, ofOrganisation]) {
      expect(matchesPattern(patternWith(BUCKET, ''), created(key))).toBe(true);
      expect(matchesPattern(patternWith(BUCKET, 'audit/'), created(`audit/${key}`))).toBe(true);
    }
  });

  test.each<[string, Json]>([
    ['a digest', created(LOG_FILE.replaceAll('CloudTrail/', 'CloudTrail-Digest/'))],
    ['an Insights file', created(LOG_FILE.replaceAll('CloudTrail/', 'CloudTrail-Insight/'))],
    ['what is below another prefix', created(`elsewhere/${LOG_FILE}`)],
    ['a file of another kind', created(LOG_FILE.replace('.gz', '.txt'))],
    ['another bucket', created(LOG_FILE, 'other-bucket')],
    ['what happens to an object later', { ...created(LOG_FILE), 'detail-type': 'Object Deleted' }],
  ])('leaves out %s', (_what, event) => {
    expect(matchesPattern(patternWith(BUCKET, ''), event)).toBe(false);
  });

  test('is there, and so is the right to read files, only when a bucket is named', () => {
    expect(conditions.HasTrailBucket).toEqual({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'TrailBucket' }, ''] }] });
    const conditional = Object.entries(resources).filter(([, { Condition }]) => Condition === 'HasTrailBucket');
    expect(conditional.map(([name]) => name).sort()).toEqual(['KeyUseTrailPolicy', 'TrailFilesRule']);
    expect(resources.KeyUseTrailKeyPolicy?.Condition).toBe('HasTrailKey');
  });
});

describe('the role of the key-use function', () => {
  test('may read log files, count, and hand on what must be judged, and nothing else', () => {
    expect(statementsOf(['KeyUseRole', 'KeyUseTrailPolicy', 'KeyUseTrailKeyPolicy']).map(describeRight).sort()).toEqual(
      [
        'dynamodb:GetItem KeyUse',
        'dynamodb:PutItem KeyUse',
        'kms:Decrypt LedgerKey via dynamodb',
        'kms:Decrypt TrailKeyArn via s3',
        'kms:GenerateDataKey LedgerKey via dynamodb',
        'logs:CreateLogStream -key-use:log-stream:*',
        'logs:PutLogEvents -key-use:log-stream:*',
        's3:GetObject TrailBucket/AWSLogs/*',
        's3:ListBucket TrailBucket',
        'sqs:DeleteMessage KeyUseQueue',
        'sqs:GetQueueAttributes KeyUseQueue',
        'sqs:ReceiveMessage KeyUseQueue',
        'sqs:SendMessage LifecycleQueue',
      ],
    );
  });

  test('is the only one that writes the table, which others may query', () => {
    const roles = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    const writers = roles.filter(([name]) =>
      statementsOf([name]).some(({ right, on }) => on === 'KeyUse' && /Put|Update|Write|Delete/.test(right)),
    );
    expect(writers.map(([name]) => name)).toEqual(['KeyUseRole']);
    const readers = roles.filter(([name]) =>
      statementsOf([name]).some(({ right, on }) => on === 'KeyUse' && right === 'dynamodb:Query'),
    );
    expect(readers.map(([name]) => name)).toEqual(expect.arrayContaining(['LifecycleRole', 'RemediateRole']));
  });
});

describe('the table of key use', () => {
  test('is encrypted, can be restored, forgets what is old, and outlives the stack', () => {
    expect(resources.KeyUse).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': ['LedgerKey', 'Arn'] } },
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      },
    });
  });
});

test('An alarm watches each queue of the key-use function, its errors, and how long files wait', () => {
  const watched = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .flatMap(({ Properties }) =>
      ((Properties.Dimensions ?? []) as { Value: Json }[]).map(
        ({ Value }) => `${Properties.MetricName} ${nameIn(Value)}`,
      ),
    );
  expect(watched).toEqual(
    expect.arrayContaining([
      'ApproximateNumberOfMessagesVisible KeyUseDeadLetters',
      'ApproximateNumberOfMessagesVisible KeyUseUndelivered',
      'ApproximateAgeOfOldestMessage KeyUseQueue',
      'Errors KeyUseLambdaFunction',
    ]),
  );
});

type Right = { right: string; on: string; via: string };

/** What policies of these resources allow, one right each. */
function statementsOf(names: readonly string[]): Right[] {
  const documents = names.flatMap((name) => {
    const { Policies, PolicyDocument } = resources[name]?.Properties ?? {};
    return PolicyDocument === undefined
      ? (Policies as Json[]).map((policy) => policy.PolicyDocument)
      : [PolicyDocument];
  });
  const statements = documents.flatMap((document) => (document as { Statement: Statement[] }).Statement);
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource, Condition }) =>
      [Action]
        .flat()
        .flatMap((right) =>
          [Resource].flat().map((one) => ({ right, on: nameIn(one), via: JSON.stringify(Condition ?? '') })),
        ),
    );
}

const describeRight = ({ right, on, via }: Right): string => {
  const service = /ViaService":\{"Fn::Sub":"([a-z0-9]+)\./.exec(via)?.[1];
  return `${right} ${on}${service === undefined ? '' : ` via ${service}`}`;
};

/** What an ARN refers to, without what all ARNs have. */
function nameIn(value: unknown): string {
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Sub': text,
  } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Sub'?: string };
  return (
    Ref ??
    attribute?.[0] ??
    (text ?? '')
      .replace(/^.*keywarden-dev/, '')
      .replace(/^arn:.*:s3:::/, '')
      .replace(/\$\{TrailPrefix\}/, '')
      .replace(/\$\{([A-Za-z]+)\}/g, '$1')
  );
}
