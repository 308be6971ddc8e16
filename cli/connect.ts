import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LedgerTable } from '../lib/ledger/read.ts';
import type { GlobalOptions } from './options.ts';

/**
 * Only what the user gave: everything else is the SDK's standard chain (environment, profile, SSO). A profile that is named
 * comes before keys in the environment, as with the AWS CLI.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export const settingsOf = ({ region, profile, endpointUrl }: GlobalOptions) => ({
  ...(region === undefined ? {} : { region }),
  ...(profile === undefined ? {} : { profile }),
  ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
});

/** By itself the client fails at a number that JavaScript cannot hold: somebody may have put one where none belongs. */
const UNMARSHALL = { wrapNumbers: Number };

export const connectLedger = (options: GlobalOptions): LedgerTable => ({
  client: DynamoDBDocumentClient.from(new DynamoDBClient(settingsOf(options)), { unmarshallOptions: UNMARSHALL }),
  table: options.table,
});

export const connectKms = (options: GlobalOptions): KMSClient => new KMSClient(settingsOf(options));

export const connectSsm = (options: GlobalOptions): SSMClient => new SSMClient(settingsOf(options));

/** With the bucket in the path where an endpoint is given: what stands there instead of AWS has one host name. */
export const connectS3 = (options: GlobalOptions): S3Client =>
  new S3Client({
    ...settingsOf(options),
    forcePathStyle: options.endpointUrl !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });
