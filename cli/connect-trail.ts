import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import type { LedgerTable } from '../lib/ledger/read.ts';
import { settingsOf } from './connect.ts';
import type { GlobalOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

/** Gives the CloudTrail client of a Region: Event history and the keys of digests are told in their own Region only. */
export const connectCloudTrail = (options: GlobalOptions) => {
  const clients = new Map<string, CloudTrailClient>();
  return (region: string): CloudTrailClient => {
    const client = clients.get(region) ?? new CloudTrailClient({ ...settingsOf(options), region });
    clients.set(region, client);
    return client;
  };
};

/**
 * The bucket of a trail may be in any Region, and of another account.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-set-bucket-policy-for-multiple-accounts.html
 */
export const connectTrailBucket = (options: GlobalOptions, region: string): S3Client =>
  new S3Client({
    ...settingsOf(options),
    region,
    followRegionRedirects: true,
    forcePathStyle: options.endpointUrl !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });

/** A function may work for 15 minutes: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const FUNCTION_TIME = 900_000;

/** Tried once: an order that is given twice is carried out twice. */
export const connectLambda = (options: GlobalOptions, region: string): LambdaClient =>
  new LambdaClient({
    ...settingsOf(options),
    region,
    maxAttempts: 1,
    requestHandler: { requestTimeout: FUNCTION_TIME + 30_000 },
  });

/** Whose ledger it is. */
export interface LedgerPlace {
  readonly account: string;
  readonly region: string;
}

/**
 * Asks the table where it is: its ARN has account and Region.
 *
 * @throws what DynamoDB throws
 */
export async function findLedgerPlace({ client, table }: LedgerTable): Promise<LedgerPlace> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const [, region, account] = /^arn:[^:]+:dynamodb:([^:]+):(\d{12}):/.exec(Table?.TableArn ?? '') ?? [];
  if (region !== undefined && account !== undefined) return { account, region };
  throw new UsageError(
    `DynamoDB says that the table ${table} is ${Table?.TableArn}, which names no account and Region.`,
  );
}
