import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LedgerTable } from '../lib/ledger/read.ts';
import type { GlobalOptions } from './options.ts';

/** Only what the user gave: everything else is the SDK's standard chain (environment, profile, SSO). */
const settings = ({ region, endpointUrl }: GlobalOptions) => ({
  ...(region === undefined ? {} : { region }),
  ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
});

/** By itself the client fails at a number that JavaScript cannot hold: somebody may have put one where none belongs. */
const UNMARSHALL = { wrapNumbers: Number };

export const connectLedger = (options: GlobalOptions): LedgerTable => ({
  client: DynamoDBDocumentClient.from(new DynamoDBClient(settings(options)), { unmarshallOptions: UNMARSHALL }),
  table: options.table,
});

export const connectKms = (options: GlobalOptions): KMSClient => new KMSClient(settings(options));

/** With the bucket in the path where an endpoint is given: what stands there instead of AWS has one host name. */
export const connectS3 = (options: GlobalOptions): S3Client =>
  new S3Client({
    ...settings(options),
    forcePathStyle: options.endpointUrl !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });
