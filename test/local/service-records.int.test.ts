import {
  CreateTableCommand,
  DeleteResourcePolicyCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  PutResourcePolicyCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand as AddFunctionPermission,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand as RemoveFunctionPermission,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  AddPermissionCommand as AddTopicPermission,
  CreateTopicCommand,
  DeleteTopicCommand,
  PublishCommand,
  RemovePermissionCommand as RemoveTopicPermission,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  AddPermissionCommand as AddQueuePermission,
  CreateQueueCommand,
  DeleteQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand as RemoveQueuePermission,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';
import { zip } from './zip.ts';

const ACCOUNT = '111122223333';
const NOW = new Date('2026-11-24T09:01:02.345Z');

let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => NOW });
});
afterAll(() => aws?.stop());

/** What a call recorded: exactly one record, without the fields that all records share. */
async function recordOf(call: () => Promise<unknown>): Promise<Partial<CloudTrailRecord>> {
  const before = aws.gateway.records().length;
  await call();
  const [record, ...others] = aws.gateway.records().slice(before);
  expect(others).toEqual([]);
  if (record === undefined) throw new Error('The call left no record.');
  const { eventSource, eventName, requestParameters, responseElements, resources, errorCode } = record;
  expect(record).toMatchObject({ readOnly: false, eventType: 'AwsApiCall', managementEvent: true });
  return {
    eventSource,
    eventName,
    requestParameters,
    responseElements,
    ...(resources === undefined ? {} : { resources }),
    ...(errorCode === undefined ? {} : { errorCode }),
  };
}

test('Calls of EventBridge are recorded with the name of the rule, and a rule sees that another one is disabled', async () => {
  const events = new EventBridgeClient(aws.access());
  const sqs = new SQSClient(aws.access());
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'watch' }));
  const eventPattern = JSON.stringify({ source: ['aws.events'] });
  const eventSource = 'events.amazonaws.com';
  const Arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:watch`;
  expect(await recordOf(() => events.send(new PutRuleCommand({ Name: 'watch', EventPattern: eventPattern })))).toEqual({
    eventSource,
    eventName: 'PutRule',
    requestParameters: { name: 'watch', eventPattern },
    responseElements: { ruleArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/watch` },
  });
  const InputTransformer = { InputPathsMap: { Name: '$.detail' }, InputTemplate: '<Name>' };
  const targets = { Rule: 'watch', Targets: [{ Id: '1', Arn }] };
  expect(await recordOf(() => events.send(new PutTargetsCommand(targets)))).toEqual({
    eventSource,
    eventName: 'PutTargets',
    requestParameters: { rule: 'watch', targets: [{ id: '1', arn: Arn }] },
    responseElements: { failedEntryCount: 0, failedEntries: [] },
  });
  await aws.gateway.delivered();
  await events.send(new PutRuleCommand({ Name: 'other', EventPattern: eventPattern, State: 'ENABLED' }));
  const shaped = { Rule: 'other', Targets: [{ Id: 'two', Arn, InputTransformer }] };
  expect((await recordOf(() => events.send(new PutTargetsCommand(shaped)))).requestParameters).toEqual({
    rule: 'other',
    targets: [
      { id: 'two', arn: Arn, inputTransformer: { inputPathsMap: { Name: '$.detail' }, inputTemplate: '<Name>' } },
    ],
  });
  for (const Command of [DisableRuleCommand, EnableRuleCommand]) {
    expect(await recordOf(() => events.send(new Command({ Name: 'other' })))).toEqual({
      eventSource,
      eventName: Command.name.replace('Command', ''),
      requestParameters: { name: 'other' },
      responseElements: null,
    });
  }
  expect(await recordOf(() => events.send(new RemoveTargetsCommand({ Rule: 'other', Ids: ['two'] })))).toMatchObject({
    eventName: 'RemoveTargets',
    requestParameters: { rule: 'other', ids: ['two'] },
  });
  expect(await recordOf(() => events.send(new DeleteRuleCommand({ Name: 'other' })))).toMatchObject({
    eventName: 'DeleteRule',
    requestParameters: { name: 'other' },
  });
  await aws.gateway.delivered();
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const seen = Messages.map(({ Body = '' }) => JSON.parse(Body));
  expect(seen.map(({ source, detail }) => `${source} ${detail.eventName}`)).toContain('aws.events DisableRule');
});

test('Calls of SQS are recorded with the queue URL and attributes in their own spelling, messages are not', async () => {
  const sqs = new SQSClient(aws.access());
  const eventSource = 'sqs.amazonaws.com';
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
  const queue = { QueueUrl };
  const requestParameters = { queueUrl: QueueUrl };
  const Attributes = { VisibilityTimeout: '100' };
  expect(await recordOf(() => sqs.send(new SetQueueAttributesCommand({ ...queue, Attributes })))).toEqual({
    eventSource,
    eventName: 'SetQueueAttributes',
    requestParameters: { ...requestParameters, attributes: Attributes },
    responseElements: null,
  });
  const permission = { ...queue, Label: 'l', AWSAccountIds: [ACCOUNT], Actions: ['SendMessage'] };
  expect(await recordOf(() => sqs.send(new AddQueuePermission(permission)))).toMatchObject({
    eventName: 'AddPermission',
    requestParameters: { ...requestParameters, label: 'l', AWSAccountIds: [ACCOUNT], actions: ['SendMessage'] },
  });
  expect(await recordOf(() => sqs.send(new RemoveQueuePermission({ ...queue, Label: 'l' })))).toMatchObject({
    eventName: 'RemovePermission',
    requestParameters: { ...requestParameters, label: 'l' },
  });
  expect(await recordOf(() => sqs.send(new PurgeQueueCommand(queue)))).toMatchObject({
    eventName: 'PurgeQueue',
    requestParameters,
  });
  const before = aws.gateway.records().length;
  await sqs.send(new SendMessageCommand({ ...queue, MessageBody: 'x' }));
  await sqs.send(new ReceiveMessageCommand(queue));
  expect(aws.gateway.records()).toHaveLength(before);
  expect(await recordOf(() => sqs.send(new DeleteQueueCommand(queue)))).toMatchObject({
    eventName: 'DeleteQueue',
    requestParameters,
  });
});

describe('Calls of Lambda are recorded under the names of CloudTrail', () => {
  const eventSource = 'lambda.amazonaws.com';
  const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:keeper`;
  let lambda: LambdaClient;

  beforeAll(async () => {
    lambda = new LambdaClient(aws.access());
    const iam = new IAMClient(aws.access());
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'keeper', AssumeRolePolicyDocument: '{}' }));
    const created = await recordOf(() =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: 'keeper',
          Role: Role?.Arn,
          Handler: 'a.b',
          Runtime: 'nodejs22.x',
          Code: { ZipFile: zip({ 'a.js': 'code' }) },
          Environment: { Variables: { TOKEN: 'hidden' } },
        }),
      ),
    );
    expect(created).toMatchObject({ eventName: 'CreateFunction20150331', requestParameters: { handler: 'a.b' } });
    expect(JSON.stringify(created)).not.toMatch(/hidden|zipFile/);
  });

  test('without the code and the environment, with the function that was changed', async () => {
    const code = { FunctionName: functionArn, ZipFile: zip({ 'a.js': 'other code' }), Publish: false };
    expect(await recordOf(() => lambda.send(new UpdateFunctionCodeCommand(code)))).toEqual({
      eventSource,
      eventName: 'UpdateFunctionCode20150331v2',
      requestParameters: { functionName: functionArn, publish: false },
      responseElements: expect.objectContaining({ functionName: 'keeper', functionArn, environment: {} }),
    });
    const configuration = { FunctionName: 'keeper', Timeout: 9, Environment: { Variables: { TOKEN: 'hidden' } } };
    const updated = await recordOf(() => lambda.send(new UpdateFunctionConfigurationCommand(configuration)));
    expect(updated).toMatchObject({
      eventName: 'UpdateFunctionConfiguration20150331v2',
      requestParameters: { functionName: 'keeper', timeout: 9 },
      responseElements: { functionArn, timeout: 9, environment: {} },
    });
    expect(JSON.stringify(updated)).not.toContain('hidden');
  });

  test('of concurrency, of permissions, and of the mapping of a queue', async () => {
    const concurrency = { FunctionName: 'keeper', ReservedConcurrentExecutions: 0 };
    expect(await recordOf(() => lambda.send(new PutFunctionConcurrencyCommand(concurrency)))).toEqual({
      eventSource,
      eventName: 'PutFunctionConcurrency20171031',
      requestParameters: { functionName: 'keeper', reservedConcurrentExecutions: 0 },
      responseElements: { reservedConcurrentExecutions: 0 },
    });
    const named = { FunctionName: 'keeper' };
    expect(await recordOf(() => lambda.send(new DeleteFunctionConcurrencyCommand(named)))).toMatchObject({
      eventName: 'DeleteFunctionConcurrency20171031',
      requestParameters: { functionName: 'keeper' },
    });
    const permission = { Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', StatementId: 's1' };
    expect(await recordOf(() => lambda.send(new AddFunctionPermission({ ...named, ...permission })))).toMatchObject({
      eventName: 'AddPermission20150331v2',
      requestParameters: { functionName: 'keeper', statementId: 's1', principal: 'events.amazonaws.com' },
    });
    expect(await recordOf(() => lambda.send(new RemoveFunctionPermission({ ...named, StatementId: 's1' })))).toEqual({
      eventSource,
      eventName: 'RemovePermission20150331v2',
      requestParameters: { functionName: 'keeper', statementId: 's1' },
      responseElements: null,
    });
    await new SQSClient(aws.access()).send(new CreateQueueCommand({ QueueName: 'mapped' }));
    const EventSourceArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:mapped`;
    const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ ...named, EventSourceArn }));
    expect(
      await recordOf(() => lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))),
    ).toMatchObject({
      eventName: 'UpdateEventSourceMapping20150331',
      requestParameters: { uUID: UUID, enabled: false },
      responseElements: { functionArn, eventSourceArn: EventSourceArn },
    });
    expect(await recordOf(() => lambda.send(new DeleteEventSourceMappingCommand({ UUID })))).toMatchObject({
      eventName: 'DeleteEventSourceMapping20150331',
      requestParameters: { uUID: UUID },
    });
  });

  test('also when they are refused, and reads are not', async () => {
    const before = aws.gateway.records().length;
    await lambda.send(new GetFunctionCommand({ FunctionName: 'keeper' }));
    expect(aws.gateway.records()).toHaveLength(before);
    const denial = aws.gateway.denials.add({ action: 'lambda:DeleteFunction' });
    const refused = () => expect(lambda.send(new DeleteFunctionCommand({ FunctionName: 'keeper' }))).rejects.toThrow();
    expect(await recordOf(refused)).toMatchObject({
      eventName: 'DeleteFunction20150331',
      errorCode: 'AccessDenied',
      requestParameters: null,
    });
    aws.gateway.denials.remove(denial);
    expect(await recordOf(() => lambda.send(new DeleteFunctionCommand({ FunctionName: 'keeper' })))).toEqual({
      eventSource,
      eventName: 'DeleteFunction20150331',
      requestParameters: { functionName: 'keeper' },
      responseElements: null,
    });
  });
});

test('Calls of DynamoDB are recorded with the table as resource, items are not', async () => {
  const db = new DynamoDBClient(aws.access());
  const table = { TableName: 'ledger' };
  const tableArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/ledger`;
  const common = {
    eventSource: 'dynamodb.amazonaws.com',
    resources: [{ accountId: ACCOUNT, type: 'AWS::DynamoDB::Table', ARN: tableArn }],
  };
  const requestParameters = { tableName: 'ledger' };
  const schema = {
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  };
  await db.send(new CreateTableCommand({ ...table, ...schema }));
  const update = { ...table, DeletionProtectionEnabled: false };
  expect(await recordOf(() => db.send(new UpdateTableCommand(update)))).toMatchObject({
    ...common,
    eventName: 'UpdateTable',
    requestParameters: { ...requestParameters, deletionProtectionEnabled: false },
    responseElements: {
      tableDescription: {
        tableArn,
        creationDateTime: expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/),
      },
    },
  });
  const recovery = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } };
  expect(await recordOf(() => db.send(new UpdateContinuousBackupsCommand({ ...table, ...recovery })))).toMatchObject({
    ...common,
    eventName: 'UpdateContinuousBackups',
    requestParameters: {
      ...requestParameters,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    },
  });
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expiresAt' };
  expect(
    await recordOf(() => db.send(new UpdateTimeToLiveCommand({ ...table, TimeToLiveSpecification }))),
  ).toMatchObject({
    ...common,
    eventName: 'UpdateTimeToLive',
    requestParameters: { ...requestParameters, timeToLiveSpecification: { enabled: true, attributeName: 'expiresAt' } },
  });
  const resource = { ResourceArn: tableArn };
  expect(await recordOf(() => db.send(new PutResourcePolicyCommand({ ...resource, Policy: '{}' })))).toMatchObject({
    ...common,
    eventName: 'PutResourcePolicy',
    requestParameters: { resourceArn: tableArn, policy: '{}' },
  });
  expect(await recordOf(() => db.send(new DeleteResourcePolicyCommand(resource)))).toMatchObject({
    ...common,
    eventName: 'DeleteResourcePolicy',
    requestParameters: { resourceArn: tableArn },
  });
  const before = aws.gateway.records().length;
  await db.send(new PutItemCommand({ ...table, Item: { pk: { S: 'a' } } }));
  expect(aws.gateway.records()).toHaveLength(before);
  expect(await recordOf(() => db.send(new DeleteTableCommand(table)))).toMatchObject({
    ...common,
    eventName: 'DeleteTable',
    requestParameters,
    responseElements: { tableDescription: { tableName: 'ledger' } },
  });
  expect(await recordOf(() => expect(db.send(new DeleteTableCommand(table))).rejects.toThrow())).toEqual({
    ...common,
    eventName: 'DeleteTable',
    errorCode: 'ResourceNotFoundException',
    requestParameters,
    responseElements: null,
  });
});

test('Calls of SNS are recorded with the topic, publishing is not', async () => {
  const sns = new SNSClient(aws.access());
  const eventSource = 'sns.amazonaws.com';
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'officer' }));
  const topicArn = TopicArn;
  const attribute = { TopicArn, AttributeName: 'DisplayName', AttributeValue: 'x' };
  expect(await recordOf(() => sns.send(new SetTopicAttributesCommand(attribute)))).toEqual({
    eventSource,
    eventName: 'SetTopicAttributes',
    requestParameters: { topicArn, attributeName: 'DisplayName', attributeValue: 'x' },
    responseElements: null,
  });
  const permission = { TopicArn, Label: 'l', AWSAccountId: [ACCOUNT], ActionName: ['Publish'] };
  expect(await recordOf(() => sns.send(new AddTopicPermission(permission)))).toMatchObject({
    eventName: 'AddPermission',
    requestParameters: { topicArn, label: 'l', actionName: ['Publish'] },
  });
  expect(await recordOf(() => sns.send(new RemoveTopicPermission({ TopicArn, Label: 'l' })))).toMatchObject({
    eventName: 'RemovePermission',
  });
  const subscription = { TopicArn, Protocol: 'email', Endpoint: 'officer@example.com' };
  const { SubscriptionArn } = await sns.send(new SubscribeCommand(subscription));
  const before = aws.gateway.records().length;
  await sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
  expect(aws.gateway.records()).toHaveLength(before);
  expect(await recordOf(() => sns.send(new UnsubscribeCommand({ SubscriptionArn })))).toEqual({
    eventSource,
    eventName: 'Unsubscribe',
    requestParameters: { subscriptionArn: SubscriptionArn },
    responseElements: null,
  });
  expect(await recordOf(() => sns.send(new DeleteTopicCommand({ TopicArn })))).toEqual({
    eventSource,
    eventName: 'DeleteTopic',
    requestParameters: { topicArn },
    responseElements: null,
  });
});

test('Parameters of SSM are recorded without their value', async () => {
  const ssm = new SSMClient(aws.access());
  const parameter = { Name: '/keywarden/dev/kill-switch', Value: 'secret value', Type: 'String' as const };
  const put = await recordOf(() => ssm.send(new PutParameterCommand(parameter)));
  expect(put).toEqual({
    eventSource: 'ssm.amazonaws.com',
    eventName: 'PutParameter',
    requestParameters: { name: parameter.Name, type: 'String', value: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
    responseElements: { version: 1, tier: 'Standard' },
  });
  const before = aws.gateway.records().length;
  await ssm.send(new GetParameterCommand({ Name: parameter.Name }));
  expect(aws.gateway.records()).toHaveLength(before);
  expect(await recordOf(() => ssm.send(new DeleteParameterCommand({ Name: parameter.Name })))).toMatchObject({
    eventName: 'DeleteParameter',
    requestParameters: { name: parameter.Name },
  });
});

describe('Calls of CloudWatch are recorded as those of monitoring.amazonaws.com', () => {
  const eventSource = 'monitoring.amazonaws.com';
  const scope = `Credential=anyone/20261124/${REGION}/monitoring/aws4_request, SignedHeaders=host, Signature=0`;
  const authorization = `AWS4-HMAC-SHA256 ${scope}`;

  test.each([
    ['PutMetricAlarm', { AlarmName: 'a', Dimensions: [{ Name: 'q', Value: 'V' }], ...alarmRest() }],
    ['DisableAlarmActions', { AlarmNames: ['a'] }],
    ['DeleteAlarms', { AlarmNames: ['a'] }],
  ])('%s in JSON, as the SDK sends it', async (operation, input) => {
    const headers = {
      authorization,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    };
    const call = () => fetch(aws.gateway.url, { method: 'POST', headers, body: JSON.stringify(input) });
    const recorded = await recordOf(call);
    expect(recorded).toMatchObject({ eventSource, eventName: operation, responseElements: null });
    expect(recorded.requestParameters).toMatchObject(
      operation === 'PutMetricAlarm'
        ? { alarmName: 'a', threshold: 0, dimensions: [{ name: 'q', value: 'V' }] }
        : { alarmNames: ['a'] },
    );
  });

  test('DeleteAlarms in CBOR, as the AWS CLI sends it', async () => {
    // {"AlarmNames": ["dead"]}, the list without a length.
    const body = Buffer.concat([
      Buffer.from([0xa1, 0x6a]),
      Buffer.from('AlarmNames'),
      Buffer.from([0x9f, 0x64]),
      Buffer.from('dead'),
      Buffer.from([0xff]),
    ]);
    const headers = { authorization, 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    const url = `${aws.gateway.url}/service/GraniteServiceVersion20100801/operation/DeleteAlarms`;
    expect(await recordOf(() => fetch(url, { method: 'POST', headers, body }))).toMatchObject({
      eventSource,
      eventName: 'DeleteAlarms',
      requestParameters: { alarmNames: ['dead'] },
    });
  });
});

function alarmRest() {
  const metric = { MetricName: 'Messages', Namespace: 'AWS/SQS', Statistic: 'Sum', Period: 60 };
  return { ...metric, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 0 };
}

test('Roles that are deleted are recorded', async () => {
  const iam = new IAMClient(aws.access());
  await iam.send(new CreateRoleCommand({ RoleName: 'gone', AssumeRolePolicyDocument: '{}' }));
  expect(await recordOf(() => iam.send(new DeleteRoleCommand({ RoleName: 'gone' })))).toEqual({
    eventSource: 'iam.amazonaws.com',
    eventName: 'DeleteRole',
    requestParameters: { roleName: 'gone' },
    responseElements: null,
  });
});
