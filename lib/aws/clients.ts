import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Where the calls go. Everything else (credentials, `AWS_ENDPOINT_URL`) is the SDK's standard chain. */
export interface ClientOptions {
  readonly region: string;
  readonly endpoint?: string;
}

/**
 * Adaptive retry slows down by itself when KMS throttles: its quotas are shared with the company's production systems.
 * Short time-outs, because a call that hangs would use up the function's time; the message returns to its queue instead.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const settings = ({ region, endpoint }: ClientOptions) => ({
  region,
  retryMode: 'adaptive',
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000 },
  ...(endpoint === undefined ? {} : { endpoint }),
});

export const createKmsClient = (options: ClientOptions): KMSClient => new KMSClient(settings(options));

export const createCloudTrailClient = (options: ClientOptions): CloudTrailClient =>
  new CloudTrailClient(settings(options));

/**
 * Gives the CloudTrail client of a Region, made when it is first asked for: a trail is changed, and tells of itself, in its
 * home Region only.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
 */
export function createCloudTrailClients(options: Partial<ClientOptions> = {}): (region: string) => CloudTrailClient {
  const clients = new Map<string, CloudTrailClient>();
  return (region) => {
    const client = clients.get(region) ?? createCloudTrailClient({ ...options, region });
    clients.set(region, client);
    return client;
  };
}

/** IAM is global: the SDK finds its one endpoint in the partition of the Region. */
export const createIamClient = (options: ClientOptions): IAMClient => new IAMClient(settings(options));

export const createSnsClient = (options: ClientOptions): SNSClient => new SNSClient(settings(options));

/**
 * By the Region and not by the host in the queue's URL, which is that of AWS also where `AWS_ENDPOINT_URL` says another: SQS
 * takes the URL only as the name of the queue.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
export const createSqsClient = (options: ClientOptions): SQSClient =>
  new SQSClient({ ...settings(options), useQueueUrlAsEndpoint: false });

/** With the bucket in the path where an endpoint is given: what stands there instead of AWS has one host name. */
export const createS3Client = (options: ClientOptions): S3Client =>
  new S3Client({
    ...settings(options),
    // Evidence packs have megabytes.
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 60_000 },
    // The bucket of a trail may be in any Region.
    followRegionRedirects: true,
    forcePathStyle: options.endpoint !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });

export const createLambdaClient = (options: ClientOptions): LambdaClient => new LambdaClient(settings(options));

export const createEventBridgeClient = (options: ClientOptions): EventBridgeClient =>
  new EventBridgeClient(settings(options));

export const createSecurityHubClient = (options: ClientOptions): SecurityHubClient =>
  new SecurityHubClient(settings(options));

export const createSsmClient = (options: ClientOptions): SSMClient => new SSMClient(settings(options));

export const createDynamoClient = (options: ClientOptions): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(settings(options)), {
    marshallOptions: { removeUndefinedValues: true },
  });
