import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readOwnMessage } from '../../lib/batch.ts';
import { PROJECT, packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { lintTemplate } from './cfn-lint.ts';

type Properties = Record<string, unknown>;
type Resource = { Type: string; Properties: Properties; DeletionPolicy?: string };
type Statement = {
  Sid?: string;
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: Properties;
  Condition?: Properties;
};

let packaged: string;
let resources: Record<string, Resource>;

beforeAll(async () => {
  // Cloud credentials and endpoints of whoever runs the tests are kept from the command; it needs none.
  packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  resources = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8')).Resources;
});

describe('cfn-lint', () => {
  test('finds nothing in the templates that are deployed', async () => {
    for (const file of [TEMPLATE_FILE, 'cloudformation-template-create-stack.json']) {
      expect(await lintTemplate(join(packaged, file), 'eu-west-1')).toEqual({ exitCode: 0, findings: '' });
    }
  });

  test('finds nothing in the template that forwards IAM events from us-east-1', async () => {
    const template = join(PROJECT, 'stacks', 'iam-events.yml');
    expect(await lintTemplate(template, 'us-east-1')).toEqual({ exitCode: 0, findings: '' });
  });

  test('would find a property that does not exist', async () => {
    const bad = join(tmpdir(), `keywarden-bad-template-${process.pid}.json`);
    const queue = { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimout: 1 } };
    await writeFile(bad, JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources: { Queue: queue } }));
    const { exitCode, findings } = await lintTemplate(bad, 'eu-west-1').finally(() => rm(bad));
    expect(exitCode).not.toBe(0);
    expect(findings).toContain('VisibilityTimout');
  });
});

describe('the rules', () => {
  test('match KMS calls and service events from CloudTrail, and the three events that KMS sends itself', () => {
    const patterns = kmsRules().map(([, { Properties }]) => Properties.EventPattern as Properties);
    expect(patterns.flatMap((pattern) => pattern['detail-type']).sort()).toEqual([
      'AWS API Call via CloudTrail',
      'AWS Service Event via CloudTrail',
      'KMS CMK Deletion',
      'KMS CMK Rotation',
      'KMS Imported Key Material Expiration',
    ]);
  });

  test('filter on nothing inside an event of KMS, so that an operation nobody has heard of arrives too', () => {
    for (const [, { Properties }] of kmsRules()) {
      expect(Object.keys(Properties.EventPattern as Properties).sort()).toEqual(['detail-type', 'source']);
    }
  });

  test('have two beside them that call Keywarden once a day and once an hour, with the input that it takes for that', () => {
    const scheduled = rulesFor('AWS::SQS::Queue').filter(([, { Properties }]) => Properties.EventPattern === undefined);
    expect(scheduled.map(([, { Properties }]) => Properties)).toMatchObject([
      { ScheduleExpression: 'rate(1 day)', Targets: [{ Arn: { 'Fn::GetAtt': ['LifecycleQueue', 'Arn'] } }] },
      { ScheduleExpression: 'cron(50 * * * ? *)', Targets: [{ Arn: { 'Fn::GetAtt': ['LifecycleQueue', 'Arn'] } }] },
    ]);
    const targets = scheduled.flatMap(([, { Properties }]) => Properties.Targets as Properties[]);
    expect(targets.map(({ Input }) => readOwnMessage(String(Input)))).toEqual([{ daily: {} }, { hourly: {} }]);
  });

  test('may all send to the queue that they have as target, and to the one for what cannot be delivered, and nobody else', () => {
    const senders = new Map<string, string[]>();
    for (const [name, { Properties }] of rulesFor('AWS::SQS::Queue')) {
      for (const { Arn, DeadLetterConfig } of Properties.Targets as Properties[]) {
        for (const queue of [Arn, (DeadLetterConfig as Properties).Arn].map(referenceOf)) {
          senders.set(queue, [...(senders.get(queue) ?? []), name].sort());
        }
      }
    }
    for (const [, { Properties }] of ofType('AWS::SNS::Subscription')) {
      if (Properties.Protocol === 'sqs')
        senders.set(referenceOf(Properties.Endpoint), [referenceOf(Properties.TopicArn)]);
    }
    for (const [, { Properties }] of ofType('AWS::SQS::QueuePolicy')) {
      const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
      const sources = Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Condition }) =>
        listSources(Condition),
      );
      const queue = referenceOf((Properties.Queues as unknown[])[0]);
      expect([queue, sources.map(ruleOf).sort()]).toEqual([queue, senders.get(queue) ?? []]);
    }
  });

  test('are enabled, and every queue that is a target has a dead-letter queue', () => {
    for (const [name, { Properties }] of ofType('AWS::Events::Rule')) {
      expect([name, Properties.State]).toEqual([
        name,
        name === 'KmsReadsRule' ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED',
      ]);
    }
    for (const [, { Properties }] of rulesFor('AWS::SQS::Queue')) {
      for (const target of Properties.Targets as Properties[]) {
        expect(typeOf(target.DeadLetterConfig)).toBe('AWS::SQS::Queue');
      }
    }
  });

  test('that call a function do so on a schedule, and are allowed to, each by a permission of its own', () => {
    const permissions = ofType('AWS::Lambda::Permission').map(([, { Properties }]) => Properties);
    const toQueues = rulesFor('AWS::SQS::Queue').map(([name]) => name);
    const calling = ofType('AWS::Events::Rule').filter(([name]) => !toQueues.includes(name));
    for (const [name, { Properties }] of calling) {
      expect(Properties.ScheduleExpression).toEqual(expect.stringMatching(/^(rate|cron)\(/));
      for (const target of Properties.Targets as Properties[]) {
        expect(typeOf(target)).toBe('AWS::Lambda::Function');
        expect(permissions).toContainEqual({
          Action: 'lambda:InvokeFunction',
          FunctionName: target.Arn,
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': [name, 'Arn'] },
        });
      }
    }
  });
});

describe('the queues', () => {
  test('that feed a function have a dead-letter queue, and hide a message for six times the time-out of the function', () => {
    const mappings = ofType('AWS::Lambda::EventSourceMapping');
    expect(mappings).not.toHaveLength(0);
    for (const [, { Properties }] of mappings) {
      const queue = resources[referenceOf(Properties.EventSourceArn)]?.Properties ?? {};
      const timeout = resources[referenceOf(Properties.FunctionName)]?.Properties.Timeout;
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Number(timeout));
      expect((queue.RedrivePolicy as Properties).maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(Properties.ScalingConfig).toEqual({ MaximumConcurrency: expect.any(Number) });
    }
  });

  test('are encrypted, keep messages for fourteen days, and refuse plain HTTP', () => {
    const refusing = ofType('AWS::SQS::QueuePolicy').filter(([, policy]) => refusesPlainHttp(policy));
    const covered = refusing.flatMap(([, { Properties }]) => (Properties.Queues as unknown[]).map(referenceOf));
    for (const [name, { Properties }] of ofType('AWS::SQS::Queue')) {
      expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
      expect(covered).toContain(name);
    }
  });
});

describe('the ledger', () => {
  test('has point-in-time recovery, deletion protection and a key of its own, and outlives the stack', () => {
    const [[, table] = []] = ofType('AWS::DynamoDB::Table');
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': ['LedgerKey', 'Arn'] } },
      },
    });
  });

  test('can be deleted from by no role, nor rewritten past the checks of the ledger', () => {
    const actions = statementsOfRoles()
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => asList(Action))
      .filter((action) => action.startsWith('dynamodb:'));
    expect(new Set(actions)).toEqual(
      new Set([
        'dynamodb:BatchGetItem',
        'dynamodb:ConditionCheckItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:Scan',
        'dynamodb:UpdateItem',
      ]),
    );
  });
});

describe('the topic', () => {
  test('is encrypted with a key that lets SNS and alarms use it, for this account only', () => {
    const [[, topic] = []] = ofType('AWS::SNS::Topic');
    const key = resources[referenceOf(topic?.Properties.KmsMasterKeyId)];
    const policy = key?.Properties.KeyPolicy as { Statement: Statement[] } | undefined;
    const services = policy?.Statement.find(({ Principal }) => Principal?.Service !== undefined);
    expect(services).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: ['sns.amazonaws.com', 'cloudwatch.amazonaws.com'] },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  test('refuses plain HTTP', () => {
    expect(ofType('AWS::SNS::TopicPolicy').every(([, policy]) => refusesPlainHttp(policy))).toBe(true);
  });
});

describe('the URL of the remediate function', () => {
  test('takes signed requests only, from no web page, and answers in one piece', () => {
    const [[, url] = [], ...others] = ofType('AWS::Lambda::Url');
    expect(others).toEqual([]);
    expect(referenceOf(url?.Properties.TargetFunctionArn)).toBe('RemediateLambdaFunction');
    const { TargetFunctionArn: _target, ...settings } = url?.Properties ?? {};
    expect(settings).toEqual({ AuthType: 'AWS_IAM', InvokeMode: 'BUFFERED' });
  });

  test('is opened by no permission: none names everybody, another account, or a way in by URL', () => {
    const permissions = ofType('AWS::Lambda::Permission');
    expect(permissions).not.toHaveLength(0);
    for (const [name, { Properties }] of permissions) {
      expect([name, Properties.Principal]).toEqual([name, 'events.amazonaws.com']);
      expect([name, Properties.Action]).toEqual([name, 'lambda:InvokeFunction']);
      expect(Properties).not.toHaveProperty('FunctionUrlAuthType');
      expect(Properties).not.toHaveProperty('InvokedViaFunctionUrl');
    }
  });

  test('is an output of the stack', async () => {
    const { Outputs } = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
    expect(Outputs.RemediateFunctionUrl.Value).toEqual({ 'Fn::GetAtt': ['RemediateUrl', 'FunctionUrl'] });
  });
});

describe('the roles', () => {
  test('may do nothing on all resources but what KMS, CloudTrail and Lambda cannot scope', () => {
    const wide = statementsOfRoles().filter(({ Resource }) => JSON.stringify(Resource) === '"*"');
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    const actions = new Set(wide.flatMap(({ Action }) => asList(Action)));
    expect(actions).toEqual(
      new Set([
        'kms:ListAliases',
        'kms:ListKeys',
        'cloudtrail:DescribeTrails',
        'cloudtrail:ListPublicKeys',
        'cloudtrail:LookupEvents',
        'lambda:ListEventSourceMappings',
      ]),
    );
  });

  test('name every action in full; only the data-key actions of SNS have the pattern that AWS documents', () => {
    const patterns = statementsOfRoles()
      .flatMap(({ Action }) => asList(Action))
      .filter((action) => action.includes('*'));
    expect(new Set(patterns)).toEqual(new Set(['kms:GenerateDataKey*']));
  });

  test('use the keys of the ledger and of the topic through DynamoDB and SNS only', () => {
    const uses = statementsOfRoles().filter(({ Action }) => asList(Action).includes('kms:Decrypt'));
    expect(uses.length).toBeGreaterThan(0);
    for (const { Condition } of uses) {
      expect(Condition).toMatchObject({
        StringEquals: { 'kms:ViaService': { 'Fn::Sub': expect.stringMatching(/^(dynamodb|sns)\./) } },
      });
    }
  });

  test('never put a key policy past the lockout check, and none at all on the keys of the ledger and of the topic', () => {
    for (const statements of statementsOfRolesThatMay('kms:PutKeyPolicy')) {
      const denials = statements.filter(
        ({ Effect, Action }) => Effect === 'Deny' && asList(Action).includes('kms:PutKeyPolicy'),
      );
      expect(denials).toMatchObject([
        {
          Resource: { 'Fn::Sub': expect.stringMatching(/:key\/\*$/) },
          Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
        },
        { Resource: ofType('AWS::KMS::Key').map(([name]) => ({ 'Fn::GetAtt': [name, 'Arn'] })) },
      ]);
    }
  });

  test('never write the tags that the policy file obeys', () => {
    const denials = statementsOfRoles().filter(
      ({ Effect, Action }) => Effect === 'Deny' && asList(Action).includes('kms:TagResource'),
    );
    // The selftest may set one tag of one key: test/stack/selftest.int.test.ts.
    expect(denials).toHaveLength(statementsOfRolesThatMay('kms:TagResource').length - 1);
    for (const { Condition } of denials) {
      expect(Condition).toEqual({
        'ForAnyValue:StringLike': {
          'aws:TagKeys': ['keywarden:*', 'keywarden:protected', 'keywarden:deletion-approval'],
        },
      });
    }
  });

  test('may start trails of this account again and never stop, change or delete one', () => {
    const ofTrails = statementsOfRoles().filter(({ Action }) =>
      asList(Action).some((action) => /^cloudtrail:(?!Describe|Get|List|Lookup)/.test(action)),
    );
    expect(ofTrails.length).toBeGreaterThan(0);
    for (const { Action, Resource } of ofTrails) {
      expect(Action).toEqual(['cloudtrail:StartLogging', 'cloudtrail:PutEventSelectors']);
      expect(Resource).toEqual({ 'Fn::Sub': expect.stringMatching(/:cloudtrail:\*:\$\{AWS::AccountId\}:trail\/\*$/) });
    }
  });

  test('are one per function, and each function has its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
    expect(ofType('AWS::IAM::Role')).toHaveLength(roles.length);
  });
});

test('Every KMS key of the stack outlives the stack, and rotates every year if KMS can rotate it', () => {
  const keys = ofType('AWS::KMS::Key');
  expect(keys).not.toHaveLength(0);
  for (const [, key] of keys) {
    const rotation = { EnableKeyRotation: true, RotationPeriodInDays: 365 };
    expect(key).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { PendingWindowInDays: 30, ...(key.Properties.KeyUsage === 'SIGN_VERIFY' ? {} : rotation) },
    });
  }
});

test('Every function knows the keys of the ledger and of the topic as parts of Keywarden', () => {
  for (const [, { Properties }] of ofType('AWS::Lambda::Function')) {
    const { Variables } = Properties.Environment as { Variables: Properties };
    expect(Variables.KEYWARDEN_OWN_RESOURCES).toEqual({
      'Fn::Sub': expect.stringMatching(
        /,\$\{LedgerKey\.Arn\},\$\{OfficerTopicKey\.Arn\},\$\{SigningKey\.Arn\},.+:s3:::\$\{EvidenceBucket\}$/,
      ),
    });
  }
});

test('Every function runs on Node.js 24 and arm64 and writes to a log group that is kept for a year', () => {
  const groups = ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
  for (const [, { Properties }] of ofType('AWS::Lambda::Function')) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    const logGroup = groups.find((group) => group.LogGroupName === `/aws/lambda/${Properties.FunctionName}`);
    expect(logGroup).toMatchObject({ RetentionInDays: 365 });
  }
});

function ofType(type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** Rules whose targets are of a type. */
const rulesFor = (type: string): [string, Resource][] =>
  ofType('AWS::Events::Rule').filter(([, { Properties }]) =>
    (Properties.Targets as Properties[]).every((target) => typeOf(target) === type),
  );

/** Rules that a statement lets send, as references. */
const listSources = (condition: Properties = {}): unknown[] =>
  Object.values((condition.ArnEquals ?? {}) as Properties).flat();

/** Another rule is about IAM; see iam-events.test.ts. */
/** Those for what changes keys; test/stack/kms-reads.test.ts is about the one for reads. */
const kmsRules = () =>
  ofType('AWS::Events::Rule').filter(
    ([name, { Properties }]) =>
      name !== 'KmsReadsRule' &&
      JSON.stringify((Properties.EventPattern as Properties | undefined)?.source) === '["aws.kms"]',
  );

/** The statements of each role that is allowed an action. */
const statementsOfRolesThatMay = (action: string): Statement[][] =>
  ofType('AWS::IAM::Role')
    .map(([, role]) => statementsOf(role))
    .filter((statements) =>
      statements.some(({ Effect, Action }) => Effect === 'Allow' && asList(Action).includes(action)),
    );

const statementsOf = ({ Properties: { Policies } }: Resource): Statement[] =>
  (Policies as Properties[]).flatMap((policy) => (policy.PolicyDocument as { Statement: Statement[] }).Statement);

function statementsOfRoles(): Statement[] {
  const policies = ofType('AWS::IAM::Role').flatMap(([, role]) => role.Properties.Policies as Properties[]);
  return policies.flatMap((policy) => (policy.PolicyDocument as { Statement: Statement[] }).Statement);
}

function refusesPlainHttp({ Properties }: Resource): boolean {
  const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
  return Statement.some(
    ({ Effect, Condition }) =>
      Effect === 'Deny' && JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );
}

/** The logical id in `{ Ref }` or `{ Fn::GetAtt }`. */
function referenceOf(value: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  return Ref ?? attribute?.[0] ?? '';
}

/** The rule that an ARN is of: by reference, or by the name at its end. */
function ruleOf(arn: unknown): string {
  const text = (arn as { 'Fn::Sub'?: string })['Fn::Sub'];
  if (text === undefined) return referenceOf(arn);
  const named = ofType('AWS::Events::Rule').find(([, { Properties }]) => text.endsWith(`:rule/${Properties.Name}`));
  return named?.[0] ?? text;
}

/** Type of the resource that `Arn` of a target or of a dead-letter configuration refers to. */
function typeOf(value: unknown): string | undefined {
  return resources[referenceOf((value as { Arn?: unknown } | undefined)?.Arn)]?.Type;
}

function asList(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}
