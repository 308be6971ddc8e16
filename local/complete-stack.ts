import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, PutResourcePolicyCommand, UpdateContinuousBackupsCommand } from '@aws-sdk/client-dynamodb';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { KMSClient, PutKeyPolicyCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import {
  type ObjectLockConfiguration,
  type PublicAccessBlockConfiguration,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SetTopicAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localClientConfig } from './local-client.ts';
import { LOCAL_OFFICER, TEMPLATE_FILE } from './package-stack.ts';
import { resolveValue, type Scope, type Template, TemplateError, type TemplateValue } from './resolve-template.ts';

/** Which stack to complete, and where. */
export type CompleteOptions = {
  /** moto. */
  endpoint: string;
  region: string;
  /** Twelve digits. */
  account: string;
  stackName: string;
  stage: string;
  /** Directory of the package that was deployed. */
  packaged: string;
};

/** Clients of the local AWS, and what the names in the template stand for. */
type Completion = {
  kms: KMSClient;
  dynamodb: DynamoDBClient;
  iam: IAMClient;
  s3: S3Client;
  sns: SNSClient;
  sqs: SQSClient;
  scope: Scope;
  tags: readonly { TagKey: string; TagValue: string }[];
};

type Properties = { readonly [key: string]: TemplateValue };
type Complete = (physicalId: string, properties: Properties, completion: Completion) => Promise<void>;

/**
 * What the CloudFormation of moto 5.2.5 leaves out or gets wrong, by resource type, put right from the packaged template.
 * Found by deploying and reading back. Left out on purpose: AWS::CloudWatch::Alarm (nothing measures here),
 * AWS::S3::BucketPolicy (it refuses plain HTTP, which is all there is here), Architectures of a function, and
 * SSESpecification of a table (moto takes it at creation only).
 */
const COMPLETIONS: Readonly<Record<string, Complete>> = {
  // The policy is kept as an object, and DescribeKey then fails with HTTP 500. Tags of the stack do not reach the key.
  'AWS::KMS::Key': async (keyId, { KeyPolicy }, { kms, tags }) => {
    await kms.send(new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: JSON.stringify(KeyPolicy) }));
    await kms.send(new TagResourceCommand({ KeyId: keyId, Tags: [...tags] }));
  },
  // Point-in-time recovery and the policy are left out. moto keeps the policy and asks it about nothing.
  'AWS::DynamoDB::Table': async (tableName, { ResourcePolicy }, { dynamodb, scope: { region, account } }) => {
    const recovery = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
    await dynamodb.send(new UpdateContinuousBackupsCommand({ TableName: tableName, ...recovery }));
    if (ResourcePolicy === undefined) return;
    const ResourceArn = `arn:aws:dynamodb:${region}:${account}:table/${tableName}`;
    const Policy = JSON.stringify(asProperties(ResourcePolicy).PolicyDocument);
    await dynamodb.send(new PutResourcePolicyCommand({ ResourceArn, Policy }));
  },
  // Inline policies are kept as the text of a Python object, which is not JSON. A number in a condition, which IAM takes, is
  // a syntax error for moto.
  'AWS::IAM::Role': async (roleName, { Policies }, { iam }) => {
    for (const policy of asList(Policies).map(asProperties)) {
      const document = JSON.stringify(policy.PolicyDocument, writeNumber);
      const name = String(policy.PolicyName);
      await iam.send(new PutRolePolicyCommand({ RoleName: roleName, PolicyName: name, PolicyDocument: document }));
    }
  },
  // Everything but encryption and tags is left out. The lock can be put while the bucket is empty.
  'AWS::S3::Bucket': async (Bucket, properties, { s3 }) => {
    const { VersioningConfiguration, ObjectLockConfiguration, PublicAccessBlockConfiguration } = properties;
    if (VersioningConfiguration !== undefined) {
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    }
    if (ObjectLockConfiguration !== undefined) {
      const lock = ObjectLockConfiguration as ObjectLockConfiguration;
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: lock }));
    }
    if (PublicAccessBlockConfiguration !== undefined) {
      const block = PublicAccessBlockConfiguration as PublicAccessBlockConfiguration;
      await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
    }
  },
  // The type does not exist.
  'AWS::SNS::TopicPolicy': async (_, { Topics, PolicyDocument }, { sns }) => {
    const policy = { AttributeName: 'Policy', AttributeValue: JSON.stringify(PolicyDocument) };
    for (const topic of asList(Topics)) {
      await sns.send(new SetTopicAttributesCommand({ TopicArn: String(topic), ...policy }));
    }
  },
  // The type does not exist.
  'AWS::SNS::Subscription': async (_, { TopicArn, Protocol, Endpoint = LOCAL_OFFICER, FilterPolicy }, { sns }) => {
    const subscription = { TopicArn: String(TopicArn), Protocol: String(Protocol), Endpoint: String(Endpoint) };
    const filter = FilterPolicy === undefined ? {} : { Attributes: { FilterPolicy: JSON.stringify(FilterPolicy) } };
    await sns.send(new SubscribeCommand({ ...subscription, ...filter }));
  },
  // The type does not exist.
  'AWS::SQS::QueuePolicy': async (_, { Queues, PolicyDocument }, { sqs }) => {
    for (const queue of asList(Queues)) {
      const attributes = { Policy: JSON.stringify(PolicyDocument) };
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: String(queue), Attributes: attributes }));
    }
  },
};

const writeNumber = (_name: string, value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/**
 * Puts right, in a stack that was just deployed to moto, what moto's CloudFormation left out or got wrong.
 *
 * @throws TemplateError if the template has something that cannot be resolved; what AWS throws otherwise
 */
export async function completeStack(options: CompleteOptions): Promise<void> {
  const template: Template = JSON.parse(await readFile(join(options.packaged, TEMPLATE_FILE), 'utf8'));
  const config = localClientConfig(options);
  const clients = {
    kms: new KMSClient(config),
    dynamodb: new DynamoDBClient(config),
    iam: new IAMClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sns: new SNSClient(config),
    sqs: new SQSClient(config),
  };
  const completion: Completion = {
    ...clients,
    scope: await readScope(template, options),
    tags: [
      { TagKey: 'service', TagValue: options.stackName.slice(0, -options.stage.length - 1) },
      { TagKey: 'stage', TagValue: options.stage },
    ],
  };
  try {
    for (const [logicalId, resource] of Object.entries(template.Resources)) {
      const complete = COMPLETIONS[resource.Type];
      if (complete === undefined || !isDeployed(template, resource.Condition)) continue;
      const properties = asProperties(withoutParameters(resource.Properties ?? {}));
      const resolved = asProperties(resolveValue(properties, completion.scope));
      await complete(completion.scope.physicalIds.get(logicalId) ?? '', resolved, completion);
    }
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/**
 * Whether a resource is deployed that depends on a condition: that a parameter is not empty. Of the parameters, a local
 * deployment gives the officer's address; the others are as they are by default.
 *
 * @throws TemplateError for a condition of another form
 */
function isDeployed({ Conditions = {}, Parameters = {} }: Template, name: string | undefined): boolean {
  if (name === undefined) return true;
  const [, parameter] =
    /^\{"Fn::Not":\[\{"Fn::Equals":\[\{"Ref":"(\w+)"\},""\]\}\]\}$/.exec(JSON.stringify(Conditions[name])) ?? [];
  if (parameter === undefined) throw new TemplateError(`The condition ${name} cannot be evaluated locally.`);
  return parameter === 'OfficerEmail' || (Parameters[parameter]?.Default ?? '') !== '';
}

/** The officer's address is a parameter that is known here. */
function withoutParameters(properties: Properties): Properties {
  const entries = Object.entries(properties);
  return Object.fromEntries(entries.filter(([, value]) => JSON.stringify(value) !== '{"Ref":"OfficerEmail"}'));
}

async function readScope(template: Template, options: CompleteOptions): Promise<Scope> {
  const cloudFormation = new CloudFormationClient(localClientConfig(options));
  try {
    const { StackResources = [] } = await cloudFormation.send(
      new DescribeStackResourcesCommand({ StackName: options.stackName }),
    );
    const deployed = StackResources.flatMap(({ LogicalResourceId: logical, PhysicalResourceId: physical }) =>
      logical === undefined || physical === undefined ? [] : [[logical, physical] as const],
    );
    const types = Object.entries(template.Resources).map(([logicalId, { Type }]) => [logicalId, Type] as const);
    const { account, region } = options;
    return { account, region, physicalIds: new Map(deployed), types: new Map(types) };
  } finally {
    cloudFormation.destroy();
  }
}

function asProperties(value: TemplateValue | undefined): Properties {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Properties;
  throw new TemplateError(`The template has ${JSON.stringify(value)} where properties were expected.`);
}

function asList(value: TemplateValue | undefined): readonly TemplateValue[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`The template has ${JSON.stringify(value)} where a list was expected.`);
}
